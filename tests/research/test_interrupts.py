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
