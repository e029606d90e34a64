import os
import signal
import subprocess
import sys
from pathlib import Path

from research.interrupts import Interrupts


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
        cwd=Path(__file__).parents[2],
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


def test_a_process_ends_with_the_one_that_started_it(tmp_path):
    child = 'import os, time; from research.interrupts import end_with; '
    child += 'end_with(os.getppid(), 0.05); print(os.getpid(), flush=True); time.sleep(60)'
    parent = f'import subprocess, sys; subprocess.run([sys.executable, "-c", {child!r}])'
    process = subprocess.Popen(
        [sys.executable, '-c', parent],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.kill()
    # The child holds the other end until it is gone, long before it would be by itself.
    process.communicate(timeout=30)
