"""Intervals of ratios and of paired differences: closed forms, and coverage by simulation."""

import numpy as np
import pytest

from research import stats


def test_a_ratio_over_ones_has_the_interval_of_the_mean():
    correct = np.random.default_rng(0).random((3, 60)) < 0.7
    groups = np.arange(60) // 2
    found = stats.ratio_interval(correct.astype(float), np.ones((3, 60)), groups)
    assert found == pytest.approx(stats.seeds_and_items(correct, groups), abs=1e-12)


def test_a_ratios_interval_has_the_width_of_the_delta_method():
    # Var(N / D) ~ (Var n - 2 r Cov(n, d) + r^2 Var d) / (n_items * mean(d)^2).
    rng = np.random.default_rng(1)
    under = rng.uniform(5, 30, 800)
    over = under * rng.uniform(0, 0.5, 800)
    low, high = stats.ratio_interval(over, under, np.arange(800))
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
        low, high = stats.ratio_interval(
            edits.ravel().astype(float), words.ravel().astype(float), groups, 0.95, 800, trial
        )
        covered += low <= 2 / 6 <= high
    assert 0.90 <= covered / 400 <= 0.98


def test_a_ratio_that_cannot_vary_has_no_interval_unless_it_is_a_share():
    over, under = np.array([2.5, 3.5]), np.array([1.0, 1.0])
    assert np.isnan(stats.ratio_interval(over, under, np.array([0, 0]))).all()
    shares = stats.ratio_interval(np.array([1.0, 0.0]), under, np.array([0, 0]))
    assert shares == stats.wilson(0.5, 1)


def test_what_cannot_be_shared_counts_as_nothing():
    low, high = stats.ratio_interval(np.zeros(6), np.zeros(6), np.arange(6))
    assert (low, high) == stats.wilson(0, 6)


def test_a_paired_difference_forgets_what_is_hard_for_both():
    rng = np.random.default_rng(3)
    hard = rng.uniform(0, 1, 300)
    one, other = hard + 0.02 + rng.normal(0, 0.01, 300), hard
    ones, groups = np.ones(300), np.arange(300)
    difference, low, high = stats.paired_difference((one, ones), (other, ones), groups)
    assert difference == pytest.approx((one - other).mean())
    assert high - low == pytest.approx(2 * 1.96 * np.std(one - other) / np.sqrt(300), rel=0.06)
    apart = stats.ratio_interval(one, ones, groups)
    assert apart[1] - apart[0] > 10 * (high - low)
    assert low > 0


def test_a_paired_difference_takes_unlike_numbers_of_seeds():
    ones = np.ones(50)
    values = np.random.default_rng(4).random((5, 50))
    difference, low, high = stats.paired_difference(
        (values, np.ones((5, 50))), (values[:2].mean(0), ones), np.arange(50)
    )
    assert difference == pytest.approx(values.mean() - values[:2].mean())
    assert low < difference < high


def test_equals_have_no_difference_and_no_interval():
    same = np.array([0.5, 1.0, 0.0]), np.ones(3)
    difference, low, high = stats.paired_difference(same, same, np.arange(3))
    assert difference == 0
    assert np.isnan([low, high]).all()


@pytest.mark.parametrize(
    ('over', 'under'),
    [([1.0, np.nan], [1.0, 1.0]), ([1.0, 1.0], [1.0, -1.0]), ([1.0, np.inf], [1.0, 1.0])],
)
def test_numbers_that_are_no_ratio_are_refused(over, under):
    with pytest.raises(ValueError, match='want'):
        stats.ratio_interval(np.array(over), np.array(under), np.arange(2))
