"""Confidence intervals in numpy.

The unit that varies is the group (artist, piece, speaker, recording), not the slice or the item:
items of one group are right or wrong together, so groups are resampled whole.
"""

import math
import statistics

import numpy as np
from jaxtyping import Bool, Float, Shaped

# Resampled counts held at once, so that memory does not grow with the number of draws.
CELLS_AT_ONCE = 2_000_000


def wilson(successes: int | float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion (Wilson, "Probable Inference", JASA 1927).

    Args:
        successes: in [0, n]; a fraction where the trials are means of groups.
        n: independent trials, at least one.
        level: probability that the interval covers the true proportion.

    Returns:
        (low, high), closed, within [0, 1].

    Raises:
        ValueError: `n` or `successes` out of range.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f'{successes} successes of {n} trials: 0 <= successes <= n, n >= 1 wanted')
    z2 = statistics.NormalDist().inv_cdf((1 + level) / 2) ** 2
    centre = (successes + z2 / 2) / (n + z2)
    half = math.sqrt(z2 * (successes * (1 - successes / n) + z2 / 4)) / (n + z2)
    # At the ends the bound is 0 or 1 exactly; the subtraction would leave rounding noise.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return low, high


def cluster_bootstrap(
    correct: Bool[np.ndarray, ' items'] | Float[np.ndarray, ' items'],
    groups: Shaped[np.ndarray, ' items'],
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of the mean, groups resampled whole.

    Field and Welsh, "Bootstrapping clustered data" (JRSS B, 2007): the randomised cluster
    bootstrap. Where a resample cannot vary (one group, all items right or wrong, groups of equal
    means) a percentile interval would have no width and claim certainty; there Wilson's interval
    is given instead, with the groups as its trials. With fewer than about ten groups the interval
    is too narrow, as every bootstrap of so few is.

    Args:
        correct: score of each item in [0, 1].
        groups: the group of each item.
        level: probability aimed at.
        draws: resamples.
        seed: of the resampling; the interval is a function of the arguments.

    Returns:
        (low, high), closed.

    Raises:
        ValueError: no items, or a score outside [0, 1] (NaN included).
    """
    return seeds_and_items(correct[None], groups, level, draws, seed)


def seeds_and_items(
    correct: Bool[np.ndarray, 'seeds items'] | Float[np.ndarray, 'seeds items'],
    groups: Shaped[np.ndarray, ' items'],
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of the mean over seeds and items, as `cluster_bootstrap`.

    Every seed was scored on the same items, so the factors are crossed: each draw resamples seeds
    and, on its own, whole groups (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics
    2007; it errs on the wide side). A single seed leaves the variation over seeds out; with two or
    three it is understated.

    Args:
        correct: score of each item in [0, 1], a row a seed.
        groups: the group of each item.
        level: probability aimed at.
        draws: resamples.
        seed: of the resampling.

    Returns:
        (low, high), closed.

    Raises:
        ValueError: no seeds or items, or a score outside [0, 1] (NaN included).
    """
    if not correct.size:
        raise ValueError(f'scores of shape {correct.shape}: at least one seed and item are wanted')
    if not np.all((correct >= 0) & (correct <= 1)):
        raise ValueError('scores outside [0, 1] or NaN: rates of right answers are wanted')
    index = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(index).astype(np.float64)
    sums = np.stack([np.bincount(index, weights=row) for row in correct])
    seeds, n = sums.shape
    rng = np.random.default_rng(seed)
    means = []
    for start in range(0, draws, at_once := max(1, CELLS_AT_ONCE // n)):
        size = min(at_once, draws - start)
        of_groups = _resampled_counts(rng, size, n)
        of_seeds = _resampled_counts(rng, size, seeds)
        means.append(np.sum((of_seeds @ sums) * of_groups, axis=1) / (of_groups @ sizes) / seeds)
    means = np.concatenate(means)
    if np.ptp(means) < 1e-12:
        return wilson(min(float(np.mean(correct)) * n, n), n, level)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled_counts(rng: np.random.Generator, draws: int, n: int) -> Float[np.ndarray, 'draws n']:
    """How often each of `n` is drawn in `n` draws with replacement; every row sums to `n`."""
    cells = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(cells.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)
