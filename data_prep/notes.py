"""Written or played music as events: what a record of a notes corpus holds."""

import typing
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Int32, Shaped

from data_prep.errors import Unreadable

# The columns of `Notes.events`.
ONSET, PITCH, DURATION, VELOCITY, PART = range(5)
PERCUSSION = 128  # in place of a MIDI program
DEFAULT_US = 500_000  # a quarter note where no tempo is given: 120 a minute

# What one piece may have: a day of it, and more notes than can be played in a day.
MAX_NOTES = 1_000_000
MAX_QUARTERS = 100_000
MAX_S = 24 * 3600
_COUNTER = 2**31 - 1


class Notes(typing.NamedTuple):
    """A piece.

    Attributes:
        events: one row a note, sorted by all its columns: onset in ticks from the start, MIDI pitch
            in [0, 127] (60 is middle C), duration in ticks, velocity in [1, 127] (scores without
            dynamics: 64), and the position of its part in `parts`.
        ticks_per_quarter: ticks in a quarter note.
        tempi: tick and microseconds per quarter of each change of tempo; the first at tick 0.
        parts: their names, '' where unnamed.
        programs: MIDI program of each part, 0 to 127, or PERCUSSION.
    """

    events: Int32[np.ndarray, 'notes 5']
    ticks_per_quarter: int
    tempi: Int32[np.ndarray, 'changes 2']
    parts: tuple[str, ...]
    programs: Int32[np.ndarray, ' parts']

    def ticks(self) -> int:
        """Where the last note ends, in ticks from the start; 0 without notes."""
        return int((self.events[:, ONSET] + self.events[:, DURATION]).max(initial=0))

    def seconds_at(self, ticks: Shaped[np.ndarray, '*any']) -> Float[np.ndarray, '*any']:
        """Seconds from the start of ticks >= 0, by the tempi."""
        changes, lasting_us = self.tempi.astype(np.float64).T
        begins_us = np.append(0, np.cumsum(np.diff(changes) * lasting_us[:-1]))
        span = np.searchsorted(changes, ticks, side='right') - 1
        us = begins_us[span] + (ticks - changes[span]) * lasting_us[span]
        return np.asarray(us / self.ticks_per_quarter / 1e6)

    def seconds(self) -> float:
        """Where the last note ends, in seconds."""
        return float(self.seconds_at(np.array(self.ticks())))


def arrange(
    events: Int[np.ndarray, 'notes 5'],
    ticks_per_quarter: int,
    tempi: Int[np.ndarray, 'changes 2'],
    parts: Sequence[str],
    programs: Sequence[int],
) -> Notes:
    """Notes from the same facts in any order.

    Of several tempi at one tick the last counts; without one at tick 0 it is 120 a minute there.

    Raises:
        Unreadable: it is too long for its ticks to be counted in 32 bits.
    """
    ends = events[:, ONSET] + events[:, DURATION]
    end = max(int(ends.max(initial=0)), int(tempi[:, 0].max(initial=0)))
    if end > _COUNTER:
        raise Unreadable(f'{end / ticks_per_quarter:,.0f} quarter notes long')
    tempi = np.concatenate([[[0, DEFAULT_US]], tempi])
    tempi = tempi[np.argsort(tempi[:, 0], kind='stable')]
    last = np.append(np.diff(tempi[:, 0]) > 0, True)
    return Notes(
        events[np.lexsort(events.T[::-1])].astype(np.int32),
        ticks_per_quarter,
        tempi[last].astype(np.int32),
        tuple(parts),
        np.array(programs, np.int32),
    )


def bounded(piece: Notes) -> Notes:
    """The piece, if it is one that can be worked with.

    Raises:
        Unreadable: it has no notes, or more than music has.
    """
    if not len(piece.events):
        raise Unreadable('no notes')
    if len(piece.events) > MAX_NOTES:
        raise Unreadable(f'{len(piece.events):,} notes: at most {MAX_NOTES:,} are taken')
    if piece.tempi[:, 1].min() < 1:
        raise Unreadable('a tempo of 0 microseconds per quarter note')
    if (quarters := piece.ticks() / piece.ticks_per_quarter) > MAX_QUARTERS:
        raise Unreadable(f'{quarters:,.0f} quarter notes long: at most {MAX_QUARTERS:,} are taken')
    if piece.seconds() > MAX_S:
        raise Unreadable(f'{piece.seconds() / 3600:,.0f} hours long: at most 24 are taken')
    return piece
