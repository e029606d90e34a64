import math
from typing import Any

import numpy as np
import pytest

from research.decoding import events


def every_second(*scores: float, window_s: float = 3.0, **kwargs: Any) -> list[tuple]:
    options: dict[str, Any] = {'enter': 0.8, 'leave': 0.5} | kwargs
    starts_s = np.arange(len(scores), dtype=np.float64)
    return [tuple(x) for x in events.calls(np.array(scores), starts_s, window_s, **options)]


def test_one_window_above_gives_a_call_as_long_as_the_hop_at_its_centre():
    assert every_second(0, 0, 0.9, 0, 0) == [(3.0, 4.0, 0.9)]


def test_first_and_last_windows_reach_to_their_own_ends():
    assert every_second(0.9, 0, 0, 0, 0.8) == [(0.0, 2.0, 0.9), (5.0, 7.0, 0.8)]
    assert every_second(0.9) == [(0.0, 3.0, 0.9)]


def test_windows_that_do_not_overlap_keep_their_borders():
    assert every_second(0, 0.9, 0.9, 0, window_s=1.0) == [(1.0, 3.0, 0.9)]


def test_a_short_dip_to_the_lower_threshold_ends_no_call():
    scores = (0.5, 0.9, 0.6, 0.8, 0.7, 0.5, 0.9, 0.49, 0.9)
    parted = [(2.0, 3.0, 0.9), (4.0, 5.0, 0.8), (7.0, 8.0, 0.9), (9.0, 11.0, 0.9)]
    assert every_second(*scores) == parted
    assert every_second(*scores, merge_s=1.0) == [(2.0, 5.0, 0.9), *parted[2:]]
    assert every_second(*scores, merge_s=2.0) == [(2.0, 8.0, 0.9), parted[3]]
    assert every_second(*scores, merge_s=2.0, leave=0.8) == parted


def test_reversed_time_gives_the_calls_reversed():
    scores = np.random.default_rng(0).random(200)
    there = every_second(*scores, window_s=2.0)
    back = every_second(*scores[::-1], window_s=2.0)
    assert len(there) > 10
    assert [(201 - end, 201 - start, score) for start, end, score in back[::-1]] == there


def test_runs_are_joined_before_short_ones_are_dropped():
    scores = (0, 0.9, 0.6, 0.8, 0, 0, 0, 0.9, 0, 0)
    assert every_second(*scores) == [(2.0, 3.0, 0.9), (4.0, 5.0, 0.8), (8.0, 9.0, 0.9)]
    assert every_second(*scores, merge_s=1.0, least_s=2.0) == [(2.0, 5.0, 0.9)]
    assert every_second(*scores, merge_s=0.99, least_s=1.01) == []


def test_a_run_is_cut_into_equal_pieces_with_the_highest_window_of_each():
    scores = (0, 0.8, 0.9, 0.8, 0.85, 0.8, 0.8, 0, 0, 0.9, 0)
    counted = []

    def by_twos(length_s: float) -> int:
        counted.append(length_s)
        return max(1, round(length_s / 2))

    assert every_second(*scores, count=by_twos) == [
        (2.0, 4.0, 0.9),
        (4.0, 6.0, 0.85),
        (6.0, 8.0, 0.8),
        (10.0, 11.0, 0.9),
    ]
    assert counted == [6.0, 1.0]


def test_a_piece_without_a_window_has_the_nearest_one_s_probability():
    pieces = every_second(0, 0.8, 0.9, 0, 0, window_s=1.0, count=lambda length_s: 4)
    assert [(start, end) for start, end, _ in pieces] == [(1, 1.5), (1.5, 2), (2, 2.5), (2.5, 3)]
    assert [probability for *_, probability in pieces] == [0.8, 0.8, 0.9, 0.9]


def test_rounding_of_the_starts_drops_no_call():
    starts_s = np.array([0.1 * i for i in range(10)])
    scores = np.zeros(10)
    scores[[3, 4, 5]] = scores[7] = 0.9
    scores[6] = 0.5
    [call] = events.calls(scores, starts_s, 0.1, 0.8, 0.5, merge_s=0.1, least_s=0.5)
    assert (call.start_s, call.end_s) == pytest.approx((0.3, 0.8))


def test_hole_between_windows_ends_a_call():
    starts_s = np.array([0.0, 1.0, 5.0, 6.0])
    for merge_s in (0.0, 2.0, 9.0):
        found = events.calls(np.full(4, 0.9), starts_s, 2.0, 0.8, 0.5, merge_s)
        assert [tuple(x)[:2] for x in found] == [(0.0, 3.0), (5.0, 8.0)]
    dipping = events.calls(np.array([0.9, 0.6, 0.6, 0.9]), starts_s, 2.0, 0.8, 0.5, 9.0)
    assert [tuple(x)[:2] for x in dipping] == [(0.0, 1.5), (6.5, 8.0)]


def test_calls_end_where_the_recording_does():
    assert every_second(0, 0, 0.9, until_s=4.4) == [(3.0, 4.4, 0.9)]
    assert every_second(0, 0, 0.9, until_s=2.5) == []


def test_no_windows_or_none_above_give_no_calls():
    assert every_second() == []
    assert every_second(0.7, 0.7, 0.7) == []


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match='leave'):
        every_second(0.9, leave=0.9)
    with pytest.raises(ValueError, match='window 1 is NaN'):
        every_second(0.9, math.nan)
    with pytest.raises(ValueError, match='window_s'):
        every_second(0.9, window_s=0.0)
    with pytest.raises(ValueError, match=r'windows 1 and 2 start at 1\.0 and 1\.0 s'):
        events.calls(np.zeros(3), np.array([0.0, 1.0, 1.0]), 1.0, 0.5, 0.5)
