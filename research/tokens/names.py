"""Notes as words: 'C4' for a note, '0.4.7' for a chord, '#0.5' for half a second of rest.

The scheme of the tutorials on music with an LSTM. A chord is what begins at one moment in all
parts together, by its pitch classes in normal order (A. Forte, The Structure of Atonal Music,
1973); notes have music21's names, in which 'E-' is E flat. Lost are durations, velocities, parts,
percussion, the octaves of chords, and how long a note waits for the next one; pitches 4 and 11,
below any piano, have the names of E flat 1 and B flat 1 and come back as these.
"""

import collections
import dataclasses
import functools
import re
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import Int, Int32

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
from research.bounds import Count, Index
from research.errors import UserError
from research.meaning import Meaning

RARE = '<rare>'
_VELOCITY = 90
_TICKS_PER_QUARTER = DEFAULT_US // 1000  # a tick is a millisecond
_OCTAVE = 60  # of the chords that are decoded
_CLASSES = ('C', 'C#', 'D', 'E-', 'E', 'F', 'F#', 'G', 'G#', 'A', 'B-', 'B')


@dataclasses.dataclass(frozen=True)
class Names:
    """The words of a piece, numbered; RARE is the first.

    What occurs in fewer than two training pieces is RARE there, so that it has been learnt when
    other pieces bring words of their own; what it is told with is the likelihood of all such words
    together. As in the tutorials a hundred words are heard, and the next one is told.

    Attributes:
        window: words of an example.
        context: words at a window's beginning that are only heard, after a piece's first window.
        first: the first word of a piece that is judged.
        steps_per_quarter: onsets and ends are rounded to such steps.
    """

    fields: ClassVar[int] = 1
    dtype: ClassVar[str] = 'int32'

    window: Count = 101
    context: Index = 100
    first: Index = 100
    steps_per_quarter: Count = 12

    def encode(self, notes: Notes) -> list[str]:
        """The words of a piece."""
        return encode(notes, self.steps_per_quarter)

    def meaning(self, train: Sequence[list[str]]) -> Meaning:
        """RARE, and the words of two training pieces or more, sorted.

        Raises:
            UserError: there are none.
        """
        pieces = collections.Counter(word for words in train for word in set(words))
        known = sorted(word for word, count in pieces.items() if count > 1)
        if not known:
            raise UserError(
                f'no word is in two of the {len(train)} training pieces: nothing can be learnt of '
                'the others: give more pieces'
            )
        return Meaning(labels=(RARE, *known), sizes=(1 + len(known),))

    def rows(self, encoded: list[str], meaning: Meaning) -> Int32[np.ndarray, 'words 1']:
        """The number of each word."""
        number = {word: i for i, word in enumerate(meaning.labels)}
        return np.array([number.get(word, 0) for word in encoded], np.int32).reshape(-1, 1)

    def decode(self, rows: Int[np.ndarray, 'words 1'], meaning: Meaning) -> Notes:
        """Notes from numbers, half a second apart; RARE, which is no word, is left out."""
        return decode([meaning.labels[row] for [row] in rows.tolist() if row])


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
    return '.'.join(map(str, _normal_order({pitch % 12 for pitch in pitches})))


def _name(pitch: int) -> str:
    return f'{_CLASSES[pitch % 12]}{pitch // 12 - 1}'


def _normal_order(classes: set[int]) -> list[int]:
    """The rotation of least span; of equals that whose first intervals are the smallest."""
    ordered = sorted(classes)
    rotations = [ordered[i:] + ordered[:i] for i in range(len(ordered))]

    def spans(rotation: list[int]) -> tuple[int, list[int], int]:
        above = [(each - rotation[0]) % 12 for each in rotation]
        return above[-1], above, rotation[0]

    return min(rotations, key=spans)


@functools.cache
def _pitch_of() -> dict[str, int]:
    """Name to pitch; of two pitches of one name the higher."""
    return {_name(pitch): pitch for pitch in range(128)}
