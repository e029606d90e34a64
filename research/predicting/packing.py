"""Windows of many files through one program: short files share a batch, long ones fill many."""

import collections
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32

from data_prep.errors import Unreadable
from research.frontends import FrontEnd
from research.listening import Listener, Window
from research.predicting.answers import Watch
from research.predicting.cuts import Blocks
from research.predicting.places import Place
from research.predicting.sounds import blocks

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
    frontend: FrontEnd,
    cut: Cut,
    watch: Watch,
    slot: int = 0,
) -> Iterator[Said | End]:
    """All windows of all files, in order, and an `End` after those of each file.

    A file that cannot be read to where it is cut, or that gives not a single frame, ends with an
    error; the windows before that do not count.

    Args:
        places: what is heard.
        listener: of the run.
        frontend: that it hears through.
        cut: what of a file is heard.
        watch: told of each block that was read.
        slot: of the first batch, at which the first window lies; those before it stay empty.
    """
    waiting: collections.deque[Window | End] = collections.deque()
    filled = slot
    for part in _parts(places, listener, frontend, cut, watch, slot):
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
    frontend: FrontEnd,
    cut: Cut,
    watch: Watch,
    slot: int,
) -> Iterator[Window | End]:
    frames = _counter(frontend, listener.size)
    for place in places:
        if place.error:
            yield End(place, 0.0, slot, place.error)
            continue
        read = _Read(place, listener.rate_hz, watch)
        given = False
        try:
            for window in cut(read):
                # What is too short for a frame gives the model nothing to go by.
                if window.valid == listener.size or frames(window.valid):
                    yield window
                    given = True
                    slot = (slot + 1) % listener.batch
            short = f'{read.length_s:g} s: too short for a single frame'
            yield End(place, read.length_s, slot, '' if given else short)
        except Unreadable as error:
            yield End(place, read.length_s, slot, str(error))


@functools.lru_cache(8)  # files that are done again one by one compile it once
def _counter(frontend: FrontEnd, size: int) -> Callable[[int], int]:
    """Valid frames of a window with so many valid samples."""

    @jax.jit
    def count(valid):
        return frontend(jnp.zeros((1, size)), valid)[1]

    return lambda valid: int(count(jnp.full(1, valid, jnp.int32))[0])


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
