"""Calls counted by a detector that is right as training has it, and what is left of them."""

import numpy as np
import pytest

from research import detections
from research.decoding.overlapping import HOP_S, decoded, how_many, ideal

WINDOW_S, UNTIL_S = 3.0, 60.0
TUNED = {'threshold': 0.4, 'enter': 0.6, 'leave': 0.4, 'call_s': 2.0}
OF_UNKNOWN_LENGTH = {name: TUNED[name] for name in ('enter', 'leave')}
STARTS_S = np.arange(0, UNTIL_S - WINDOW_S + HOP_S, HOP_S)


def told(*calls: tuple[float, float]) -> np.ndarray:
    """1 where a window holds half of a call, or is half call: what training is told."""
    found = np.zeros(len(STARTS_S))
    for start, end in calls:
        for number, low in enumerate(STARTS_S):
            shared = min(low + WINDOW_S, end) - max(low, start)
            found[number] = max(found[number], shared >= min(end - start, WINDOW_S) / 2 - 1e-9)
    return found


def found_of(*calls: tuple[float, float]):
    return decoded(told(*calls), STARTS_S, WINDOW_S, UNTIL_S, TUNED)


@pytest.mark.parametrize('start', [5.0, 5.13, 20.49])
@pytest.mark.parametrize('length_s', [0.5, 1.0, 2.9])
def test_a_call_shorter_than_a_window_is_found_around_its_middle(start: float, length_s: float):
    [found] = found_of((start, start + length_s))
    middle_s = start + length_s / 2
    assert (found.start_s + found.end_s) / 2 == pytest.approx(middle_s, abs=HOP_S / 2 + 1e-9)
    assert found.end_s - found.start_s == pytest.approx(WINDOW_S, abs=HOP_S + 1e-9)


@pytest.mark.parametrize('start', [5.0, 5.13, 20.49])
@pytest.mark.parametrize('length_s', [3.0, 3.4, 3.9])
def test_a_longer_call_stays_one_with_borders_right_to_half_a_hop(start: float, length_s: float):
    [found] = found_of((start, start + length_s))
    assert found.start_s == pytest.approx(start, abs=HOP_S / 2 + 1e-9)
    assert found.end_s == pytest.approx(start + length_s, abs=HOP_S / 2 + 1e-9)


@pytest.mark.parametrize('tuned', [OF_UNKNOWN_LENGTH, TUNED | {'call_s': 6.0}])
@pytest.mark.parametrize('length_s', [4.2, 6.0, 8.4])
def test_a_call_longer_than_windows_stays_one_where_no_training_call_says_otherwise(
    length_s: float, tuned: dict[str, float]
):
    [found] = decoded(told((20.1, 20.1 + length_s)), STARTS_S, WINDOW_S, UNTIL_S, tuned)
    assert found.start_s == pytest.approx(20.1, abs=HOP_S / 2 + 1e-9)
    assert found.end_s == pytest.approx(20.1 + length_s, abs=HOP_S / 2 + 1e-9)


def test_runs_are_divided_by_the_length_of_calls_where_that_is_above_a_window():
    twice = told((10.0, 16.0), (16.5, 22.5))
    assert len(decoded(twice, STARTS_S, WINDOW_S, UNTIL_S, TUNED | {'call_s': 6.0})) == 2
    assert len(decoded(twice, STARTS_S, WINDOW_S, UNTIL_S, OF_UNKNOWN_LENGTH)) == 1


@pytest.mark.parametrize('start', np.arange(8.0, 13.0, 0.25).tolist())
def test_an_isolated_call_is_one_wherever_windows_begin_and_end(start: float):
    assert len(found_of((start, start + 2.0))) == 1


@pytest.mark.parametrize('start', [0.0, 0.4, 1.0, 2.0, 2.1, UNTIL_S - 4.0, UNTIL_S - 2.0])
def test_a_call_at_an_end_of_the_recording_is_one(start: float):
    assert len(found_of((start, start + 2.0))) == 1


@pytest.mark.parametrize('apart_s', np.arange(1.5, 9.0, 0.25).tolist())
@pytest.mark.parametrize('length_s', [1.0, 1.4])
def test_two_calls_from_half_a_window_apart_are_two_at_their_middles(
    apart_s: float, length_s: float
):
    middles_s = (10.25, 10.25 + apart_s)
    found = found_of(*((m - length_s / 2, m + length_s / 2) for m in middles_s))
    assert len(found) == 2
    for call, middle_s in zip(found, middles_s, strict=True):
        assert call.start_s < middle_s < call.end_s


@pytest.mark.parametrize('apart_s', [2.0, 2.25, 2.5, WINDOW_S + HOP_S])
@pytest.mark.parametrize('calls', [3, 5, 8])
def test_a_row_of_calls_is_counted(apart_s: float, calls: int):
    starts = 4.1 + apart_s * np.arange(calls)
    assert abs(len(found_of(*((t, t + 1.2) for t in starts))) - calls) <= calls // 5


def test_no_call_gives_none():
    assert found_of() == []
    assert ideal(np.zeros((0, 2)), STARTS_S, WINDOW_S, UNTIL_S, TUNED) == []
    assert ideal(np.zeros((0, 2)), np.zeros(0), WINDOW_S, UNTIL_S, TUNED) == []


def test_what_most_windows_over_it_do_not_hear_is_dropped():
    probability = np.zeros(len(STARTS_S))
    probability[10:12], probability[50:53] = 0.9, 0.9
    [found] = decoded(probability, STARTS_S, WINDOW_S, UNTIL_S, TUNED)
    assert found.start_s == pytest.approx(STARTS_S[50] + (WINDOW_S - HOP_S) / 2)


def test_one_window_that_falls_to_the_lower_threshold_parts_no_call():
    probability = told((10.0, 12.0))
    second = np.flatnonzero(probability)[1]
    probability[second] = 0.4
    whole = decoded(probability, STARTS_S, WINDOW_S, UNTIL_S, TUNED)
    assert whole == [(9.25, 12.75, 1.0)] == found_of((10.0, 12.0))
    probability[second] = 0.39
    assert decoded(probability, STARTS_S, WINDOW_S, UNTIL_S, TUNED) == [(10.25, 12.75, 1.0)]


def test_a_long_call_may_have_long_dips_where_the_length_of_calls_is_not_known():
    probability = told((10.0, 22.0))
    probability[(STARTS_S >= 13) & (STARTS_S < 16)] = 0.4
    whole = decoded(probability, STARTS_S, WINDOW_S, UNTIL_S, OF_UNKNOWN_LENGTH)
    assert [call[:2] for call in whole] == [(9.75, 22.25)]
    probability[STARTS_S == 14] = 0.39
    assert len(decoded(probability, STARTS_S, WINDOW_S, UNTIL_S, OF_UNKNOWN_LENGTH)) == 2


def test_noise_between_the_thresholds_neither_makes_calls_nor_makes_them_longer():
    noise = np.full(len(STARTS_S), 0.5)
    assert decoded(noise, STARTS_S, WINDOW_S, UNTIL_S, TUNED) == []
    for calls in ([(10.0, 12.0)], [(10.0, 12.0), (20.0, 23.0), (40.0, 41.0)]):
        loud = decoded(np.maximum(noise, told(*calls)), STARTS_S, WINDOW_S, UNTIL_S, TUNED)
        assert loud == found_of(*calls)


def test_a_run_of_a_window_and_a_half_is_the_first_that_is_divided():
    assert [how_many(length, 3.0) for length in (1.5, 3.0, 4.0, 4.49)] == [1, 1, 1, 1]
    assert [how_many(length, 3.0) for length in (4.5, 6.0, 6.5)] == [2, 2, 2]
    assert [how_many(3.0 + 2.25 * more, 3.0) for more in range(9)] == [*range(1, 10)]


def test_an_ideal_detector_finds_what_is_apart_and_takes_for_one_what_is_not():
    truth = np.array([(2, 4), (10, 11), (12.5, 13.5), (30, 32), (30.5, 33.0), (50, 53.5)], float)
    found = ideal(truth, STARTS_S, WINDOW_S, UNTIL_S, TUNED)
    assert found == found_of(*truth.tolist())
    middles_s = [(call.start_s + call.end_s) / 2 for call in found]
    np.testing.assert_allclose(middles_s, [3, 10.5, 13, 31.5, 51.75], atol=0.75)


def test_the_ceiling_of_calls_that_begin_at_random_is_above_nine_tenths():
    rng, truths, founds = np.random.default_rng(0), [], []
    for number in range(300):
        starts = np.sort(rng.uniform(0, UNTIL_S - 2.0, number % 7))
        truths.append(np.stack([starts, starts + rng.uniform(1.0, 2.0, len(starts))], axis=1))
        calls = ideal(truths[-1], STARTS_S, WINDOW_S, UNTIL_S, TUNED)
        founds.append(np.array([call[:2] for call in calls], np.float64).reshape(-1, 2))
    tallies = detections.tally(truths, founds)
    hits, wrong, missed = tallies.sum(axis=0)
    assert min(hits / (hits + wrong), hits / (hits + missed)) > 0.9
    assert abs(detections.count_errors(tallies).mean()) < 0.25
