import pytest

from data_prep.building import progress as module
from data_prep.building.parallel import ordered_map


def test_off_a_terminal_lines_come_seldom_and_plain(monkeypatch):
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr(module.time, 'monotonic', lambda: next(clock))
    lines = []
    items = list(module.progress(range(10), 10, 'work', lines.append))
    assert items == list(range(10))
    assert lines
    assert all(line.isprintable() for line in lines)
    # Every look at the clock is three seconds on: a line in every fourth of them.
    assert lines[0] == 'work: 4 of 10 (40%)  0:18 left'
    assert len(lines) <= 3


def test_the_time_left_is_by_what_was_done_in_this_call_alone(monkeypatch):
    clock = iter([0.0, 600.0, 1200.0])
    monkeypatch.setattr(module.time, 'monotonic', lambda: next(clock))
    lines = []
    list(module.progress(['a', 'a'], 32, 'work', lines.append, size=lambda _: 1, done=10))
    # Ten minutes each: the ten that had been done before took none of them.
    assert lines == ['work: 11 of 32 (34%)  3:30:00 left', 'work: 12 of 32 (38%)  3:20:00 left']


@pytest.mark.parametrize(
    ('seconds', 'text'), [(0, '0:00'), (6.6, '0:07'), (754.0, '12:34'), (10805, '3:00:05')]
)
def test_duration_reads_as_a_clock(seconds: int | float, text: str):
    assert module.duration(seconds) == text


@pytest.mark.parametrize('jobs', [1, 2])
def test_map_keeps_the_order(jobs):
    assert list(ordered_map(abs, range(-30, 0), jobs)) == list(range(30, 0, -1))
