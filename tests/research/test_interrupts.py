import os
import signal

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
