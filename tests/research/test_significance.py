"""Tests of no difference: exact small cases, scipy's test, level by simulation, closed forms."""

import itertools

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import average_precision_score

from research import significance
from research.aggregates import interquartile_mean
from research.measures import Ranking, Ratio


def mean_of(values, groups=None) -> Ratio:
    values = np.asarray(values, float)
    groups = np.arange(values.shape[-1]) if groups is None else groups
    return Ratio(values, np.ones_like(values), groups)


def test_few_groups_are_exchanged_in_every_way():
    one = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
    other = np.array([2.0, 7.0, 1.0, 8.0, 2.0, 8.0])
    groups = np.array([0, 0, 1, 2, 2, 3])
    sums = np.array([[one[groups == g].sum(), other[groups == g].sum()] for g in range(4)])
    seen = sums[:, 0].sum() - sums[:, 1].sum()
    every = [
        sum(s[1] - s[0] if swap else s[0] - s[1] for s, swap in zip(sums, swaps, strict=True))
        for swaps in itertools.product([False, True], repeat=4)
    ]
    extreme = np.mean([abs(d) >= abs(seen) - 1e-9 for d in every])
    found = significance.paired_permutation(mean_of(one, groups), mean_of(other, groups))
    assert found == pytest.approx(extreme)


@pytest.mark.parametrize('items', [9, 60])
def test_the_p_value_is_that_of_scipy(items: int):
    # All exchanges of 9 items; of 60 a sample, so within its noise.
    rng = np.random.default_rng(items)
    one, other = rng.normal(0.25, 1, items), rng.normal(0, 1, items)
    expected = scipy.stats.permutation_test(
        (one, other),
        lambda x, y, axis: np.mean(x, axis) - np.mean(y, axis),
        permutation_type='samples',
        vectorized=True,
        n_resamples=20_000,
        rng=rng,
    ).pvalue
    found = significance.paired_permutation(mean_of(one), mean_of(other), draws=20_000)
    assert found == pytest.approx(expected, abs=1e-12 if items == 9 else 0.015)


def test_five_wins_of_five_have_the_p_value_of_the_sign_test():
    assert significance.paired_permutation(mean_of(np.ones(5)), mean_of(np.zeros(5))) == 2 / 2**5


def test_denominators_are_exchanged_with_their_numerators():
    # A hit for every find on either side: precision 1 however groups are exchanged.
    rng = np.random.default_rng(0)
    finds, others = rng.integers(1, 9, 30).astype(float), rng.integers(1, 9, 30).astype(float)
    found = significance.paired_permutation(
        Ratio(finds, finds, np.arange(30)), Ratio(others, others, np.arange(30))
    )
    assert found == 1.0


def test_rankings_are_exchanged_by_places_as_listing_all_shows():
    rng = np.random.default_rng(4)
    calls = np.array([True, False, True, False, False, True])
    one, other = rng.permutation(6) + 1.0, rng.permutation(6) + 1.0
    differences = []
    for swaps in itertools.product([False, True], repeat=6):
        ours, theirs = np.where(swaps, other, one), np.where(swaps, one, other)
        precision = [average_precision_score(calls, each) for each in (ours, theirs)]
        differences.append(abs(precision[0] - precision[1]))
    expected = np.mean(np.array(differences) >= differences[0] - 1e-9)
    # Scales of no matter: the second system's are squeezed, its order stays.
    ranked = Ranking(calls, one, np.arange(6)), Ranking(calls, np.exp(-8 / other), np.arange(6))
    assert significance.paired_permutation(*ranked) == pytest.approx(expected)


@pytest.mark.slow
def test_systems_that_are_alike_differ_as_seldom_as_the_level_says():
    rng = np.random.default_rng(1)
    p_values = []
    for trial in range(1_000):
        hard = rng.uniform(0.2, 0.9, 40)
        one, other = (rng.random((2, 40)) < hard).astype(float)
        found = significance.paired_permutation(mean_of(one), mean_of(other), 400, trial)
        p_values.append(found)
    assert 0.02 < np.mean(np.array(p_values) <= 0.05) <= 0.065
    assert 0.3 < np.mean(np.array(p_values) <= 0.6) < 0.75


def test_a_system_that_is_right_more_often_is_told_apart_over_seeds():
    rng = np.random.default_rng(2)
    one, other = rng.random((3, 120)) < 0.8, rng.random((3, 120)) < 0.6
    groups = np.arange(120) // 2
    assert significance.paired_permutation(mean_of(one, groups), mean_of(other, groups)) < 0.001


def test_seeds_of_unlike_number_are_exchanged_by_their_means():
    # The same p as of the means themselves, where denominators are alike.
    rng = np.random.default_rng(5)
    one, other = rng.random((3, 10)) + 0.2, rng.random((2, 10))
    found = significance.paired_permutation(mean_of(one), mean_of(other))
    of_means = significance.paired_permutation(mean_of(one.mean(0)), mean_of(other.mean(0)))
    assert found == pytest.approx(of_means)
    assert found < 0.5


def test_the_aggregate_of_the_seeds_is_what_is_exchanged():
    # One seed in four fails altogether: the mean differs, the middle half does not.
    good = np.ones((4, 12))
    bad = good.copy()
    bad[0] = 0
    assert significance.paired_permutation(mean_of(good), mean_of(bad)) < 0.001
    middle = significance.paired_permutation(
        mean_of(good), mean_of(bad), aggregate=interquartile_mean
    )
    assert middle == 1.0


def test_what_is_not_defined_has_no_p_value():
    nothing = Ratio(np.zeros(6), np.zeros(6), np.arange(6))
    assert np.isnan(significance.paired_permutation(nothing, mean_of(np.ones(6))))


def test_unlike_groups_are_refused():
    with pytest.raises(ValueError, match='5 and 4 groups'):
        significance.paired_permutation(mean_of(np.ones(5)), mean_of(np.ones(4)))


def test_holms_correction_is_that_of_his_worked_example():
    assert significance.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert significance.holm([0.9, 0.8]) == [1.0, 1.0]
    assert significance.holm([]) == []
    with pytest.raises(ValueError, match=r'\[0, 1\]'):
        significance.holm([0.1, 1.2])


def test_holm_keeps_the_familywise_error():
    rng = np.random.default_rng(3)
    wrong = [min(significance.holm(rng.random(6).tolist())) <= 0.05 for _ in range(4_000)]
    assert 0.035 < np.mean(wrong) < 0.06


def test_improvement_is_counted_over_pairs_of_seeds():
    one, other = np.array([0.5, 0.7, 0.9]), np.array([0.5, 0.6])
    assert significance.probability_of_improvement(one, other) == pytest.approx(4.5 / 6)
    assert significance.probability_of_improvement(other, one) == pytest.approx(1.5 / 6)


def test_improvement_is_the_mann_whitney_statistic_as_a_share():
    rng = np.random.default_rng(6)
    one, other = rng.normal(0.3, 1, 11), rng.normal(0, 1, 7)
    statistic = np.asarray(scipy.stats.mannwhitneyu(one, other))[0]
    found = significance.probability_of_improvement(one, other)
    assert found == pytest.approx(statistic / 77)
