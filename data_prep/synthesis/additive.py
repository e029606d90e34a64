"""Notes to sound: a small additive synthesiser whose voice is drawn by name.

Everything that is not the music itself (timbre, tempo, key, level, noise) is drawn from a stream
that the item's name seeds, and so says nothing about who wrote the music. All is computed in
float64: a last bit that differs between machines then hardly ever reaches the rounded sample.
"""

import dataclasses
import hashlib

import numpy as np
from jaxtyping import Float

RATE_HZ = 22_050
SECONDS = 30
_FULL_SCALE = 32767


@dataclasses.dataclass(frozen=True)
class Voice:
    """How one item sounds.

    Attributes:
        partials: amplitudes of the harmonics, the fundamental first.
        attack_s, release_s: lengths of the ramps of a note.
        decay_s: time in which a held note falls to 1/e of what is not sustained.
        sustain: share of a note that does not decay, in [0, 1].
        vibrato_hz, vibrato: rate, and depth as a share of the frequency.
        detune: tuning of the whole item, as a factor of the frequency.
        spread: standard deviation of the tuning of single notes, as a share of the frequency.
        middle_midi: where the middle of all notes is transposed to, to the nearest semitone.
        onsets_hz: moments a second at which notes begin, on the average of the whole piece.
        start: where the excerpt begins, as a share of what is left out, in [0, 1).
        level_db: RMS of the sound, in dB of full scale.
        noise_db: RMS of the noise floor, in dB of the sound.
        noise_width: samples that the noise is averaged over; 1 is white, more is darker.
    """

    partials: tuple[float, ...]
    attack_s: float
    release_s: float
    decay_s: float
    sustain: float
    vibrato_hz: float
    vibrato: float
    detune: float
    spread: float
    middle_midi: float
    onsets_hz: float
    start: float
    level_db: float
    noise_db: float
    noise_width: int


def stream(name: str) -> np.random.Generator:
    """The random stream of a name, the same on every machine."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], 'little')
    return np.random.Generator(np.random.PCG64(seed))


def draw_voice(rng: np.random.Generator) -> Voice:
    """Draws all that is not music."""
    number = np.arange(1, rng.integers(3, 11) + 1)
    tilt_db = rng.uniform(-12, -3)
    even = rng.uniform(0.1, 1.0)  # a clarinet has next to none
    partials = 10 ** (tilt_db * np.log2(number) / 20) * rng.uniform(0.5, 1, len(number))
    partials *= np.where(number % 2 == 0, even, 1.0)

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    return Voice(
        partials=tuple(float(value) for value in partials),
        attack_s=between(0.005, 0.05),
        release_s=between(0.03, 0.2),
        decay_s=between(0.2, 3.0),
        sustain=float(rng.uniform(0.3, 1)),
        vibrato_hz=float(rng.uniform(4, 7)),
        vibrato=float(rng.uniform(0, 0.008)),
        detune=2 ** (float(rng.uniform(-15, 15)) / 1200),
        spread=float(rng.uniform(0, 0.0015)),
        middle_midi=float(rng.uniform(60, 68)),
        onsets_hz=between(2.0, 4.0),
        start=float(rng.uniform(0, 1)),
        level_db=float(rng.uniform(-36, -18)),
        noise_db=float(rng.uniform(-60, -35)),
        noise_width=int(rng.integers(1, 17)),
    )


def render(
    notes: Float[np.ndarray, 'notes 3'], name: str, seconds: float = SECONDS
) -> Float[np.ndarray, ' samples']:
    """Plays notes in the voice that `name` draws.

    Args:
        notes: onset and length in quarter notes, and MIDI pitch; sorted by onset.
        name: the item's.
        seconds: length of the excerpt; a piece that is shorter is repeated.

    Returns:
        `seconds * 22,050` samples in int16 units, not yet rounded.
    """
    rng = stream(name)
    voice = draw_voice(rng)
    samples = round(seconds * RATE_HZ)
    time = np.arange(samples) / RATE_HZ
    swing = 2 * np.pi * voice.vibrato_hz
    bent = time + voice.vibrato / swing * np.sin(swing * time)  # its slope is 1 +- vibrato
    decay = voice.sustain + (1 - voice.sustain) * np.exp(-time / voice.decay_s)
    sound = np.zeros(samples)
    for onset_s, length_s, pitch in _excerpt(notes, voice, seconds):
        tuning = voice.detune * (1 + voice.spread * rng.standard_normal())
        hertz = tuning * 440 * 2 ** ((pitch - 69) / 12)
        first = round(onset_s * RATE_HZ)
        envelope = _envelope(length_s, voice)[: samples - first]
        envelope *= decay[: len(envelope)]
        sound[first : first + len(envelope)] += envelope * _harmonics(
            2 * np.pi * hertz * bent[first : first + len(envelope)],
            voice.partials[: int(0.49 * RATE_HZ / hertz)],  # none above Nyquist, vibrato and all
        )
    sound *= _FULL_SCALE * 10 ** (voice.level_db / 20) / _rms(sound)
    noise = _noise(rng, samples, voice.noise_width)
    return sound + noise * (_rms(sound) * 10 ** (voice.noise_db / 20) / _rms(noise))


def _excerpt(notes: np.ndarray, voice: Voice, seconds: float) -> np.ndarray:
    """Onset and length in seconds, and pitch as played, of the notes heard in the excerpt."""
    onset, length, pitch = notes.T
    total = float((onset + length).max())
    quarter_s = len(np.unique(onset)) / voice.onsets_hz / total
    wanted = seconds / quarter_s
    begin = voice.start * max(0.0, total - wanted)
    turns = np.arange(np.ceil((begin + wanted) / total))
    first = (onset + total * turns[:, None]).ravel() - begin
    last = np.minimum(first + np.tile(length, len(turns)), wanted)
    first = np.maximum(first, 0)
    shift = round(voice.middle_midi - float(np.average(pitch, weights=length)))
    played = np.stack(
        [first * quarter_s, (last - first) * quarter_s, np.tile(pitch + shift, len(turns))], 1
    )
    return played[last > first]


def _envelope(length_s: float, voice: Voice) -> Float[np.ndarray, ' samples']:
    """Ramps: up from the onset, down from the end of the note."""
    time = np.arange(round((length_s + voice.release_s) * RATE_HZ)) / RATE_HZ
    fall = (length_s + voice.release_s - time) / voice.release_s
    return np.clip(np.minimum(time / voice.attack_s, fall), 0, 1)


def _harmonics(
    phase: Float[np.ndarray, ' samples'], partials: tuple[float, ...]
) -> Float[np.ndarray, ' samples']:
    """Sum of `partials[k - 1] * sin(k * phase)`, by Clenshaw's recurrence: two sines in all."""
    twice = 2 * np.cos(phase)
    above, total, below = np.zeros((3, len(phase)))
    for amplitude in reversed(partials):
        np.multiply(twice, total, out=below)  # in place: new arrays would cost as much again
        below -= above
        below += amplitude
        above, total, below = total, below, above
    return total * np.sin(phase)


def _noise(rng: np.random.Generator, samples: int, width: int) -> Float[np.ndarray, ' samples']:
    steps = np.cumsum(rng.standard_normal(samples + width))
    return steps[width:] - steps[:-width]


def _rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound**2)))
