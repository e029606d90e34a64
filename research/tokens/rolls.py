"""The keys of a piano that sound at each step.

How models of polyphony are scored per time step: Boulanger-Lewandowski et al., "Modeling Temporal
Dependencies in High-Dimensional Sequences", 2012, section 7.
"""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int

from data_prep.notes import DURATION, ONSET, PART, PERCUSSION, PITCH, Notes, arrange
from research.bounds import Count, Index
from research.meaning import Meaning
from research.tokens import transposing

KEYS = 88
LOWEST = 21  # the MIDI pitch of the first key
_VELOCITY = 64


@dataclasses.dataclass(frozen=True)
class Rolls:
    """A frame a step: 1.0 for each key that sounds, 0.0 for the others.

    Keys that a note sounds in beyond the piano's, and percussion, are left out. The frame after the
    first is the first that is judged, as in Bai et al., "An Empirical Evaluation of Generic
    Convolutional and Recurrent Networks for Sequence Modeling", 2018.

    Attributes:
        window: frames of an example.
        context: frames at a window's beginning that are only heard, after a piece's first window.
        first: the first frame of a piece that is judged.
        steps_per_quarter: one: steps are quarter notes.
    """

    fields: ClassVar[int] = KEYS
    dtype: ClassVar[str] = 'float32'

    window: Count = 160
    context: Index = 80
    first: Index = 1
    steps_per_quarter: Count = 1

    def encode(self, notes: Notes) -> Float32[np.ndarray, 'frames 88']:
        """Frames from the first step to the last in which a note sounds."""
        events = notes.events[notes.programs[notes.events[:, PART]] != PERCUSSION].astype(np.int64)
        step = notes.ticks_per_quarter / self.steps_per_quarter
        begin = np.rint(events[:, ONSET] / step).astype(int)
        end = np.rint((events[:, ONSET] + events[:, DURATION]) / step).astype(int)
        frames = np.zeros((end.max(initial=0), KEYS), np.float32)
        keys = events[:, PITCH] - LOWEST
        for key, low, high in zip(keys, begin, end, strict=True):
            if 0 <= key < KEYS:
                frames[low:high, key] = 1
        return frames

    def meaning(self, train: Sequence[np.ndarray]) -> Meaning:
        """The MIDI pitch of each key."""
        return Meaning(labels=tuple(str(LOWEST + key) for key in range(KEYS)))

    def rows(
        self, encoded: Float32[np.ndarray, 'frames 88'], meaning: Meaning
    ) -> Float32[np.ndarray, 'frames 88']:
        """As they are."""
        return encoded

    def decode(self, rows: Float[np.ndarray, 'frames 88'], meaning: Meaning) -> Notes:
        """Notes from frames: a key that sounds in frames in a row is one note."""
        padded = np.pad(np.asarray(rows) > 0.5, ((1, 1), (0, 0))).astype(int)
        events = []
        for key, line in enumerate(padded.T):
            changes = np.flatnonzero(np.diff(line))
            for low, high in zip(changes[::2], changes[1::2], strict=True):
                events.append((low, LOWEST + key, high - low, _VELOCITY, 0))
        return arrange(
            np.array(events, np.int64).reshape(-1, 5),
            self.steps_per_quarter,
            np.zeros((0, 2), np.int64),
            [''],
            [0],
        )

    def transposed(
        self, x: Float[Array, 'frames 88'], length: Int[Array, ''], semitones: Int[Array, '']
    ) -> Float[Array, 'frames 88']:
        """All keys moved alike, not past the piano's."""
        there = (jnp.arange(len(x)) < length)[:, None]
        shift = transposing.within(jnp.any((x > 0) & there, axis=0), semitones)
        return jnp.where(there, jnp.roll(x, shift, axis=1), x)
