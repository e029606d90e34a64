"""Intervals of ratios and of paired differences: closed forms, and coverage by simulation."""

import itertools

import numpy as np
import pytest

from research import stats
from research.measures import Ratio


def interval(over, under, groups, share: bool = True, draws: int = 10_000, seed: int = 0):
    ratio = Ratio(np.asarray(over, float), np.asarray(under, float), np.asarray(groups))
    return stats.interval(ratio, share, draws=draws, seed=seed)


def paired(one, other, groups):
    return stats.paired_difference(Ratio(one[0], one[1], groups), Ratio(other[0], other[1], groups))


def test_a_ratios_interval_has_the_width_of_the_delta_method():
    # Var(N / D) ~ (Var n - 2 r Cov(n, d) + r^2 Var d) / (n_items * mean(d)^2).
    rng = np.random.default_rng(1)
    under = rng.uniform(5, 30, 800)
    over = under * rng.uniform(0, 0.5, 800)
    low, high = interval(over, under, np.arange(800))
    ratio = over.sum() / under.sum()
    spread = np.sqrt(np.var(over - ratio * under) / 800) / under.mean()
    assert (low + high) / 2 == pytest.approx(ratio, abs=0.2 * spread)
    assert high - low == pytest.approx(2 * 1.96 * spread, rel=0.05)


def test_intervals_of_a_ratio_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(2)
    covered = 0
    for trial in range(400):
        words = rng.integers(1, 30, (40, 3))
        hard = rng.beta(2, 4, (40, 1))  # what makes one group's utterances alike
        edits = rng.binomial(words, hard)
        groups = np.repeat(np.arange(40), 3)
        low, high = interval(edits.ravel(), words.ravel(), groups, draws=800, seed=trial)
        covered += low <= 2 / 6 <= high
    assert 0.90 <= covered / 400 <= 0.98


def test_a_score_that_cannot_vary_has_no_interval_unless_it_is_a_share():
    ones, one_group = np.ones(2), np.array([0, 0])
    assert np.isnan(interval([2.5, 3.5], ones, one_group, share=False)).all()
    assert interval([1, 0], ones, one_group) == stats.wilson(0.5, 1)
    # A mean error of 0 or of 1/2 is no share, whatever its numbers look like.
    assert np.isnan(interval(np.zeros(6), np.ones(6), np.arange(6), share=False)).all()
    # More edits than words have no upper end that Wilson could know.
    assert np.isnan(interval([5, 5], [2, 2], one_group)).all()


@pytest.mark.parametrize(('right', 'groups'), [(6, 30), (15, 30), (3, 10), (1, 40)])
def test_groups_without_a_denominator_count_for_nothing(right: int, groups: int):
    hits = (np.arange(groups) < right).astype(float)
    assert interval(hits, hits, np.arange(groups)) == stats.wilson(right, right)
    assert interval(0 * hits, hits, np.arange(groups)) == stats.wilson(0, right)
    rng = np.random.default_rng(right)
    under = hits * rng.integers(1, 9, groups)
    over = np.floor(under * rng.random(groups))
    alone = interval(over[:right], under[:right], np.arange(right))
    assert interval(over, under, np.arange(groups)) == alone


def test_what_is_not_defined_has_neither_interval_nor_difference():
    nothing, found = (np.zeros(6), np.zeros(6)), (np.ones(6), np.ones(6))
    assert np.isnan(interval(*nothing, np.arange(6))).all()
    assert np.isnan(paired(nothing, found, np.arange(6))).all()
    # Defined for one of two seeds, so not for both.
    seeds = np.stack([np.ones(6), np.zeros(6)])
    assert np.isnan(interval(seeds, seeds, np.arange(6))).all()


def test_draws_in_which_a_seed_is_not_defined_are_left_out():
    # The second seed found something in one group of four; the first is right in half of four.
    under = np.array([[1.0, 1, 1, 1], [1, 0, 0, 0]])
    over = np.array([[1.0, 1, 0, 0], [1, 0, 0, 0]])
    means = []
    for draw in itertools.product(range(4), repeat=4):
        times = np.bincount(draw, minlength=4)
        found = under @ times
        ratios = over @ times / np.where(found > 0, found, np.nan)
        means += [*ratios]  # of two seeds a draw has one
    expected = np.nanquantile(means, [0.025, 0.975])
    assert interval(over, under, np.arange(4), draws=40_000) == pytest.approx(tuple(expected))


def test_intervals_cover_as_often_as_they_say_where_half_of_the_groups_are_empty():
    # Calls in every other recording, those of one recording alike.
    rng = np.random.default_rng(6)
    covered = 0
    for trial in range(1500):
        calls = rng.integers(1, 9, 120) * (np.arange(120) % 2)
        hits = rng.binomial(calls, rng.beta(3, 1.5, 120))
        low, high = interval(hits, calls, np.arange(120), draws=600, seed=trial)
        covered += low <= 2 / 3 <= high
    assert 0.93 <= covered / 1500 <= 0.97


def test_a_paired_difference_forgets_what_is_hard_for_both():
    rng = np.random.default_rng(3)
    hard = rng.uniform(0, 1, 300)
    one, other = hard + 0.02 + rng.normal(0, 0.01, 300), hard
    ones, groups = np.ones(300), np.arange(300)
    difference, low, high = paired((one, ones), (other, ones), groups)
    assert difference == pytest.approx((one - other).mean())
    assert high - low == pytest.approx(2 * 1.96 * np.std(one - other) / np.sqrt(300), rel=0.06)
    apart = interval(one, ones, groups)
    assert apart[1] - apart[0] > 10 * (high - low)
    assert low > 0


def test_a_paired_difference_takes_unlike_numbers_of_seeds():
    ones = np.ones(50)
    values = np.random.default_rng(4).random((5, 50))
    difference, low, high = paired(
        (values, np.ones((5, 50))), (values[:2].mean(0), ones), np.arange(50)
    )
    assert difference == pytest.approx(values.mean() - values[:2].mean())
    assert low < difference < high


def test_equals_have_no_difference_and_no_interval():
    same = np.array([0.5, 1.0, 0.0]), np.ones(3)
    difference, low, high = paired(same, same, np.arange(3))
    assert difference == 0
    assert np.isnan([low, high]).all()


@pytest.mark.parametrize(
    ('over', 'under'),
    [([1.0, np.nan], [1.0, 1.0]), ([1.0, 1.0], [1.0, -1.0]), ([1.0, np.inf], [1.0, 1.0])],
)
def test_numbers_that_are_no_ratio_are_refused(over, under):
    with pytest.raises(ValueError, match='want'):
        interval(over, under, np.arange(2))
