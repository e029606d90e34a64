"""Rhythms at a known tempo: drums and a tune on a grid of beats, drawn by name.

A band is what pieces share: meter, how a beat is divided, instruments, how exact its players are.
Who strikes when is drawn anew in each piece and then repeated bar by bar. Positions at the start of
a bar weigh more than other beats, and those more than what lies between: the metrical hierarchy of
Lerdahl and Jackendoff, "A Generative Theory of Tonal Music" (1983), chapter 4.
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from data_prep.synthesis.additive import stream

RATE_HZ = 22_050
SECONDS = 10.0
SLOWEST_BPM, FASTEST_BPM = 60.0, 180.0
_HIT_S = 0.4
_FULL_SCALE = 32767
_SCALE = (0, 2, 4, 7, 9, 12)  # semitones of the tune's notes


@dataclasses.dataclass(frozen=True)
class Instrument:
    """How one sounds, and when it tends to be struck.

    Attributes:
        pitch_hz: fundamental of its tone.
        partials: amplitudes of the harmonics, the fundamental first.
        drop: octaves by which a stroke falls in its first 30 ms.
        hiss_hz: centre of its noise, an octave to each side.
        hiss: share of noise, in [0, 1].
        decay_s: time in which a stroke falls to 1/e.
        level: of its strokes.
        busy: probability of a stroke at the start of a bar.
        strict: power of a position's weight in the probability of a stroke.
        tuneful: whether its pitch changes from stroke to stroke.
    """

    pitch_hz: float
    partials: tuple[float, ...]
    drop: float
    hiss_hz: float
    hiss: float
    decay_s: float
    level: float
    busy: float
    strict: float
    tuneful: bool


@dataclasses.dataclass(frozen=True)
class Band:
    """What the pieces of a band share.

    Attributes:
        meter: beats to a bar.
        parts: into which a beat is divided.
        swing: how late the second of two parts is, as a share of a beat.
        jitter_s: standard deviation of a stroke's time.
        instruments: the one that keeps the beat first.
    """

    meter: int
    parts: int
    swing: float
    jitter_s: float
    instruments: tuple[Instrument, ...]


def band(name: str) -> Band:
    """Draws a band."""
    rng = stream(f'band {name}')
    parts = int(rng.choice([2, 3, 4], p=[0.5, 0.2, 0.3]))
    return Band(
        meter=int(rng.choice([2, 3, 4], p=[0.2, 0.25, 0.55])),
        parts=parts,
        swing=float(rng.uniform(0, 0.15)) if parts == 2 else 0.0,
        jitter_s=float(rng.uniform(0, 0.012)),
        instruments=(
            _instrument(rng, busy=(0.85, 1.0), strict=(0.3, 2.0), tuneful=False),
            *(
                _instrument(rng, busy=(0.4, 1.0), strict=(0.0, 2.0), tuneful=False)
                for _ in range(rng.integers(1, 3))
            ),
            _instrument(rng, busy=(0.3, 0.9), strict=(0.0, 1.5), tuneful=True),
        ),
    )


def render(by: Band, tempo_bpm: float, name: str) -> Float[np.ndarray, ' samples']:
    """A piece of `SECONDS` from somewhere within a bar.

    Args:
        by: who plays.
        tempo_bpm: beats a minute, the same throughout.
        name: of the piece; draws who strikes when.

    Returns:
        Samples at `RATE_HZ` in int16 units, not yet rounded.
    """
    rng = stream(f'piece {name}')
    beat_s = 60 / tempo_bpm
    grid = np.arange(by.meter * by.parts)
    weight = np.where(grid % by.parts == 0, 0.75, 0.4)
    weight[0] = 1.0
    if by.parts == 4:
        weight[2::4] = 0.55
    late = np.where((grid % 2 == 1) & (by.parts == 2), by.swing, 0.0)
    bars = int(np.ceil(SECONDS / (by.meter * beat_s))) + 1
    begin_s = rng.uniform(0, by.meter * beat_s)
    sound = np.zeros(round((SECONDS + 2 * _HIT_S) * RATE_HZ))
    for player in by.instruments:
        strikes = rng.uniform(size=len(grid)) < player.busy * weight**player.strict
        strikes[0] |= player is by.instruments[0]  # so that no piece is silent
        struck = np.flatnonzero(strikes)
        tune = rng.integers(len(_SCALE), size=len(struck)) if player.tuneful else 0 * struck
        strokes = {step: _stroke(player, _SCALE[step], rng) for step in set(tune.tolist())}
        for bar in range(bars):
            places = by.meter * bar + struck / by.parts + late[struck]
            times_s = places * beat_s - begin_s + by.jitter_s * rng.standard_normal(len(struck))
            levels = (0.4 + 0.6 * weight[struck]) * np.exp(0.15 * rng.standard_normal(len(struck)))
            for time_s, level, step in zip(times_s, levels, tune.tolist(), strict=True):
                first = round((time_s + _HIT_S) * RATE_HZ)
                if 0 <= first <= len(sound) - len(strokes[step]):
                    sound[first : first + len(strokes[step])] += level * strokes[step]
    sound = sound[round(_HIT_S * RATE_HZ) :][: round(SECONDS * RATE_HZ)]
    sound *= _FULL_SCALE * 10 ** (rng.uniform(-40, -26) / 20) / _rms(sound)
    hiss = rng.standard_normal(len(sound))
    return sound + hiss * (_rms(sound) * 10 ** (rng.uniform(-50, -25) / 20))


def _instrument(
    rng: np.random.Generator,
    busy: tuple[float, float],
    strict: tuple[float, float],
    tuneful: bool,
) -> Instrument:
    number = np.arange(1, rng.integers(2, 7))
    partials = 10 ** (rng.uniform(-12, -3) * np.log2(number) / 20)
    lowest, highest, hiss = (200, 500, 0.1) if tuneful else (50, 400, 1.0)
    return Instrument(
        pitch_hz=float(np.exp(rng.uniform(np.log(lowest), np.log(highest)))),
        partials=tuple(map(float, partials)),
        drop=0.0 if tuneful else float(rng.uniform(0, 1.5)),
        hiss_hz=float(np.exp(rng.uniform(np.log(300), np.log(8000)))),
        hiss=float(rng.uniform(0, hiss)),
        decay_s=float(np.exp(rng.uniform(np.log(0.02), np.log(0.12)))),
        level=float(rng.uniform(0.5, 1.0)),
        busy=float(rng.uniform(*busy)),
        strict=float(rng.uniform(*strict)),
        tuneful=tuneful,
    )


def _stroke(
    player: Instrument, semitones: int, rng: np.random.Generator
) -> Float[np.ndarray, ' samples']:
    """One stroke: a tone that falls to its pitch, and noise about a centre, both fading."""
    time = np.arange(round(_HIT_S * RATE_HZ)) / RATE_HZ
    pitch_hz = player.pitch_hz * 2 ** (semitones / 12 + player.drop * np.exp(-time / 0.03))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    number = np.arange(1, len(player.partials) + 1)[:, None]
    tone = np.array(player.partials) @ np.sin(number * phase)
    hertz = np.fft.rfftfreq(len(time), 1 / RATE_HZ)[1:]
    spectrum = np.fft.rfft(rng.standard_normal(len(time)))
    spectrum[1:] *= np.exp(-0.5 * np.log2(hertz / player.hiss_hz) ** 2)
    noise = np.fft.irfft(spectrum, len(time))
    fade = np.minimum(time / 0.002, 1) * np.exp(-time / player.decay_s)
    fade *= np.minimum((_HIT_S - time) / 0.05, 1)
    mixed = (1 - player.hiss) * tone / _rms(tone) + player.hiss * noise / _rms(noise)
    return player.level * fade * mixed


def _rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound**2)))
