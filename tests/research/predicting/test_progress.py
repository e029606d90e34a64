import io

import pytest

from research.predicting.places import Place
from research.predicting.progress import Progress


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def places(tmp_path):
    """Four files of one size."""
    paths = [tmp_path / f'{number}.wav' for number in range(4)]
    for path in paths:
        path.write_bytes(b'x' * 1_000)
    return [Place(path.name, path) for path in paths]


def test_elsewhere_than_on_a_terminal_a_line_comes_every_ten_seconds_at_most(places):
    clock, stream = Clock(), io.StringIO()
    progress = Progress(places, stream, clock)
    for place in places:
        for step in range(1, 11):
            clock.now_s += 1
            progress.watch(place, step / 10, 6.0 * step)
    progress.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0] == 'file 1/4  25%  0:30 left  1:00 heard, 6 x real time'
    assert lines[3] == 'file 4/4  100%  0:00 left  4:00 heard, 6 x real time'
    assert set(stream.getvalue()) <= {'\n', *map(chr, range(32, 127))}


def test_what_a_process_before_has_done_counts_as_read_but_not_for_the_pace(places):
    clock, stream = Clock(), io.StringIO()
    progress = Progress(places, stream, clock, done=[places[0], places[2]])
    clock.now_s += 10
    progress.watch(places[1], 0.5, 30.0)
    progress.close()
    assert stream.getvalue() == 'file 3/4  62%  0:30 left  0:30 heard, 3 x real time\n'


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_has_a_bar_that_is_drawn_anew(tmp_path, monkeypatch):
    monkeypatch.setenv('TERM', 'xterm')
    path = tmp_path / 'a.wav'
    path.write_bytes(b'x')
    clock, stream = Clock(), Terminal()
    progress = Progress([Place('a.wav', path)], stream, clock)
    clock.now_s += 1
    progress.watch(Place('a.wav', path), 0.5, 30.0)
    progress.close()
    assert 'file 1/1  50%' in stream.getvalue()
    assert '\x1b[' in stream.getvalue()
