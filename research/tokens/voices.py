"""Four voices in steps: one token a voice a step, soprano, alto, tenor, bass, then the next step.

How the chorales of Bach are scored per note: "Music Transformer" (Huang et al., 2018, section 4.1)
and "Counterpoint by Convolution" (Huang et al., 2017). A held note is said again at every step, so
that one that is struck again sounds like it; a rest is a token of its own.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Int32

from data_prep.notes import DURATION, ONSET, PART, PITCH, Notes, arrange
from research.bounds import Count, Index
from research.meaning import Meaning
from research.tokens import transposing

VOICES = 4
REST = 128  # after the pitches
_VELOCITY = 64
_CHOIR = 52  # General MIDI: Choir Aahs


@dataclasses.dataclass(frozen=True)
class Voices:
    """A pitch or REST for each of four voices at each step.

    A piece gives no tokens unless it has four parts of which each sounds one note at a time.

    Attributes:
        window: tokens of an example.
        context: tokens at a window's beginning that are only heard, after a piece's first window.
        first: the first token of a piece that is judged.
        steps_per_quarter: four: steps are 16th notes.
    """

    fields: ClassVar[int] = 1
    dtype: ClassVar[str] = 'int32'

    window: Count = 512
    context: Index = 256
    first: Index = 0
    steps_per_quarter: Count = 4

    def encode(self, notes: Notes) -> Int32[np.ndarray, ' tokens']:
        """Tokens from the first step to the last in which a note sounds."""
        if len(notes.parts) != VOICES:
            return np.zeros(0, np.int32)
        events = notes.events.astype(np.int64)
        step = notes.ticks_per_quarter / self.steps_per_quarter
        ends = events[:, ONSET] + events[:, DURATION]
        grid = np.full((int(np.rint(ends.max(initial=0) / step)), VOICES), REST, np.int32)
        for part in range(VOICES):
            own = events[:, PART] == part
            line = events[own]  # sorted by onset, as all events are
            if np.any(line[1:, ONSET] < ends[own][:-1]):
                return np.zeros(0, np.int32)
            begin, end = (np.rint(at[own] / step).astype(int) for at in (events[:, ONSET], ends))
            for pitch, low, high in zip(line[:, PITCH], begin, end, strict=True):
                grid[low:high, part] = pitch
        return grid.ravel()

    def meaning(self, train: Sequence[np.ndarray]) -> Meaning:
        """Every MIDI pitch, and REST."""
        return Meaning(sizes=(REST + 1,))

    def rows(
        self, encoded: Int32[np.ndarray, ' tokens'], meaning: Meaning
    ) -> Int32[np.ndarray, 'tokens 1']:
        """As they are."""
        return encoded[:, None]

    def decode(self, rows: Int[np.ndarray, 'tokens 1'], meaning: Meaning) -> Notes:
        """Notes from tokens: a pitch that a voice says in steps in a row is one note.

        Tokens of a step that is not whole, at the end, are left out.
        """
        steps = len(rows) // VOICES
        grid = np.full((steps + 2, VOICES), REST)  # a rest before and after
        grid[1:-1] = np.reshape(rows[: steps * VOICES], (steps, VOICES))
        events = []
        for part, line in enumerate(grid.T):
            changes = np.flatnonzero(np.diff(line)) + 1
            for low, high in itertools.pairwise(changes):
                if line[low] != REST:
                    events.append((low - 1, line[low], high - low, _VELOCITY, part))
        return arrange(
            np.array(events, np.int64).reshape(-1, 5),
            self.steps_per_quarter,
            np.zeros((0, 2), np.int64),
            ('soprano', 'alto', 'tenor', 'bass'),
            [_CHOIR] * VOICES,
        )

    def transposed(
        self, x: Int[Array, 'tokens 1'], length: Int[Array, ''], semitones: Int[Array, '']
    ) -> Int[Array, 'tokens 1']:
        """All pitches moved alike, not past the bounds."""
        there = (jnp.arange(len(x)) < length) & (x[:, 0] < REST)
        return transposing.moved(x[:, 0], there, semitones)[:, None]
