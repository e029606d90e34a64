import dataclasses

import numpy as np
import pytest

from data_prep.synthesis import forest
from data_prep.synthesis.additive import stream
from data_prep.synthesis.forest import Event


def _silent(where):
    """The place without others."""
    return dataclasses.replace(where, others_hz=0.0)


def test_a_name_gives_one_place_and_another_name_another():
    assert forest.place('a') == forest.place('a')
    assert forest.place('a') != forest.place('b')


def test_the_background_has_rms_one_and_the_wished_length():
    for name in 'abcd':
        sound = forest.background(forest.place(name), 2.0, stream(name))
        assert len(sound) == 2 * forest.RATE_HZ
        assert np.mean(sound**2) == pytest.approx(1)


def test_without_animals_the_level_is_the_one_that_was_drawn():
    where = _silent(forest.place('a'))
    sound = forest.record(where, 2.0, [], stream('a'))
    level_db = 20 * np.log10(np.sqrt(np.mean(sound**2)) / 32767)
    assert level_db == pytest.approx(where.level_db)


def test_a_call_is_heard_between_its_ends_and_the_echoes_after_it():
    where = _silent(forest.place('a'))
    event = Event(1.0, 2.5, 0)
    # The background is drawn first, from the same stream: what is left is the call.
    call = forest.record(where, 6.0, [event], stream('a')) - forest.record(
        where, 6.0, [], stream('a')
    )
    start, end = (round(second * forest.RATE_HZ) for second in (event.start_s, event.end_s))
    loudest = np.abs(call).max()
    assert np.abs(call[:start]).max() < 1e-9 * loudest
    assert np.abs(call[start : start + 2205]).max() > 0
    after = call[end + round(where.decay_s * forest.RATE_HZ) + 1 :]
    assert np.abs(after).max() < 1e-9 * loudest
    assert np.sum(call[start:end] ** 2) > np.sum(call[end:] ** 2)


def test_calls_that_reach_over_the_ends_are_cut():
    where = _silent(forest.place('a'))
    inside = [Event(-1.0, 0.5, 0), Event(1.5, 4.0, 0)]
    sound = forest.record(where, 2.0, inside, stream('a'))
    assert len(sound) == 2 * forest.RATE_HZ
    outside = forest.record(where, 2.0, [Event(5.0, 6.0, 0)], stream('a'))
    np.testing.assert_array_equal(outside, forest.record(where, 2.0, [], stream('a')))


def test_an_event_moves_with_its_length():
    event = forest.event(forest.place('a'), stream('a'))
    moved = event.at(7.12345)
    assert moved.start_s == 7.123
    assert moved.end_s - moved.start_s == pytest.approx(event.end_s, abs=1e-9)
    assert moved.caller == event.caller < len(forest.place('a').callers)
