"""Ctrl-C and SIGTERM, with their exit codes."""

import os
import signal
from types import FrameType, TracebackType


class Stopped(KeyboardInterrupt):
    """A signal asked the process to end, and it does where nothing is half done."""

    def __init__(self, number: int):
        super().__init__()
        self.exit_code = 128 + number


class Signals:
    """While entered, the first signal ends the process, and a second one acts as ever.

    It ends at once while there is nothing to lose: an exception amid what is being imported or
    restored may come out as another one, or leave a thread that is waited for. After `wait` it ends
    at the next `check`. A signal that was ignored from the start, as under nohup, stays ignored.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self._number: int | None = None
        self._waits = False
        self._former = {}

    def wait(self) -> None:
        """From now on a signal is remembered for `check`."""
        self._waits = True

    def check(self) -> None:
        """Here nothing is half done.

        Raises:
            Stopped: a signal came.
        """
        if self._number is not None:
            raise Stopped(self._number)

    def __enter__(self) -> 'Signals':
        for each in self.SIGNALS:
            if signal.getsignal(each) not in (signal.SIG_IGN, None):
                self._former[each] = signal.signal(each, self._stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._number = number
        self._restore()
        if not self._waits:
            os.write(2, b'stopped: no file was asked about yet; give the same command again\n')
            os._exit(128 + number)

    def _restore(self) -> None:
        for each, former in self._former.items():
            signal.signal(each, former)
        self._former = {}
