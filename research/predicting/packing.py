"""Windows of many files through one program: short files share a batch, long ones fill many."""

import collections
import math
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from data_prep.errors import Unreadable
from research.listening import Listener, Window
from research.predicting.answers import Watch
from research.predicting.cuts import Blocks
from research.predicting.places import Place
from research.predicting.sounds import blocks
from research.reach import Reach

# Cuts the samples of one file, which come in blocks.
Cut = Callable[[Blocks], Iterator[Window]]


class Said(NamedTuple):
    """What the task predicts of one window.

    Attributes:
        start: first sample.
        valid: samples of it that the file has.
        arrays: one entry of each of the task's arrays.
    """

    start: int
    valid: int
    arrays: dict[str, np.ndarray]


class End(NamedTuple):
    """The end of a file.

    Attributes:
        place: the file.
        length_s: as it declares it; 0 where it could not be opened.
        slot: of a batch, at which the next file begins.
        error: why its windows do not count; '' where they do.
    """

    place: Place
    length_s: float
    slot: int
    error: str = ''


def hear(
    places: Iterable[Place],
    listener: Listener,
    reach: Reach,
    cut: Cut,
    watch: Watch,
    slot: int = 0,
) -> Iterator[Said | End]:
    """All windows of all files, in order, and an `End` after those of each file.

    A file that cannot be read to where it is cut, or of which the model keeps not a single frame,
    ends with an error; the windows before that do not count.

    Args:
        places: what is heard.
        listener: of the run.
        reach: of its model.
        cut: what of a file is heard.
        watch: told of each block that was read.
        slot: of the first batch, at which the first window lies; those before it stay empty.
    """
    waiting: collections.deque[Window | End] = collections.deque()
    filled = slot
    for part in _parts(places, listener, reach, cut, watch, slot):
        waiting.append(part)
        filled += isinstance(part, Window)
        if filled == listener.batch:
            yield from _told(waiting, listener, slot)
            filled = slot = 0
        elif filled == slot:  # no window waits
            yield from _told(waiting, listener, slot)
    yield from _told(waiting, listener, slot)


def _told(
    waiting: collections.deque[Window | End], listener: Listener, slot: int
) -> Iterator[Said | End]:
    windows = [part for part in waiting if isinstance(part, Window)]
    said: dict[str, np.ndarray] = {}
    if windows:
        empty = Window(0, np.zeros(listener.size, np.float32), 0)
        batch = [empty] * slot + windows
        valid = np.array([window.valid for window in batch])
        said = listener.predict(np.stack([window.samples for window in batch]), valid)
    row = slot
    while waiting:
        part = waiting.popleft()
        if isinstance(part, Window):
            # Copied: a view would keep the whole batch.
            arrays = {name: each[row].copy() for name, each in said.items()}
            part = Said(part.start, part.valid, arrays)
            row += 1
        yield part


def _parts(
    places: Iterable[Place],
    listener: Listener,
    reach: Reach,
    cut: Cut,
    watch: Watch,
    slot: int,
) -> Iterator[Window | End]:
    for place in places:
        if place.error:
            yield End(place, 0.0, slot, place.error)
            continue
        read = _Read(place, listener.rate_hz, watch)
        given = False
        try:
            for window in cut(read):
                # What is too short for a frame leaves the model nothing to go by.
                if window.valid == listener.size or reach(window.valid):
                    yield window
                    given = True
                    slot = (slot + 1) % listener.batch
            yield End(place, read.length_s, slot, '' if given else _short(read.length_s, reach))
        except Unreadable as error:
            yield End(place, read.length_s, slot, str(error))


def _short(length_s: float, reach: Reach) -> str:
    least_s = math.ceil(1000 * reach.least_s) / 1000
    return f'{length_s:g} s: too short for a single frame of the model, which takes {least_s:g} s'


class _Read:
    """A file's samples in blocks; tells how far it has come."""

    def __init__(self, place: Place, rate_hz: int, watch: Watch):
        self.place, self.rate_hz, self.watch = place, rate_hz, watch
        self.length_s = 0.0

    def __iter__(self) -> Iterator[Float32[np.ndarray, '_']]:
        for block in blocks(self.place.path, self.rate_hz):
            self.length_s = block.length_s
            self.watch(self.place, block.share, block.share * block.length_s)
            yield block.samples
