"""Notes as rows of numbers: pitch, onset, duration, velocity.

One row a note, in the order of onset, pitch, duration, velocity:

    pitch     0 to 127; percussion 128 + its key
    onset     steps since the onset of the row before, or since the start of the piece
    duration  in steps, at least one
    velocity  bin of four MIDI velocities; comes back as its third, 2 for the bin of 1 to 3

Lost are tempi, parts and programs but for percussion, times between steps, and what exceeds the
bounds: silences and durations of more than 16 quarter notes are cut to 16.
"""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Int32

from data_prep.notes import (
    DURATION,
    ONSET,
    PART,
    PERCUSSION,
    PITCH,
    VELOCITY,
    Notes,
    arrange,
)
from research.bounds import Count, Index
from research.meaning import Meaning
from research.tokens import transposing

FIELDS = ('pitch', 'onset', 'duration', 'velocity')
LONGEST_QUARTERS = 16
_DRUM = 128  # added to the key of a drum
_BIN = 4


@dataclasses.dataclass(frozen=True)
class Events:
    """One token a note, of four fields.

    Attributes:
        window: notes of an example.
        context: notes at a window's beginning that are only heard, after a piece's first window.
        first: the first note of a piece that is judged.
        steps_per_quarter: onsets and durations are rounded to such steps.
    """

    fields: ClassVar[int] = len(FIELDS)
    dtype: ClassVar[str] = 'int32'

    window: Count = 256
    context: Index = 128
    first: Index = 0
    steps_per_quarter: Count = 12

    def encode(self, notes: Notes) -> Int32[np.ndarray, 'notes 4']:
        """The rows of a piece."""
        return encode(notes, self.steps_per_quarter)

    def meaning(self, train: Sequence[np.ndarray]) -> Meaning:
        """The sizes of the fields, whatever the pieces."""
        return Meaning(sizes=sizes(self.steps_per_quarter))

    def rows(
        self, encoded: Int32[np.ndarray, 'notes 4'], meaning: Meaning
    ) -> Int32[np.ndarray, 'notes 4']:
        """As they are."""
        return encoded

    def decode(self, rows: Int[np.ndarray, 'notes 4'], meaning: Meaning) -> Notes:
        """Notes from rows; ValueError where a value is out of its field's bounds."""
        return decode(rows, self.steps_per_quarter)

    def transposed(
        self, x: Int[Array, 'notes 4'], length: Int[Array, ''], semitones: Int[Array, '']
    ) -> Int[Array, 'notes 4']:
        """All pitches moved alike, not past the bounds; percussion stays."""
        there = (jnp.arange(len(x)) < length) & (x[:, 0] < _DRUM)
        return x.at[:, 0].set(transposing.moved(x[:, 0], there, semitones))


def sizes(steps_per_quarter: int = 12) -> tuple[int, int, int, int]:
    """How many values each field may have, from 0 on."""
    longest = LONGEST_QUARTERS * steps_per_quarter + 1
    return 2 * _DRUM, longest, longest, 128 // _BIN


def encode(notes: Notes, steps_per_quarter: int = 12) -> Int32[np.ndarray, 'notes 4']:
    """The rows of a piece; onsets and durations are rounded to steps."""
    table = notes.events.astype(np.int64)
    step = notes.ticks_per_quarter / steps_per_quarter
    longest = LONGEST_QUARTERS * steps_per_quarter
    onsets = np.rint(table[:, ONSET] / step).astype(np.int64)
    durations = np.clip(np.rint(table[:, DURATION] / step).astype(np.int64), 1, longest)
    drums = notes.programs[table[:, PART]] == PERCUSSION
    pitches = table[:, PITCH] + np.where(drums, _DRUM, 0)
    bins = table[:, VELOCITY] // _BIN
    order = np.lexsort((bins, durations, pitches, onsets))
    since = np.minimum(np.diff(onsets[order], prepend=0), longest)
    rows = [pitches[order], since, durations[order], bins[order]]
    return np.stack(rows, 1).astype(np.int32)


def decode(rows: Int[np.ndarray, 'notes 4'], steps_per_quarter: int = 12) -> Notes:
    """Notes from rows: a tick is a step, 120 quarter notes a minute, piano and percussion.

    Raises:
        ValueError: a value is out of the bounds of its field.
    """
    for field, values, size in zip(FIELDS, rows.T, sizes(steps_per_quarter), strict=True):
        lowest = 1 if field == 'duration' else 0
        if wrong := [int(value) for value in values if not lowest <= value < size]:
            raise ValueError(f'{field}={wrong[0]}: wanted is {lowest} to {size - 1}')
    pitches, since, durations, bins = np.asarray(rows, np.int64).T
    drums = pitches >= _DRUM
    programs = [program for program, there in ((0, ~drums), (PERCUSSION, drums)) if there.any()]
    events = [
        np.cumsum(since),
        pitches % _DRUM,
        durations,
        bins * _BIN + _BIN // 2,
        drums * (len(programs) - 1),
    ]
    return arrange(
        np.stack(events, 1),
        steps_per_quarter,
        np.zeros((0, 2), np.int64),
        [''] * len(programs),
        programs,
    )
