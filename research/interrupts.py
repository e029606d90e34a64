"""SIGTERM and SIGINT as a wish to stop at the next safe place."""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

# What stopping comes to where a run has all its training behind it.
ENDING = 'asked to stop: the run is trained, and ends by itself once it is scored'


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

    Args:
        say: is told `line` the moment that the first signal comes, by a thread: the one that looks
            at `number` may be in a program of many steps, which no handler of Python interrupts.
        line: what stopping comes to, as things stand.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self, say: Callable[[str], object] | None = None, line: str = 'asked to stop'):
        self.number: int | None = None
        self.line = line
        self._say = say
        self._former = {}
        self._leave: Callable[[], None] = lambda: None

    def __enter__(self) -> 'Interrupts':
        for each in self.SIGNALS:
            if signal.getsignal(each) not in (signal.SIG_IGN, None):
                self._former[each] = signal.signal(each, self._remember)
        if self._say and self._former:
            self._listen(self._say)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()
        self._leave()

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        self._restore()

    def _restore(self) -> None:
        for each, former in self._former.items():
            signal.signal(each, former)
        self._former = {}

    def _listen(self, say: Callable[[str], object]) -> None:
        """The interpreter writes the number of each signal as it comes; a thread waits for it."""
        heard, written = os.pipe()
        os.set_blocking(written, False)
        before = signal.set_wakeup_fd(written, warn_on_full_buffer=False)
        ours = {*self._former}

        def listen() -> None:
            while number := os.read(heard, 1):
                if number[0] in ours:
                    say(self.line)
                    return

        thread = threading.Thread(target=listen, name='interrupts', daemon=True)
        thread.start()

        def leave() -> None:
            signal.set_wakeup_fd(before)
            os.close(written)
            thread.join()
            os.close(heard)

        self._leave = leave


def end_with(parent: int, look_s: float = 1.0) -> None:
    """SIGTERM for this process once `parent`, whose child it is, is gone, whatever ended that."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(look_s)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name='end_with', daemon=True).start()
