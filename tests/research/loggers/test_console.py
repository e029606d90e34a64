import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator

import pytest

from research.loggers.console import Console


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def train(step: int) -> dict[str, object]:
    return {
        'step': step,
        'split': 'train',
        'loss': 2.5,
        'accuracy': 0.25,
        'time_s': 1.0,
        'examples_per_s': 812.4,
    }


VALID = {'step': 40, 'split': 'valid', 'loss': 1.5, 'slice_accuracy': 0.5, 'item_accuracy': 0.625}


def logged(steps: int, every_s: float) -> list[str]:
    """Lines off a terminal of a run with a record each step."""
    stream, clock = io.StringIO(), Clock()
    console = Console(steps, 'item_accuracy', stream, clock)
    for step in range(1, steps + 1):
        console.log(train(step))
        clock.now_s += every_s
    console.close()
    return stream.getvalue().splitlines()


def test_off_a_terminal_a_line_comes_every_ten_seconds_at_most():
    lines = logged(steps=1000, every_s=0.125)
    shown = [int(re.findall(r'step (\d+)/1000', line)[0]) for line in lines]
    assert shown == [*range(1, 1000, 80), 1000]


def test_off_a_terminal_first_and_last_record_are_told_however_short_the_run():
    lines = logged(steps=5, every_s=0.1)
    assert [line.split('  ')[0] for line in lines] == ['step 1/5', 'step 5/5']
    assert len(logged(steps=1, every_s=0.1)) == 1


def test_off_a_terminal_there_are_no_control_characters():
    assert all(line.isprintable() for line in logged(steps=30, every_s=5.0))


def test_line_tells_everything():
    stream, clock = io.StringIO(), Clock()
    console = Console(100, 'item_accuracy', stream, clock)
    console.log(train(20))
    console.log(VALID)
    clock.now_s += 30
    console.log(train(40))
    assert stream.getvalue().splitlines()[1] == (
        'step 40/100  1:30 left  loss 2.500  accuracy 0.250  812 examples/s  '
        'valid item_accuracy 0.625 at 40'
    )


@pytest.mark.parametrize('score', ['average_precision', 'item_accuracy'])
def test_the_score_that_selects_is_the_one_that_is_told(score: str):
    stream = io.StringIO()
    found = VALID | {'average_precision': 0.875}
    Console(100, score, stream, Clock()).log(found)
    assert stream.getvalue().endswith(f'valid {score} {found[score]:.3f} at 40\n')


def test_time_left_of_a_resumed_run_counts_from_where_it_resumed():
    stream, clock = io.StringIO(), Clock()
    console = Console(1000, 'item_accuracy', stream, clock)
    console.log(train(900))
    clock.now_s += 10
    console.log(train(950))
    assert 'step 950/1000  0:10 left' in stream.getvalue()


def test_validation_that_was_held_back_is_told_at_the_end():
    stream = io.StringIO()
    console = Console(40, 'item_accuracy', stream, Clock())
    console.log(train(1))
    console.log(train(40))
    console.log(VALID)
    console.close()
    console.close()
    assert stream.getvalue().splitlines()[1].endswith('valid item_accuracy 0.625 at 40')
    assert len(stream.getvalue().splitlines()) == 2


def test_not_a_number_is_shown_as_such():
    stream = io.StringIO()
    Console(40, 'item_accuracy', stream, Clock()).log(train(1) | {'loss': float('nan')})
    assert 'loss nan' in stream.getvalue()


def test_console_that_saw_nothing_closes_silently():
    stream = io.StringIO()
    Console(40, 'item_accuracy', stream, Clock()).close()
    assert stream.getvalue() == ''


Terminal = Callable[[], str]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[io.TextIOWrapper, Terminal]]:
    """A terminal of 80 columns, and what was written to it so far."""
    monkeypatch.setenv('TERM', 'xterm')
    for name in ('COLUMNS', 'LINES', 'NO_COLOR'):
        monkeypatch.delenv(name, raising=False)
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.set_blocking(outside, False)
    stream = os.fdopen(inside, 'w', encoding='utf-8')

    def written() -> str:
        chunks = []
        try:
            while chunk := os.read(outside, 4096):
                chunks.append(chunk)
        except BlockingIOError:
            pass
        return b''.join(chunks).decode()

    yield stream, written
    stream.close()
    os.close(outside)


def plain(text: str) -> str:
    """Without colours and cursor movements."""
    return re.sub(r'\x1b\[[0-9;?]*[a-zA-Z]', '', text)


def test_terminal_shows_a_bar_with_everything_within_80_columns(
    terminal: tuple[io.TextIOWrapper, Terminal],
):
    stream, written = terminal
    clock = Clock()
    console = Console(10_000, 'item_accuracy', stream, clock)
    console.log(train(2000))
    console.log(VALID)
    clock.now_s += 3600
    console.log(train(6000))
    console.close()
    bar, figures = plain(written()).strip().splitlines()[-2:]
    assert re.fullmatch(r'\S+ step 6000/10000  1:00:00 left', bar)
    assert figures.strip() == (
        'loss 2.500  accuracy 0.250  812 examples/s  valid item_accuracy 0.625 at 40'
    )
    assert max(len(bar), len(figures.strip())) <= 80


def test_terminal_is_drawn_ten_times_a_second_at_most(
    terminal: tuple[io.TextIOWrapper, Terminal],
):
    stream, written = terminal
    clock = Clock()
    console = Console(1000, 'item_accuracy', stream, clock)
    for step in range(1, 1001):
        console.log(train(step))
        clock.now_s += 0.001
    drawn = set(re.findall(r'step (\d+)/1000', plain(written())))
    console.close()
    assert 10 <= len(drawn) <= 12
    assert 'step 1000/1000' in plain(written())


def test_line_said_above_the_bar_is_kept_as_it_is(terminal: tuple[io.TextIOWrapper, Terminal]):
    stream, written = terminal
    console = Console(1000, 'item_accuracy', stream, Clock())
    console.log(train(1))
    written()
    said = 'resumed at [step] 40: ' + 'x' * 100
    console.say(said)
    console.close()
    assert said in plain(written()).replace('\r\n', '').replace('\r', '')


def test_terminal_gets_its_cursor_back(terminal: tuple[io.TextIOWrapper, Terminal]):
    stream, written = terminal
    console = Console(1000, 'item_accuracy', stream, Clock())
    assert '\x1b[?25l' in written()
    console.close()
    assert '\x1b[?25h' in written()


def test_dumb_terminal_gets_plain_lines(
    terminal: tuple[io.TextIOWrapper, Terminal], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv('TERM', 'dumb')
    stream, written = terminal
    console = Console(1000, 'item_accuracy', stream, Clock())
    console.log(train(1))
    console.close()
    assert written() == 'step 1/1000  loss 2.500  accuracy 0.250  812 examples/s\r\n'


def test_progress_off_a_terminal_imports_no_rich():
    code = (
        'import sys; from research.loggers.console import Console; c = Console(3);'
        "c.log({'step': 1, 'split': 'train'}); c.close(); sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, '-c', code], capture_output=True).returncode == 0
