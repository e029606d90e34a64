import itertools
import math

import numpy as np
import pytest
import sklearn.metrics

from research import detections

NONE = np.zeros((0, 2))


def spans(*calls: tuple[float, float]) -> np.ndarray:
    return np.array(calls, np.float64).reshape(-1, 2)


def drawn(seed: int, calls: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    starts = rng.uniform(0, 10, calls)
    return np.stack([starts, starts + rng.uniform(0.5, 4, calls)], axis=1)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return shared / (a[1] - a[0] + b[1] - b[0] - shared)


def most_pairs(truth: np.ndarray, found: np.ndarray, least: float) -> int:
    """By trying every assignment."""
    fits = [[iou(t, f) >= least for f in found] for t in truth]
    slots = [*range(len(found)), *[None] * len(truth)]
    return max(
        sum(f is not None and fits[t][f] for t, f in enumerate(chosen))
        for chosen in set(itertools.permutations(slots, len(truth)))
    )


@pytest.mark.parametrize('seed', range(6))
@pytest.mark.parametrize('least_iou', [0.1, 0.3, 0.6])
def test_matching_makes_as_many_pairs_as_any_assignment(seed: int, least_iou: float):
    truth, found = drawn(seed, 4), drawn(seed + 100, 4)
    pairs = detections.match(truth, found, least_iou)
    assert len(pairs) == most_pairs(truth, found, least_iou)
    for column in pairs.T:
        assert len(set(column.tolist())) == len(pairs)
    assert all(iou(truth[t], found[f]) >= least_iou for t, f in pairs)


def test_each_call_is_in_one_pair_at_most():
    truth = spans((0, 10))
    assert len(detections.match(truth, spans((0, 5), (5, 10)))) == 1
    assert len(detections.match(spans((0, 5), (5, 10)), truth)) == 1


def test_greedy_choice_is_not_taken_where_it_costs_a_pair():
    # The first true call overlaps both; the second only the first of those found.
    truth, found = spans((0, 10), (6, 16)), spans((4, 12), (0, 4))
    pairs = detections.match(truth, found)
    assert sorted(map(tuple, pairs.tolist())) == [(0, 1), (1, 0)]


def test_threshold_of_overlap_belongs_to_the_pairs():
    truth = spans((0, 10))
    assert len(detections.match(truth, spans((0, 3)), 0.3)) == 1
    assert len(detections.match(truth, spans((0, 2.99)), 0.3)) == 0
    assert len(detections.match(truth, spans((9.99, 30)), 0.0)) == 1
    assert len(detections.match(truth, spans((10, 30)), 0.0)) == 0


def test_recordings_without_calls_count_what_is_found_there():
    truths = [spans((0, 2), (5, 7)), NONE, NONE, spans((1, 3))]
    founds = [spans((0, 2), (20, 22)), NONE, spans((3, 4), (6, 8)), NONE]
    table = detections.tally(truths, founds)
    np.testing.assert_array_equal(table, [[1, 1, 1], [0, 0, 0], [0, 2, 0], [0, 0, 1]])
    np.testing.assert_array_equal(detections.count_errors(table), [0, 0, 2, -1])


def test_no_recordings_make_an_empty_table():
    assert detections.tally([], []).shape == (0, 3)


def windows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores with many ties."""
    rng = np.random.default_rng(seed)
    targets = rng.random(60) < 0.3
    return targets, np.round(rng.random(60) + 0.4 * targets, 1)


@pytest.mark.parametrize('seed', range(5))
def test_curve_and_average_precision_are_those_of_sklearn(seed: int):
    targets, scores = windows(seed)
    precision, recall, thresholds = sklearn.metrics.precision_recall_curve(targets, scores)
    found = detections.precision_recall_curve(targets, scores)
    np.testing.assert_allclose(found.precision, precision[-2::-1])
    np.testing.assert_allclose(found.recall, recall[-2::-1])
    np.testing.assert_array_equal(found.thresholds, thresholds[::-1])
    expected = sklearn.metrics.average_precision_score(targets, scores)
    assert detections.average_precision(targets, scores) == pytest.approx(expected)


@pytest.mark.parametrize('seed', range(5))
def test_no_threshold_has_a_higher_f1_than_the_best(seed: int):
    targets, scores = windows(seed)
    threshold, f1 = detections.best_threshold(targets, scores)
    assert f1 == pytest.approx(sklearn.metrics.f1_score(targets, scores >= threshold))
    for other in np.linspace(0, 1.4, 57):
        assert f1 >= sklearn.metrics.f1_score(targets, scores >= other) - 1e-12


def test_best_threshold_lies_half_way_and_is_the_highest_of_equals():
    targets = np.array([True, True, False, False])
    assert detections.best_threshold(targets, np.array([0.9, 0.8, 0.2, 0.1])) == (0.5, 1.0)
    # F1 is 2/3 after one window (1 of 1 found, 1 missed) and after four (2 of 4 found).
    tied = np.array([True, False, False, True])
    threshold, f1 = detections.best_threshold(tied, np.array([0.9, 0.7, 0.6, 0.5]))
    assert (threshold, f1) == pytest.approx((0.8, 2 / 3))
    assert detections.best_threshold(np.array([True]), np.array([0.25])) == (0.25, 1.0)


def test_best_threshold_parts_neighbours_of_float32():
    high = np.float32(0.7)
    scores = np.array([high, np.nextafter(high, np.float32(0))], np.float32)
    threshold, _ = detections.best_threshold(np.array([True, False]), scores)
    np.testing.assert_array_equal(scores >= threshold, [True, False])


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match='0 of 2 windows have a call'):
        detections.average_precision(np.zeros(2, bool), np.zeros(2))
    with pytest.raises(ValueError, match='1 scores are NaN'):
        detections.best_threshold(np.ones(2, bool), np.array([0.0, math.nan]))
    with pytest.raises(ValueError, match=r'a found call of \[3\.0, 1\.0\) s'):
        detections.match(spans((0, 1)), spans((0, 1), (3, 1)))
    with pytest.raises(ValueError, match='least_iou 2'):
        detections.match(NONE, NONE, 2.0)
