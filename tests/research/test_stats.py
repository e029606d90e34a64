import itertools

import numpy as np
import pytest
import scipy.stats

from research import stats
from research.aggregates import interquartile_mean, mean
from research.measures import Ratio


def mean_interval(
    correct: np.ndarray, groups: np.ndarray, level: float = 0.95, draws: int = 10_000
):
    """Of a mean of right answers, a row a seed if there are several."""
    values = correct.astype(float)
    return stats.interval(Ratio(values, np.ones_like(values), groups), True, level, draws)


@pytest.mark.parametrize(
    ('successes', 'n', 'low', 'high'),
    # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float):
    assert stats.wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize('successes', [0, 1, 7, 12])
@pytest.mark.parametrize('level', [0.8, 0.99])
def test_wilson_is_that_of_scipy(successes: int, level: float):
    expected = scipy.stats.binomtest(successes, 12).proportion_ci(level, method='wilson')
    assert stats.wilson(successes, 12, level) == pytest.approx(tuple(expected), abs=1e-12)


def test_wilson_ends_are_exact():
    assert stats.wilson(0, 9)[0] == 0.0
    assert stats.wilson(9, 9)[1] == 1.0


@pytest.mark.parametrize(('successes', 'n'), [(0, 0), (-1, 5), (6, 5), (float('nan'), 5)])
def test_wilson_refuses_what_is_no_proportion(successes: float, n: int):
    with pytest.raises(ValueError, match='wanted'):
        stats.wilson(successes, n)


def test_wilson_covers_as_often_as_it_says():
    successes = np.random.default_rng(0).binomial(60, 0.7, size=500)
    covered = [low <= 0.7 <= high for low, high in (stats.wilson(int(s), 60) for s in successes)]
    assert 0.92 <= np.mean(covered) <= 0.98


def test_the_interval_covers_as_often_as_it_says_where_items_of_a_group_agree():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(60), 3)
    covered, naive = [], []
    for _ in range(500):
        difficulty = rng.beta(1.4, 0.6, size=60)  # mean 0.7, items of a group much alike
        correct = rng.random(180) < difficulty[groups]
        low, high = mean_interval(correct, groups, draws=500)
        covered.append(low <= 0.7 <= high)
        low, high = stats.wilson(int(correct.sum()), 180)
        naive.append(low <= 0.7 <= high)
    assert 0.92 <= np.mean(covered) <= 0.98
    assert np.mean(naive) < 0.9


def test_groups_are_resampled_whole_as_counting_all_resamples_shows():
    right, size = {'a': 1, 'b': 0, 'c': 2, 'd': 1}, {'a': 1, 'b': 3, 'c': 2, 'd': 4}
    groups = np.array([*'a' * 1, *'b' * 3, *'c' * 2, *'d' * 4])
    correct = np.array([True, False, False, False, True, True, True, False, False, False])
    means = [
        sum(right[g] for g in draw) / sum(size[g] for g in draw)
        for draw in itertools.product('abcd', repeat=4)
    ]
    for level in (0.5, 0.8, 0.95):
        expected = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
        found = mean_interval(correct, groups, level, draws=40_000)
        assert found == pytest.approx(tuple(expected), abs=0.02)


def test_the_interval_equals_that_of_scipy_where_each_item_is_a_group():
    correct = np.random.default_rng(2).random(80) < 0.6
    found = mean_interval(correct, np.arange(80))
    reference = scipy.stats.bootstrap(
        (correct.astype(float),), np.mean, method='percentile', rng=np.random.default_rng(3)
    ).confidence_interval
    assert found == pytest.approx(tuple(reference), abs=0.013)  # one item of 80


def test_group_names_and_order_of_items_do_not_matter():
    rng = np.random.default_rng(4)
    correct, groups = rng.random(50) < 0.5, rng.integers(12, size=50)
    order = rng.permutation(50)
    named = np.array([f'artist {g:02}' for g in groups])
    assert mean_interval(correct, groups) == mean_interval(correct[order], named[order])


def test_interval_without_variation_is_wilsons_over_the_groups():
    groups = np.repeat(np.arange(20), 5)
    for right, successes in ((True, 20), (False, 0)):
        found = mean_interval(np.full(100, right), groups)
        assert found == stats.wilson(successes, 20)


def test_single_group_claims_no_more_than_one_trial_can():
    correct = np.array([True] * 9 + [False])
    low, high = mean_interval(correct, np.zeros(10, int))
    assert (low, high) == stats.wilson(0.9, 1)
    assert high - low > 0.7


def test_seeds_that_differ_widen_the_interval():
    rng = np.random.default_rng(5)
    groups = np.arange(400)
    one = rng.random(400) < 0.6
    apart = np.stack([rng.random(400) < rate for rate in (0.4, 0.5, 0.6, 0.7, 0.8)])
    low, high = mean_interval(np.stack([one] * 5), groups)
    assert (low, high) == pytest.approx(mean_interval(one, groups), abs=0.01)
    wide_low, wide_high = mean_interval(apart, groups)
    assert wide_high - wide_low > 1.5 * (high - low)


def test_crossed_seeds_and_items_have_the_variance_of_the_pigeonhole_bootstrap():
    # Main effects alone: variances of the two resampled means add up.
    rng = np.random.default_rng(6)
    seeds, items = rng.uniform(0, 0.4, size=7), rng.uniform(0, 0.6, size=90)
    low, high = mean_interval(seeds[:, None] + items, np.arange(90), draws=20_000)
    spread = np.sqrt(seeds.var(ddof=1) / 7 + items.var() / 90)
    assert high - low == pytest.approx(2 * 1.96 * spread, rel=0.04)


def test_memory_bound_does_not_change_what_is_covered(monkeypatch: pytest.MonkeyPatch):
    correct = np.random.default_rng(7).random(100) < 0.6
    whole = mean_interval(correct, np.arange(100))
    monkeypatch.setattr(stats, 'CELLS_AT_ONCE', 150)
    assert mean_interval(correct, np.arange(100), draws=4_000) == pytest.approx(whole, abs=0.02)


def test_no_items_are_refused():
    with pytest.raises(ValueError, match='at least one'):
        mean_interval(np.zeros(0), np.zeros(0, int))


def drawn_systems(rng: np.random.Generator, seeds: int, items: int) -> np.ndarray:
    """Scores of mean 0.5 that go up and down with the seed, with the item and by themselves."""
    of_seed, of_item = rng.normal(0, 0.05, (seeds, 1)), rng.normal(0, 0.2, items)
    return 0.5 + of_seed + of_item + rng.normal(0, 0.2, (seeds, items))


@pytest.mark.slow
@pytest.mark.parametrize(('seeds', 'aggregate'), [(3, mean), (10, mean), (10, interquartile_mean)])
def test_the_interval_over_seeds_and_items_covers_new_seeds_and_new_items(seeds, aggregate):
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(1_000):
        values = drawn_systems(rng, seeds, 80)
        ratio = Ratio(values, np.ones_like(values), np.arange(80))
        low, high = stats.interval(ratio, False, draws=500, aggregate=aggregate)
        covered += low <= 0.5 <= high
    assert 0.93 <= covered / 1_000 <= 0.97


def test_the_interval_of_one_seed_covers_new_items_alone():
    rng = np.random.default_rng(9)
    covered, of_new_seeds = 0, 0
    for _ in range(1_000):
        shift = rng.normal(0, 0.05)
        values = 0.5 + shift + rng.normal(0, 0.28, 120)
        low, high = stats.interval(Ratio(values, np.ones(120), np.arange(120)), False, draws=500)
        covered += low <= 0.5 + shift <= high
        of_new_seeds += low <= 0.5 <= high
    assert 0.93 <= covered / 1_000 <= 0.97
    assert of_new_seeds / 1_000 < 0.8


@pytest.mark.slow
def test_the_interval_of_a_paired_difference_covers_that_of_new_seeds_and_items():
    rng = np.random.default_rng(10)
    covered = 0
    for _ in range(1_000):
        hard = rng.normal(0, 0.3, 80)
        one, other = (hard + drawn_systems(rng, 10, 80) for _ in range(2))
        ones = np.ones_like(one)
        _, low, high = stats.paired_difference(
            Ratio(one + 0.1, ones, np.arange(80)), Ratio(other, ones, np.arange(80)), draws=500
        )
        covered += low <= 0.1 <= high
    assert 0.93 <= covered / 1_000 <= 0.97


def test_the_interval_of_an_unpaired_difference_is_that_of_two_independent_means():
    rng = np.random.default_rng(4)
    one, other = rng.random((1, 400)) < 0.7, rng.random((1, 300)) < 0.4
    measures = [Ratio(x * 1.0, np.ones(x.shape), np.arange(x.shape[1])) for x in (one, other)]
    difference, low, high = stats.unpaired_difference(measures[0], measures[1])
    p, q = one.mean(), other.mean()
    half = 1.96 * np.sqrt(p * (1 - p) / 400 + q * (1 - q) / 300)
    assert difference == pytest.approx(p - q)
    assert (low, high) == pytest.approx((p - q - half, p - q + half), abs=0.006)


def test_an_unpaired_difference_draws_both_sides_on_their_own():
    # Were the same groups drawn for both, what is alike on both sides would never differ.
    values = np.arange(60)[None] % 2 * 1.0
    measure = Ratio(values, np.ones_like(values), np.arange(60))
    difference, low, high = stats.unpaired_difference(measure, measure)
    assert difference == 0
    assert low < -0.1 < 0.1 < high
