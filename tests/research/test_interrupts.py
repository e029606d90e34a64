import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from research.interrupts import Interrupts

ROOT = Path(__file__).parents[2]


def descriptor():
    """Where the interpreter writes signals."""
    now = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(now)
    return now


def handlers():
    return [signal.getsignal(each) for each in Interrupts.SIGNALS]


@pytest.fixture
def untouched():
    """That handlers, descriptor and threads are as they were."""
    before = handlers(), descriptor(), threading.active_count(), os.listdir('/dev/fd')
    yield
    now = handlers(), descriptor(), threading.active_count(), os.listdir('/dev/fd')
    assert now == before


def test_a_signal_that_is_ignored_from_the_start_stays_so_and_the_other_is_remembered():
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = signal.getsignal(signal.SIGTERM)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGINT)
            assert interrupts.number is None
            os.kill(os.getpid(), signal.SIGTERM)
            assert interrupts.number == signal.SIGTERM
            assert signal.getsignal(signal.SIGTERM) is ended
    finally:
        signal.signal(signal.SIGINT, ignored)


def test_that_a_stop_is_asked_for_is_said_amid_a_call_that_no_handler_interrupts():
    child = """
import ctypes
from research.interrupts import Interrupts

with Interrupts(lambda line: print(line, flush=True), 'early') as interrupts:
    interrupts.line = 'soon'
    ctypes.CDLL(None).system(b'echo amid; timeout 60 head -n 1 > /dev/null; echo over')
print('stopped by', interrupts.number)
"""
    process = subprocess.Popen(
        [sys.executable, '-c', child],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == 'amid\n'
    process.terminate()
    assert process.stdout.readline() == 'soon\n'
    out, _ = process.communicate('\n', timeout=60)
    assert out.splitlines() == ['over', f'stopped by {int(signal.SIGTERM)}']


def test_without_a_signal_nothing_is_said_and_who_listened_before_listens_again():
    said, (heard, written) = [], os.pipe()
    os.set_blocking(written, False)
    before = signal.set_wakeup_fd(written)
    try:
        with Interrupts(said.append):
            pass
        assert signal.set_wakeup_fd(before) == written
    finally:
        signal.set_wakeup_fd(before)
        os.close(heard)
        os.close(written)
    assert said == []


def test_a_forked_child_neither_holds_its_parent_up_nor_speaks_for_it():
    child = """
import os, signal
from research.interrupts import Interrupts

(asked, ask), (ready, answer) = os.pipe(), os.pipe()
with Interrupts(lambda line: print(line, flush=True), 'asked to stop') as interrupts:
    child = os.fork()
    if not child:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.number == signal.SIGTERM
        os.write(answer, b'.')
        os.read(asked, 1)
if not child:
    os._exit(3)
os.read(ready, 1)
assert interrupts.number is None
assert os.waitpid(child, os.WNOHANG) == (0, 0)
os.write(ask, b'.')
print('left before', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    command = [sys.executable, '-Wignore', '-c', child]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ('left before 3\n', '')


def test_of_those_that_are_nested_all_remember_a_signal_and_the_inner_one_says_it_once(untouched):
    before, outer, inner, late = handlers(), [], [], []
    with Interrupts(outer.append) as first:
        with Interrupts(inner.append) as second:
            assert handlers() != before
            os.kill(os.getpid(), signal.SIGTERM)
            assert (first.number, second.number) == (signal.SIGTERM, signal.SIGTERM)
            assert handlers() == before  # a second one acts as ever
        with Interrupts(late.append) as third:
            assert third.number == signal.SIGTERM
            assert handlers() == before
    assert (outer, inner, late) == ([], ['asked to stop'], [])
    with Interrupts() as again:
        assert again.number is None


def test_a_signal_between_two_inner_ones_is_said_by_the_outer_one(untouched):
    outer, inner = [], []
    with Interrupts(outer.append) as first:
        with Interrupts(inner.append):
            pass
        os.kill(os.getpid(), signal.SIGINT)
        assert first.number == signal.SIGINT
    assert (outer, inner) == (['asked to stop'], [])


def test_a_line_turns_before_a_signal_alone_and_what_is_said_is_what_is_done(untouched):
    said = []
    with Interrupts(said.append, 'saving') as interrupts:
        assert interrupts.turn('ending') is None
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.turn('over') == signal.SIGTERM
    assert said == ['ending']


def test_a_signal_that_was_told_of_before_its_handler_ran_keeps_the_line(untouched):
    told = threading.Event()
    with Interrupts(lambda line: told.set(), 'saving') as interrupts:
        # The handlers of Python wait for the main thread; here they never come.
        for each in Interrupts.SIGNALS:
            signal.signal(each, lambda *_: None)
        os.kill(os.getpid(), signal.SIGTERM)
        assert told.wait(60)
        assert interrupts.number is None
        assert interrupts.turn('ending') == signal.SIGTERM
        assert interrupts.line == 'saving'


def test_an_error_in_the_block_or_on_the_way_in_leaves_all_as_it_was(untouched, monkeypatch):
    with pytest.raises(ZeroDivisionError), Interrupts(print):
        raise ZeroDivisionError
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, 'start', lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError), Interrupts(print):
            pass
        patched.setattr(os, 'pipe', lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError), Interrupts(print):
            pass


def test_where_nobody_reads_what_is_said_the_wish_to_stop_still_stands(untouched):
    said = []

    def say(line):
        said.append(line)
        raise BrokenPipeError

    with Interrupts(say) as interrupts:
        os.kill(os.getpid(), signal.SIGTERM)
    assert (interrupts.number, said) == (signal.SIGTERM, ['asked to stop'])


def test_a_process_ends_with_the_one_that_started_it(tmp_path):
    child = 'import os, time; from research.interrupts import end_with; '
    child += 'end_with(os.getppid(), 0.05); print(os.getpid(), flush=True); time.sleep(60)'
    parent = f'import subprocess, sys; subprocess.run([sys.executable, "-c", {child!r}])'
    process = subprocess.Popen(
        [sys.executable, '-c', parent],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.kill()
    # The child holds the other end until it is gone, long before it would be by itself.
    process.communicate(timeout=30)
