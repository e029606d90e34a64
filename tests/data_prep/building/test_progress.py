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
    assert lines[0] == 'work: 4 of 10 (40%)'
    assert len(lines) <= 3


@pytest.mark.parametrize('jobs', [1, 2])
def test_map_keeps_the_order(jobs):
    assert list(ordered_map(abs, range(-30, 0), jobs)) == list(range(30, 0, -1))
