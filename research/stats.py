"""Confidence intervals in numpy.

The unit that varies is the group (artist, piece, speaker, recording), not the slice or the item:
items of one group are right or wrong together, so groups are resampled whole.
"""

import math
import statistics
from collections.abc import Iterator, Sequence

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
    if not np.all((correct >= 0) & (correct <= 1)):
        raise ValueError('scores outside [0, 1] or NaN: rates of right answers are wanted')
    values = correct.astype(np.float64)
    return ratio_interval(values, np.ones_like(values), groups, level, draws, seed)


def ratio_interval(
    numerators: Float[np.ndarray, '*seeds items'],
    denominators: Float[np.ndarray, '*seeds items'],
    groups: Shaped[np.ndarray, ' items'],
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of a ratio of sums over items, averaged over seeds.

    Groups are resampled whole, and seeds on their own, as in `seeds_and_items`: a word error rate
    is edits over words, a precision hits over finds. A draw without anything to take a share of
    counts as 0. Where no draw differs from another, as with one group, a share has Wilson's
    interval with the groups as trials, and any other ratio none: (NaN, NaN).

    Args:
        numerators: of each item, for each seed, if there is such an axis.
        denominators: of each item; not negative.
        groups: the group of each item.
        level: probability aimed at.
        draws: resamples.
        seed: of the resampling.

    Returns:
        (low, high), closed.

    Raises:
        ValueError: no seeds or items, a number that is not finite, or a denominator below 0.
    """
    over, under = of_groups(numerators, groups), of_groups(denominators, groups)
    ratios = np.concatenate(list(_ratios([(over, under)], draws, seed)), axis=1)[0]
    if np.ptp(ratios) < 1e-12 * max(1.0, abs(ratios[0])):
        if np.all((numerators >= 0) & (numerators <= denominators)):
            trials = over.shape[1]
            return wilson(min(float(ratios[0]) * trials, trials), trials, level)
        return float('nan'), float('nan')
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_difference(
    one: tuple[Float[np.ndarray, '*seeds items'], Float[np.ndarray, '*seeds items']],
    other: tuple[Float[np.ndarray, '*others items'], Float[np.ndarray, '*others items']],
    groups: Shaped[np.ndarray, ' items'],
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """How much larger one ratio of sums is than another on the same items, with its interval.

    Both meet the same groups in each draw, so that what makes an item hard for both cancels; the
    seeds of each are resampled on their own.

    Args:
        one: numerators and denominators, as `ratio_interval` takes them.
        other: the same of what is subtracted; its seeds may be more or fewer.
        groups: the group of each item.

    Returns:
        The difference, and (low, high) of its percentile interval; NaN where no draw differs.

    Raises:
        ValueError: as `ratio_interval`.
    """
    pairs = [tuple(of_groups(each, groups) for each in ratio) for ratio in (one, other)]
    ratios = np.concatenate(list(_ratios(pairs, draws, seed)), axis=1)
    means = [float(mean_ratio(over.sum(1), under.sum(1))) for over, under in pairs]
    differences = ratios[0] - ratios[1]
    if np.ptp(differences) < 1e-12:
        return means[0] - means[1], float('nan'), float('nan')
    low, high = np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])
    return means[0] - means[1], float(low), float(high)


def of_groups(
    values: Float[np.ndarray, '*seeds items'], groups: Shaped[np.ndarray, ' items']
) -> Float[np.ndarray, 'seeds groups']:
    """Sums over each group's items, a row a seed.

    Raises:
        ValueError: no values, or one that is not finite.
    """
    if not values.size or not np.isfinite(values).all():
        raise ValueError(f'values of shape {values.shape}: at least one, all finite, is wanted')
    index = np.unique(groups, return_inverse=True)[1]
    return np.stack([np.bincount(index, weights=row) for row in np.atleast_2d(values)])


def _ratios(
    pairs: Sequence[tuple[np.ndarray, ...]], draws: int, seed: int
) -> Iterator[Float[np.ndarray, 'pairs draws']]:
    """Of each pair of numerators and denominators [seeds, groups], the mean ratio of each draw."""
    n = pairs[0][0].shape[1]
    for over, under in pairs:
        if over.shape != under.shape or over.shape[1] != n or np.any(under < 0):
            raise ValueError(
                f'sums of shapes {over.shape} and {under.shape}: like ones are wanted, of {n} '
                'groups, and no denominator below 0'
            )
    rng = np.random.default_rng(seed)
    for start in range(0, draws, at_once := max(1, CELLS_AT_ONCE // n)):
        size = min(at_once, draws - start)
        of_groups = _resampled_counts(rng, size, n)
        found = []
        for over, under in pairs:
            of_seeds = _resampled_counts(rng, size, len(over))
            ratios = _share(of_groups @ over.T, of_groups @ under.T)
            found.append(np.sum(ratios * of_seeds, axis=1) / len(over))
        yield np.stack(found)


def mean_ratio(
    over: Float[np.ndarray, 'seeds *draws'], under: Float[np.ndarray, 'seeds *draws']
) -> Float[np.ndarray, '*draws'] | np.floating:
    """Mean over seeds of each one's ratio of sums; 0 where there is nothing to take a share of."""
    return np.mean(_share(over, under), axis=0)


def _share(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    return np.where(under > 0, over / np.where(under > 0, under, 1), 0.0)


def _resampled_counts(rng: np.random.Generator, draws: int, n: int) -> Float[np.ndarray, 'draws n']:
    """How often each of `n` is drawn in `n` draws with replacement; every row sums to `n`."""
    cells = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(cells.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)
