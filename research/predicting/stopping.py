"""Ctrl-C and SIGTERM, with their exit codes."""

import os
from types import FrameType

from research.interrupts import Interrupts


class Stopped(KeyboardInterrupt):
    """A signal asked the process to end, and it does where nothing is half done."""

    def __init__(self, number: int):
        super().__init__()
        self.exit_code = 128 + number


class Signals(Interrupts):
    """Interrupts, of which the first ends the process.

    It ends at once while there is nothing to lose: an exception amid what is being imported or
    restored may come out as another one, or leave a thread that is waited for. After `wait` it ends
    at the next `check`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waits = False

    def wait(self) -> None:
        """From now on a signal is remembered for `check`."""
        self._waits = True

    def check(self) -> None:
        """Here nothing is half done.

        Raises:
            Stopped: a signal came.
        """
        if self.number is not None:
            raise Stopped(self.number)

    def __enter__(self) -> 'Signals':
        super().__enter__()
        return self

    def _remember(self, number: int, frame: FrameType | None) -> None:
        super()._remember(number, frame)
        if not self._waits:
            os.write(2, b'stopped: no file was asked about yet; give the same command again\n')
            os._exit(128 + number)
