"""Whether one system is better than another on the same items, and better than several at once."""

import functools
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from research.aggregates import Aggregate, mean
from research.measures import Measure

# Exchanges held at once, so that memory does not grow with their number.
CELLS_AT_ONCE = 2_000_000
Sides = tuple[np.ndarray, np.ndarray]


def paired_permutation(
    one: Measure,
    other: Measure,
    draws: int = 10_000,
    seed: int = 0,
    aggregate: Aggregate = mean,
) -> float:
    """Two-sided p-value of no difference between two scores on the same items.

    Were the systems alike, their results on a group might be exchanged: the difference is compared
    with those after exchanging whole groups at random (Good, "Permutation, Parametric and Bootstrap
    Tests of Hypotheses", 2005, section 3.7), all exchanges where they are no more than `draws`.
    Seeds stay with their system, so what is told is of these items, given these seeds; with unlike
    numbers of seeds, whose means vary unlike, it is right for many groups alone.

    An exchange after which a score is not defined counts as one that differs as much.

    Args:
        one: a score.
        other: that of another system on the same items of the same groups.
        draws: exchanges that are tried.
        seed: of the draws.
        aggregate: what one number is made of the seeds.

    Returns:
        In (0, 1]; NaN where one of the scores is not defined.

    Raises:
        ValueError: the groups are not as many.
    """
    counted = [measure.resampled for measure in (one, other)]
    if len(counted[0]) != len(counted[1]):
        raise ValueError(
            f'{len(counted[0])} and {len(counted[1])} groups: as many of both are wanted'
        )
    both = one.beside(other)

    def difference(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        return np.abs(aggregate(both(ours)) - aggregate(both(theirs)))

    [seen] = difference(*_sides(np.zeros((1, len(counted[0])))))
    if np.isnan(seen):
        return float('nan')
    chosen = counted[0] | counted[1]
    exhaustive = 2 ** int(chosen.sum()) <= draws
    count = 2 ** int(chosen.sum()) if exhaustive else draws
    at_once = max(1, CELLS_AT_ONCE // both.cells)
    extreme = 0
    for start in range(0, count, at_once):
        size = min(at_once, count - start)
        sides = _exchanged(None if exhaustive else seed, start, size, chosen.tobytes())
        # Sums in another order end in other digits: what is as far apart is within their noise.
        extreme += int(np.sum(~(difference(*sides) < seen - 1e-12 * max(1.0, seen))))
    # What was seen is one of all exchanges; of those drawn at random it is one more.
    return extreme / count if exhaustive else (extreme + 1) / (count + 1)


@functools.lru_cache(maxsize=8)
def _exchanged(seed: int | None, start: int, count: int, chosen: bytes) -> Sides:
    """Exchanges of the chosen groups at random, or, without a seed, those from the start-th on.

    They are kept, for many systems meet the same groups.
    """
    mask = np.frombuffer(chosen, bool)
    swapped = np.zeros((count, len(mask)))
    if seed is None:
        every = np.arange(start, start + count)[:, None]
        swapped[:, mask] = every >> np.arange(mask.sum()) & 1
    else:
        rng = np.random.default_rng([seed, start])
        swapped[:, mask] = rng.integers(2, size=(count, int(mask.sum())), dtype=np.uint8)
    return _sides(swapped)


def _sides(swapped: Float[np.ndarray, 'exchanges groups']) -> Sides:
    """How often the groups of both systems, one's after the other's, stand on either side."""
    ours = np.concatenate([1 - swapped, swapped], axis=1)
    theirs = 1 - ours
    for side in (ours, theirs):
        side.setflags(write=False)
    return ours, theirs


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for being several, in their own order.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none falls below one before
    it (Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979).

    Raises:
        ValueError: a value outside [0, 1].
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f'p-values {list(p_values)}: values in [0, 1] are wanted')
    corrected, least = [0.0] * len(p_values), 0.0
    for rank, position in enumerate(np.argsort(p_values, kind='stable').tolist()):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[position]))
        corrected[position] = least
    return corrected


def probability_of_improvement(
    one: Float[np.ndarray, ' seeds'], other: Float[np.ndarray, ' others']
) -> float:
    """How often a seed of one beats a seed of the other, ties counting half.

    The Mann-Whitney statistic as a share (Agarwal et al., "Deep Reinforcement Learning at the Edge
    of the Statistical Precipice", 2021, section 4.3). Scores are given so that higher is better.

    Raises:
        ValueError: no seeds.
    """
    if not len(one) or not len(other):
        raise ValueError(f'{len(one)} and {len(other)} seeds: at least one of each is wanted')
    apart = np.sign(one[:, None] - other[None])
    return float(np.mean((apart + 1) / 2))
