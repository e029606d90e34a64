"""Tests of no difference: exact small cases, level by simulation, closed forms."""

import itertools

import numpy as np
import pytest

from research import significance


def ratio(values):
    values = np.asarray(values, float)
    return values, np.ones_like(values)


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
    found = significance.paired_permutation(ratio(one), ratio(other), groups)
    assert found == pytest.approx(extreme)


def test_denominators_are_exchanged_with_their_numerators():
    # A hit for every find on either side: precision 1 however groups are exchanged.
    rng = np.random.default_rng(0)
    finds, others = rng.integers(1, 9, 30).astype(float), rng.integers(1, 9, 30).astype(float)
    found = significance.paired_permutation((finds, finds), (others, others), np.arange(30))
    assert found == 1.0


def test_systems_that_are_alike_differ_as_seldom_as_the_level_says():
    rng = np.random.default_rng(1)
    p_values = []
    for trial in range(300):
        hard = rng.uniform(0.2, 0.9, 40)
        one, other = (rng.random((2, 40)) < hard).astype(float)
        p_values.append(
            significance.paired_permutation(ratio(one), ratio(other), np.arange(40), 300, trial)
        )
    assert np.mean(np.array(p_values) <= 0.05) <= 0.075
    assert 0.3 < np.mean(np.array(p_values) <= 0.6) < 0.75


def test_a_system_that_is_right_more_often_is_told_apart_over_seeds():
    rng = np.random.default_rng(2)
    one, other = rng.random((3, 120)) < 0.8, rng.random((3, 120)) < 0.6
    groups = np.arange(120) // 2
    assert significance.paired_permutation(ratio(one), ratio(other), groups) < 0.001


def test_unlike_numbers_of_seeds_are_refused():
    with pytest.raises(ValueError, match='3 and 2 seeds'):
        significance.paired_permutation(
            ratio(np.ones((3, 5))), ratio(np.ones((2, 5))), np.arange(5)
        )


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


def test_the_interquartile_mean_forgets_the_ends():
    assert significance.interquartile_mean(np.array([-1e9, 1.0, 2.0, 1e9])) == 1.5
