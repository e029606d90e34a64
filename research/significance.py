"""Whether one system is better than another on the same items, and better than several at once."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Shaped

from research.measures import of_groups

Ratio = tuple[Float[np.ndarray, '... items'], Float[np.ndarray, '... items']]


def paired_permutation(
    one: Ratio,
    other: Ratio,
    groups: Shaped[np.ndarray, ' items'],
    draws: int = 10_000,
    seed: int = 0,
) -> float:
    """Two-sided p-value of no difference between two ratios of sums on the same items.

    Were the systems alike, their results on a group might be exchanged: the difference of the mean
    ratios over seeds is compared with those after exchanging whole groups at random (Good,
    "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005, section 3.7), all exchanges
    where they are no more than `draws`. Seeds stay with their system, so what is told is of these
    items, given these seeds.

    Args:
        one: numerators and denominators of each item, for each seed, if there is such an axis.
        other: the same of the other system; as many seeds.
        groups: the group of each item.
        draws: exchanges that are tried.
        seed: of the draws.

    Raises:
        ValueError: unlike numbers of seeds, or numbers that `measures.Ratio` refuses.
    """
    from scipy import stats as scipy_stats

    pairs = [tuple(of_groups(each, groups) for each in ratio) for ratio in (one, other)]
    if len({over.shape for ratio in pairs for over in ratio}) > 1:
        raise ValueError(
            f'{len(pairs[0][0])} and {len(pairs[1][0])} seeds: as many of both are wanted'
        )
    over, under = (np.concatenate(columns, axis=1) for columns in zip(*pairs, strict=True))
    count = over.shape[1] // 2

    def difference(ours, theirs, axis):
        # Groups by their place: [..., groups] in, the same without the last axis out.
        chosen = [np.moveaxis(each, axis, -1).astype(int) for each in (ours, theirs)]
        ratios = [_mean_ratio(over[:, c].sum(-1), under[:, c].sum(-1)) for c in chosen]
        return ratios[0] - ratios[1]

    found = scipy_stats.permutation_test(
        (np.arange(count), np.arange(count) + count),
        difference,
        permutation_type='samples',
        vectorized=True,
        n_resamples=draws,
        batch=max(1, 2_000_000 // (count * len(over))),
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def _mean_ratio(
    over: Float[np.ndarray, 'seeds *exchanges'], under: Float[np.ndarray, 'seeds *exchanges']
) -> Float[np.ndarray, '*exchanges'] | np.floating:
    """Over seeds; an exchange that leaves nothing to take a share of has 0."""
    share = np.where(under > 0, over / np.where(under > 0, under, 1), 0.0)
    return np.mean(share, axis=0)


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


def interquartile_mean(values: Float[np.ndarray, ' seeds']) -> float:
    """Mean of the middle half, a quarter of the values cut off at either end (as above).

    Raises:
        ValueError: no values.
    """
    from scipy import stats as scipy_stats

    if not len(values):
        raise ValueError('0 values: at least one is wanted')
    return float(scipy_stats.trim_mean(values, 0.25))
