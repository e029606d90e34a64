"""Confidence intervals in numpy.

The unit that varies is the group (artist, piece, speaker, recording), not the slice or the item:
items of one group are right or wrong together, so groups are resampled whole.
"""

import functools
import math
import statistics
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from research.aggregates import Aggregate, mean
from research.measures import Measure, value

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


def interval(
    measure: Measure,
    share: bool,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
    aggregate: Aggregate = mean,
) -> tuple[float, float]:
    """Percentile interval of a score over seeds and items, groups of items resampled whole.

    Field and Welsh, "Bootstrapping clustered data" (JRSS B, 2007): the randomised cluster
    bootstrap. Every seed was scored on the same items, so the factors are crossed: each draw
    resamples seeds and, on its own, whole groups (Owen, "The pigeonhole bootstrap", Annals of
    Applied Statistics 2007; it errs on the wide side). Of n seeds a draw has n - 1, which makes up
    for how little few of them vary (Rao and Wu, "Resampling inference with complex survey data",
    JASA 1988). A single seed leaves the variation over seeds out; with two it is understated still,
    and with fewer than about ten groups all of it.

    Groups that the score cannot hang on are not drawn, and draws in which it is not defined are
    left out. Where no draw differs from another (all right or wrong, groups that are alike), or all
    that is to be found is of one group, percentiles would claim certainty: there a share has
    Wilson's interval with the groups as its trials, and any other score none: (NaN, NaN).

    Args:
        measure: the score.
        share: whether it is one of a whole, so that 0 and 1 are its ends.
        level: probability aimed at.
        draws: resamples.
        seed: of the resampling; the interval is a function of the arguments.
        aggregate: what the score is of those of the seeds that a draw has.

    Returns:
        (low, high), closed; NaN where the score is not defined.
    """
    found = value(measure, aggregate)
    if np.isnan(found):
        return float('nan'), float('nan')
    if measure.trials > 1:
        known = _percentiles(_drawn([measure], draws, seed, aggregate)[0], level)
        if known:
            return known
    if share and 0 <= found <= 1:
        return wilson(found * measure.trials, measure.trials, level)
    return float('nan'), float('nan')


def paired_difference(
    one: Measure,
    other: Measure,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
    aggregate: Aggregate = mean,
) -> tuple[float, float, float]:
    """How much larger one score is than another on the same items, with its interval.

    Both meet the same groups in each draw, so that what makes an item hard for both cancels; the
    seeds of each are resampled on their own. So it may hold 0 where the items of these very seeds
    tell the two apart (`significance.paired_permutation`, which keeps the seeds as they are).

    Args:
        one: the score.
        other: what is subtracted: of the same groups; its seeds may be more or fewer.

    Returns:
        The difference, and (low, high) of its percentile interval; NaN where no draw differs, or
        all that is to be found is of one group. All are NaN where a score is not defined.

    Raises:
        ValueError: the groups are not as many.
    """
    difference = value(one, aggregate) - value(other, aggregate)
    if np.isnan(difference) or min(one.trials, other.trials) < 2:
        return difference, float('nan'), float('nan')
    ours, theirs = _drawn([one, other], draws, seed, aggregate)
    low, high = _percentiles(ours - theirs, level) or (float('nan'), float('nan'))
    return difference, low, high


def unpaired_difference(
    one: Measure,
    other: Measure,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
    aggregate: Aggregate = mean,
) -> tuple[float, float, float]:
    """How much larger one score is than another on other items, with its interval.

    Seeds and groups of both are resampled on their own: the bootstrap of two samples (Efron and
    Tibshirani, "An Introduction to the Bootstrap", 1993, section 8.3).

    Args:
        one: the score.
        other: what is subtracted: of any groups.

    Returns:
        As `paired_difference`.
    """
    difference = value(one, aggregate) - value(other, aggregate)
    if np.isnan(difference) or min(one.trials, other.trials) < 2:
        return difference, float('nan'), float('nan')
    # Another seed draws other groups.
    [ours], [theirs] = (
        _drawn([each], draws, own, aggregate) for each, own in ((one, seed), (other, seed + 1))
    )
    low, high = _percentiles(ours - theirs, level) or (float('nan'), float('nan'))
    return difference, low, high


def _percentiles(draws: Float[np.ndarray, ' draws'], level: float) -> tuple[float, float] | None:
    """None where no draw differs from another."""
    defined = draws[~np.isnan(draws)]
    if not len(defined) or np.ptp(defined) < 1e-12 * max(1.0, abs(defined[0])):
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _drawn(
    measures: Sequence[Measure], draws: int, seed: int, aggregate: Aggregate
) -> Float[np.ndarray, 'measures draws']:
    """Of each measure what the seeds of each draw come to; NaN where one is not defined."""
    masks = [measure.resampled for measure in measures]
    if len({len(mask) for mask in masks}) > 1:
        raise ValueError(f'{[len(mask) for mask in masks]} groups: as many of both are wanted')
    chosen = np.any(masks, axis=0)
    at_once = max(1, CELLS_AT_ONCE // max(measure.cells for measure in measures))
    found = np.empty((len(measures), draws))
    for start in range(0, draws, at_once):
        size = min(at_once, draws - start)
        times = _times(seed, start, size, chosen.tobytes())
        rng = np.random.default_rng([seed, start, 1])
        for row, measure in zip(found, measures, strict=True):
            taken = max(measure.seeds - 1, 1)
            seeds = rng.integers(measure.seeds, size=(size, taken))
            # A seed that is not drawn may be undefined.
            scores = np.take_along_axis(measure(times), seeds, axis=1)
            row[start : start + size] = aggregate(scores)
    return found


@functools.lru_cache(maxsize=8)
def _times(seed: int, start: int, draws: int, chosen: bytes) -> Float[np.ndarray, 'draws groups']:
    """How often each group stands in each draw; kept, for many systems meet the same groups."""
    mask = np.frombuffer(chosen, bool)
    rng = np.random.default_rng([seed, start, 0])
    times = np.zeros((draws, len(mask)))
    times[:, mask] = _resampled_counts(rng, draws, int(mask.sum()))
    times.setflags(write=False)
    return times


def _resampled_counts(rng: np.random.Generator, draws: int, n: int) -> Float[np.ndarray, 'draws n']:
    """How often each of `n` is drawn in `n` draws with replacement; every row sums to `n`."""
    cells = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(cells.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)
