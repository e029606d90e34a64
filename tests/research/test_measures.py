"""Average precision of a ranking, its intervals and differences: sklearn, and by counting."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from research import measures, stats
from research.aggregates import interquartile_mean
from research.measures import Ranking, Ratio


def tied(seed: int, items: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = rng.random(items) < 0.3
    return targets, np.round(rng.random(items) + 0.4 * targets, 1)


@pytest.mark.parametrize('seed', range(5))
def test_a_group_that_is_drawn_twice_counts_as_two_would(seed: int):
    targets, scores = tied(seed)
    groups = np.arange(40) // 3
    times = np.random.default_rng(seed + 100).integers(0, 3, 14)
    expected = average_precision_score(targets, scores, sample_weight=times[groups])
    again = np.repeat(np.arange(40), times[groups])
    assert expected == pytest.approx(average_precision_score(targets[again], scores[again]))
    found = Ranking(targets, scores, groups)(np.stack([times, 2 * times]).astype(float))
    assert found[:, 0] == pytest.approx([expected, expected])
    assert measures.value(Ranking(targets, scores, groups)) == pytest.approx(
        average_precision_score(targets, scores)
    )


def test_the_interval_is_that_of_all_resamples_with_something_to_find():
    targets, scores = np.array([True, False, True, False]), np.array([0.9, 0.7, 0.5, 0.1])
    found = []
    for draw in itertools.product(range(4), repeat=4):
        chosen = np.array(draw)
        if targets[chosen].any():
            found.append(average_precision_score(targets[chosen], scores[chosen]))
    for level in (0.5, 0.8):
        expected = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
        low_high = stats.interval(Ranking(targets, scores, np.arange(4)), True, level, draws=40_000)
        assert low_high == pytest.approx(tuple(expected), abs=0.02)


def test_intervals_of_average_precision_cover_as_often_as_they_say():
    rng = np.random.default_rng(1)
    many = rng.random(200_000) < 0.3
    truth = average_precision_score(many, rng.normal(1.5 * many, 1))
    covered = 0
    for trial in range(300):
        targets = rng.random(200) < 0.3
        ranking = Ranking(targets, rng.normal(1.5 * targets, 1), np.arange(200))
        low, high = stats.interval(ranking, True, draws=400, seed=trial)
        covered += low <= truth <= high
    assert 0.91 <= covered / 300 <= 0.98


def test_what_is_parted_entirely_has_wilsons_interval_over_the_groups_with_a_call():
    targets = np.arange(30) < 12
    ranking = Ranking(targets, targets.astype(float), np.arange(30) // 2)
    assert stats.interval(ranking, True) == stats.wilson(6, 6)


@pytest.mark.parametrize('of_one_group', [True, False])
def test_calls_or_their_absence_in_one_group_alone_are_one_trial(of_one_group: bool):
    rng = np.random.default_rng(3)
    targets = rng.random(60) < 0.5
    groups = np.where(targets == of_one_group, 0, np.arange(60))
    seeds = np.stack([rng.normal(2.0 * targets, 1) for _ in range(3)])
    ranking = Ranking(np.stack([targets] * 3), seeds, groups)
    assert stats.interval(ranking, True) == stats.wilson(measures.value(ranking), 1)
    assert np.isnan(stats.paired_difference(ranking, ranking)[1:]).all()


def test_without_anything_to_find_it_is_not_defined():
    nothing = Ranking(np.zeros(5, bool), np.arange(5.0), np.arange(5))
    assert np.isnan(measures.value(nothing))
    assert np.isnan(stats.interval(nothing, True)).all()


def test_differences_are_paired_by_group_whatever_each_seed_ranks_first():
    rng = np.random.default_rng(2)
    targets, hard = rng.random(300) < 0.4, rng.normal(0, 1, 300)
    one, other = (
        np.stack([hard + gain * targets + rng.normal(0, 0.1, 300) for _ in range(3)])
        for gain in (1.3, 1.0)
    )
    truth = np.stack([targets] * 3)
    better, worse = (Ranking(truth, scores, np.arange(300)) for scores in (one, other))
    difference, low, high = stats.paired_difference(better, worse, draws=1000)
    expected = [
        np.mean([average_precision_score(targets, seed) for seed in seeds])
        for seeds in (one, other)
    ]
    assert difference == pytest.approx(expected[0] - expected[1])
    assert 0 < low < difference < high
    apart = stats.interval(better, True, draws=1000)
    assert apart[1] - apart[0] > 1.5 * (high - low)


def test_a_ratio_counts_its_denominators_and_a_ranking_its_items():
    assert Ratio(np.ones((2, 3)), np.array([[1.0, 2, 3], [1, 2, 5]]), np.arange(3)).size == 7
    assert Ranking(np.ones((2, 3), bool), np.ones((2, 3)), np.arange(3)).size == 3


def test_measures_of_unlike_groups_are_refused():
    ranking = Ranking(np.ones(3, bool), np.arange(3.0), np.arange(3))
    ratio = Ratio(np.ones(4), np.ones(4), np.arange(4))
    with pytest.raises(ValueError, match=r'\[3, 4\] groups'):
        stats.paired_difference(ranking, ratio)
    with pytest.raises(ValueError, match='all finite'):
        Ranking(np.ones(2, bool), np.array([0.5, np.nan]), np.arange(2))


def test_the_score_of_several_seeds_is_their_aggregate():
    right = np.array([[0.0], [0.5], [0.6], [1.0]])
    measure = Ratio(right, np.ones((4, 1)), np.zeros(1))
    assert measures.of_seeds(measure) == pytest.approx([0, 0.5, 0.6, 1])
    assert measures.value(measure) == pytest.approx(0.525)
    assert measures.value(measure, interquartile_mean) == pytest.approx(0.55)
