"""What a model says of each frame of a long recording, from windows that overlap.

Near a window's ends a model hears what is said with half of what it hangs on missing, so two
windows that overlap share out what they both heard: the earlier one has its word up to a frame of
the overlap, the later one from there on. That frame is the one, in the middle half of the overlap,
at which both together are surest that nothing is said (the blank): no character is torn or told
twice. Windows begin a whole number of frames after one another, so the frames of both are the same
moments.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

LogProbs = Float[np.ndarray, '_ labels']


class Stitcher:
    """Joins the windows of one recording, which come in order.

    Args:
        hop: frames from the start of a window to that of the next.
        blank: label that stands for none.
    """

    def __init__(self, hop: int, blank: int = 0):
        self._hop, self._blank = hop, blank
        self._before: LogProbs | None = None
        self._begin = 0  # of what is not yet told in the window before

    def add(self, window: LogProbs) -> Iterator[LogProbs]:
        """What a window makes sure of: frames that follow those told so far."""
        if self._before is not None:
            junction = self._junction(self._before[self._hop :], window)
            yield self._before[self._begin : self._hop + junction]
            self._begin = junction
        self._before = window

    def end(self) -> Iterator[LogProbs]:
        """The rest."""
        if self._before is not None:
            yield self._before[self._begin :]

    def _junction(self, earlier: LogProbs, later: LogProbs) -> int:
        """The frame of the overlap from which on the later window is believed."""
        shared = min(len(earlier), len(later))
        unsaid = earlier[:shared, self._blank] + later[:shared, self._blank]
        middle = np.arange(shared // 4, max(shared - shared // 4, shared // 4 + 1))
        middle = middle[middle < shared]
        if not len(middle):
            return shared
        distance = np.abs(middle - shared / 2)
        return int(middle[np.lexsort((distance, -unsaid[middle]))[0]])
