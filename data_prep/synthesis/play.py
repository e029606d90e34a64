"""Notes to sound as written: one plain timbre, for ears, not for training."""

import numpy as np
from jaxtyping import Float32

from data_prep.notes import DURATION, ONSET, PART, PERCUSSION, PITCH, VELOCITY, Notes

_PARTIALS = (1.0, 0.5, 0.25, 0.12, 0.06)
_ATTACK_S = 0.01
_RELEASE_S = 0.08
_DECAY_S = 0.8
_DRUM_S = 0.06
_PEAK = 0.9


def play(
    notes: Notes, rate_hz: int = 22_050, seconds: float | None = None
) -> Float32[np.ndarray, ' samples']:
    """Plays a piece by its tempi and velocities; percussion is a click of noise.

    Args:
        notes: a piece.
        rate_hz: samples a second.
        seconds: how much of its beginning; None plays all.

    Returns:
        Samples in [-0.9, 0.9]: the loudest has 0.9, unless nothing sounds.
    """
    ends = notes.events[:, ONSET] + notes.events[:, DURATION]
    begins_s, ends_s = notes.seconds_at(notes.events[:, ONSET]), notes.seconds_at(ends)
    whole_s = float(ends_s.max(initial=0.0)) + _RELEASE_S
    samples = round(rate_hz * (whole_s if seconds is None else min(seconds, whole_s)))
    sound = np.zeros(samples, np.float32)
    drums = notes.programs[notes.events[:, PART]] == PERCUSSION
    noise = np.random.default_rng(0).standard_normal(round(_DRUM_S * rate_hz))
    click = (noise * np.linspace(1, 0, len(noise)) ** 2).astype(np.float32)
    for note, drum, begin_s, end_s in zip(notes.events, drums, begins_s, ends_s, strict=True):
        first = round(begin_s * rate_hz)
        if first >= samples:
            break
        tone = click if drum else _tone(int(note[PITCH]), end_s - begin_s, rate_hz)
        tone = tone[: samples - first]
        sound[first : first + len(tone)] += np.float32(note[VELOCITY] / 127) * tone
    loudest = np.abs(sound).max(initial=0.0)
    return sound * np.float32(_PEAK / loudest) if loudest else sound


def _tone(pitch: int, length_s: float, rate_hz: int) -> Float32[np.ndarray, ' samples']:
    """One note: partials below the Nyquist frequency under a plucked envelope."""
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    time = np.arange(round((length_s + _RELEASE_S) * rate_hz), dtype=np.float32) / rate_hz
    shape = np.minimum(time / _ATTACK_S, (length_s + _RELEASE_S - time) / _RELEASE_S)
    shape = np.clip(shape, 0, 1) * np.exp(-time / _DECAY_S)
    tone = np.zeros(len(time), np.float32)
    for number, amplitude in enumerate(_PARTIALS, 1):
        if number * hertz < rate_hz / 2:
            tone += amplitude * np.sin((2 * np.pi * number * hertz) * time)
    return (tone * shape).astype(np.float32)
