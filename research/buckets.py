"""Examples of like length together, so that a step computes few frames that nobody hears."""

import bisect
import dataclasses

import numpy as np
from jaxtyping import Int, Integer

STEPS = 64  # quantiles that bounds are chosen among


@dataclasses.dataclass(frozen=True, eq=False)
class Buckets:
    """Lengths that steps are cut to, and the one that each example needs.

    Attributes:
        sizes: ascending; a program is compiled for each.
        of: number of the least size that holds an example.
    """

    sizes: tuple[int, ...]
    of: Int[np.ndarray, ' examples']

    def size(self, longest: int) -> int:
        """The least of the sizes that holds so many samples."""
        return self.sizes[bisect.bisect_left(self.sizes, longest)]


def deal(lengths: Integer[np.ndarray, ' examples'], most: int) -> Buckets:
    """At most so many buckets of which, were each example padded to its own, least is padding.

    The bounds are the best among 64 quantiles of the lengths, of which the last is the longest.
    """
    bounds = np.unique(np.quantile(lengths, np.arange(1, STEPS + 1) / STEPS, method='higher'))
    held = np.searchsorted(np.sort(lengths), bounds, side='right')
    # What examples up to each bound come to, and the bounds by which they do.
    cost, ways = held * bounds, [(b,) for b in range(len(bounds))]
    for _ in range(min(most, len(bounds)) - 1):
        joined = cost[:, None] + np.maximum(held - held[:, None], 0) * bounds
        joined[np.tril_indices(len(bounds), -1)] = np.iinfo(joined.dtype).max
        before = np.argmin(joined, axis=0)
        ways = [(*ways[a], b) if a < b else ways[b] for b, a in enumerate(before.tolist())]
        cost = joined.min(axis=0)
    sizes = bounds[list(ways[-1])]
    return Buckets(tuple(sizes.tolist()), np.searchsorted(sizes, lengths).astype(np.int32))
