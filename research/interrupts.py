"""SIGTERM and SIGINT as a wish to stop at the next safe place."""

import os
import signal
import threading
import time
from types import FrameType, TracebackType


class Interrupted(Exception):
    """A run was asked to stop, and did so where nothing is lost or broken.

    Args:
        number: of the signal.
        where: how far the run is, and what the same command does with that.
    """

    def __init__(self, number: int, where: str):
        self.exit_code = 128 + number
        super().__init__(f'{signal.Signals(number).name}: {where}')


class Interrupts:
    """While entered, the first signal is remembered in `number` and a second one acts as ever.

    A signal that was ignored from the start, as under nohup, stays ignored.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self.number: int | None = None
        self._former = {}

    def __enter__(self) -> 'Interrupts':
        for each in self.SIGNALS:
            if signal.getsignal(each) not in (signal.SIG_IGN, None):
                self._former[each] = signal.signal(each, self._remember)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        self._restore()

    def _restore(self) -> None:
        for each, former in self._former.items():
            signal.signal(each, former)
        self._former = {}


def end_with(parent: int, look_s: float = 1.0) -> None:
    """SIGTERM for this process once `parent`, whose child it is, is gone, whatever ended that."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(look_s)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name='end_with', daemon=True).start()
