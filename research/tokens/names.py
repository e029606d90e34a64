"""Notes as words: 'C4' for a note, '0.4.7' for a chord, '#0.5' for half a second of rest.

The scheme of the tutorials on music with an LSTM. A chord is what begins at one moment in all
parts together, by its pitch classes in normal order (A. Forte, The Structure of Atonal Music,
1973), named by music21 as notes are. Lost are durations, velocities, parts, percussion, the
octaves of chords, and how long a note waits for the next one; pitches 4 and 11, below any piano,
have the names of E flat 1 and B flat 1 and come back as these.
"""

import functools
import re
from collections.abc import Sequence

import numpy as np

from data_prep.notes import (
    DEFAULT_US,
    DURATION,
    ONSET,
    PART,
    PERCUSSION,
    PITCH,
    Notes,
    arrange,
)

_VELOCITY = 90
_TICKS_PER_QUARTER = DEFAULT_US // 1000  # a tick is a millisecond
_OCTAVE = 60  # of the chords that are decoded


def encode(notes: Notes, steps_per_quarter: int = 12) -> list[str]:
    """The words of a piece.

    Args:
        notes: a piece.
        steps_per_quarter: onsets and ends are rounded to such steps (thirds and 16ths fall on
            twelfths), so that what is played almost together is a chord.

    Returns:
        A word for each moment at which notes begin, with the rest before it, if nothing sounds
        there for half a millisecond or more.
    """
    events = notes.events[notes.programs[notes.events[:, PART]] != PERCUSSION]
    step = notes.ticks_per_quarter / steps_per_quarter
    onsets = np.rint(events[:, ONSET] / step)
    ends = np.maximum(np.rint((events[:, ONSET] + events[:, DURATION]) / step), onsets + 1)
    words, until = [], 0.0
    moments, firsts = np.unique(onsets, return_index=True)  # events are sorted by onset
    for onset, first, last in zip(moments, firsts, [*firsts[1:], len(onsets)], strict=True):
        if onset > until:
            begin_s, end_s = notes.seconds_at(np.array([until, onset]) * step)
            if (rest_s := round(float(end_s - begin_s), 3)) > 0:
                words.append(f'#{rest_s:.10g}')
        until = max(until, float(ends[first:last].max()))
        words.append(_word(frozenset(events[first:last, PITCH].tolist())))
    return words


def decode(words: Sequence[str], step_s: float = 0.5) -> Notes:
    """Notes from words: each note or chord lasts `step_s`, then comes the next.

    Words that `encode` gives come back from what they decode to, with steps of a millisecond:
    `encode(decode(words), steps_per_quarter=500) == words`.

    Raises:
        ValueError: a word is none of this scheme.
    """
    rows, now_s = [], 0.0
    for word in words:
        if re.fullmatch(r'#\d+(\.\d+)?', word):
            now_s += float(word[1:])
            continue
        begin, end = round(1000 * now_s), round(1000 * (now_s + step_s))
        rows += [(begin, pitch, end - begin, _VELOCITY, 0) for pitch in _pitches(word)]
        now_s += step_s
    return arrange(
        np.array(rows, np.int64).reshape(-1, 5),
        _TICKS_PER_QUARTER,
        np.array([[0, DEFAULT_US]]),
        [''],
        [0],
    )


def _pitches(word: str) -> list[int]:
    if word in _pitch_of():
        return [_pitch_of()[word]]
    classes = [int(each) for each in word.split('.')] if re.fullmatch(r'\d+(\.\d+)*', word) else []
    if not classes or max(classes) > 11:
        raise ValueError(f"unknown word '{word}': wanted is one such as C4, 0.4.7 or #0.5")
    if len(classes) == 1:  # a chord of octaves
        return [_OCTAVE + classes[0], _OCTAVE + 12 + classes[0]]
    return [_OCTAVE + each for each in classes]


@functools.cache
def _word(pitches: frozenset[int]) -> str:
    if len(pitches) == 1:
        return _name(*pitches)
    return _normal_order(frozenset(pitch % 12 for pitch in pitches))


@functools.cache
def _name(pitch: int) -> str:
    from music21.pitch import Pitch

    return Pitch(midi=pitch).nameWithOctave


@functools.cache
def _normal_order(classes: frozenset[int]) -> str:
    from music21.chord import Chord

    return '.'.join(str(each) for each in Chord(sorted(classes)).normalOrder)


@functools.cache
def _pitch_of() -> dict[str, int]:
    """Name to pitch; of two pitches of one name the higher."""
    return {_name(pitch): pitch for pitch in range(128)}
