"""What of a recording is heard: whole slices as in training, all of it, or overlapping windows."""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float32

from research.listening import Window, windows

Blocks = Iterable[Float32[np.ndarray, '_']]


def slices(blocks: Blocks, size: int, most: int | None) -> Iterator[Window]:
    """`as_trained` with at most so many, or `throughout` where that is None."""
    return throughout(blocks, size) if most is None else as_trained(blocks, size, most)


def as_trained(blocks: Blocks, size: int, most: int) -> Iterator[Window]:
    """The first whole slices, `most` at most; of a shorter recording one, padded with zeros.

    What `corpora.cut` takes of a record. No more is read than that.
    """
    for number, window in enumerate(itertools.islice(windows(blocks, size, size), most)):
        if number and window.valid < size:
            return
        yield window


def throughout(blocks: Blocks, size: int) -> Iterator[Window]:
    """Whole slices, one after the other; the last one ends with the recording.

    So all of it is heard in slices as long as those of training. The last one overlaps the one
    before it, unless the recording is a whole number of slices; a recording shorter than a slice is
    one, padded with zeros.
    """
    before = None
    for window in windows(blocks, size, size):
        if before is not None and window.valid < size:
            samples = np.concatenate([before.samples, window.samples[: window.valid]])
            start = window.start + window.valid - size
            window = Window(start, samples[-size:], size)
        yield window
        before = window
