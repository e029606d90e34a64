"""SIGTERM and SIGINT as a wish to stop at the next safe place."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import ClassVar

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

    A signal that was ignored from the start, as under nohup, stays ignored. Of those that are
    nested all remember the signal, also one that is entered later, and the innermost tells of it.

    Args:
        say: is told `line` the moment that the first signal comes, by a thread: the one that looks
            at `number` may be in a program of many steps, which no handler of Python interrupts.
        line: what stopping comes to, as things stand.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)
    _entered: ClassVar[list['Interrupts']] = []

    def __init__(self, say: Callable[[str], object] | None = None, line: str = 'asked to stop'):
        self.number: int | None = None
        self.line = line
        self._say = say
        self._former = {}
        self._listener: _Listener | None = None
        self._turning = threading.Lock()
        self._told: int | None = None

    def turn(self, line: str) -> int | None:
        """What stopping comes to from here on, unless a signal came before: the number of that.

        What is done by this number is what was said, however close the signal comes.
        """
        with self._turning:
            came = self.number or self._told
            if came is None:
                self.line = line
        return came

    def __enter__(self) -> 'Interrupts':
        try:
            self._entered.append(self)
            outermost = self._entered[0]
            self.number = outermost.number
            if outermost is self:
                for each in self.SIGNALS:
                    if signal.getsignal(each) not in (signal.SIG_IGN, None):
                        self._former[each] = signal.signal(each, self._remember)
            if self._say and outermost._former:
                self._listener = _Listener({*outermost._former}, self._tell)
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()
        if self._listener:
            self._listener.leave()

    def _leave(self) -> None:
        self._restore()
        self._entered.remove(self)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        for each in self._entered:
            each.number = number
        self._restore()

    def _restore(self) -> None:
        for each, former in self._former.items():
            signal.signal(each, former)
        self._former = {}

    def _tell(self, number: int) -> None:
        with self._turning:
            self._told, line = number, self.line
        # Who reads may be gone, as under `head`: the wish to stop stands without being said.
        with contextlib.suppress(OSError):
            assert self._say
            self._say(line)


class _Listener:
    """A thread that calls `tell` once, as soon as one of the signals `awaited` comes.

    The interpreter writes the number of each signal to its wake-up descriptor, as it comes. One
    that was set before hears nothing meanwhile, and warns when it is full afterwards, as is the
    default: how it was set cannot be asked.
    """

    _all: ClassVar[list['_Listener']] = []

    def __init__(self, awaited: set[int], tell: Callable[[int], None]):
        self._heard, self._written = os.pipe()
        os.set_blocking(self._written, False)

        def listen() -> None:
            for number in iter(lambda: os.read(self._heard, 1)[0], 0):
                if number in awaited:
                    awaited.clear()
                    tell(number)

        self._thread = threading.Thread(target=listen, name='interrupts', daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._close()
            raise
        self._before = signal.set_wakeup_fd(self._written, warn_on_full_buffer=False)
        self._all.append(self)

    def leave(self) -> None:
        if self not in self._all:  # in a forked child, which has left already
            return
        self._all.remove(self)
        signal.set_wakeup_fd(self._before)
        # A 0, which no signal has: there is no end of file where others hold the pipe open.
        os.set_blocking(self._written, True)
        os.write(self._written, b'\0')
        self._thread.join()
        self._close()

    @classmethod
    def forked(cls) -> None:
        """A child's signals are none of its parent's, whose pipe it would write them to."""
        while cls._all:
            own = cls._all.pop()
            signal.set_wakeup_fd(own._before)
            own._close()

    def _close(self) -> None:
        os.close(self._heard)
        os.close(self._written)


os.register_at_fork(after_in_child=_Listener.forked)


def end_with(parent: int, look_s: float = 1.0) -> None:
    """SIGTERM for this process once `parent`, whose child it is, is gone, whatever ended that."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(look_s)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name='end_with', daemon=True).start()
