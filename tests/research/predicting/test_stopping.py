import os
import signal
import subprocess
import sys

import pytest

from research.predicting.stopping import Signals, Stopped

NUMBERS = [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize('number', NUMBERS)
def test_the_first_signal_is_heeded_at_the_next_check_and_the_second_acts_as_ever(number):
    def former(*_):
        raise ZeroDivisionError

    before = signal.signal(number, former)
    try:
        with Signals() as signals:
            signals.wait()
            signals.check()
            os.kill(os.getpid(), number)
            with pytest.raises(Stopped) as stop:
                signals.check()
            with pytest.raises(ZeroDivisionError):
                os.kill(os.getpid(), number)
        assert stop.value.exit_code == 128 + number
        assert signal.getsignal(number) is former
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize('number', NUMBERS)
def test_while_there_is_nothing_to_lose_a_signal_ends_the_process_whatever_it_is_in(number):
    code = (
        'import os, signal, sys;'
        'from research.predicting.stopping import Signals;'
        'signal.signal(signal.SIGINT, signal.default_int_handler);\n'
        'class Hidden:\n'
        '    def __del__(self): os.kill(os.getpid(), int(sys.argv[1]))\n'
        'with Signals(): hidden = Hidden(); del hidden; print("went on")'
    )
    done = subprocess.run(
        [sys.executable, '-c', code, str(int(number))], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (128 + number, '')
    assert done.stderr == 'stopped: no file was asked about yet; give the same command again\n'


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Signals() as signals:
            os.kill(os.getpid(), signal.SIGINT)
            signals.check()
    finally:
        signal.signal(signal.SIGINT, before)
