"""SIGTERM and SIGINT as a wish to stop at the next safe place."""

import signal
from types import TracebackType


class Interrupted(Exception):
    """A run was asked to stop, and its state is saved."""

    def __init__(self, number: int, step: int, total: int):
        self.exit_code = 128 + number
        name = signal.Signals(number).name
        super().__init__(f'{name}: saved at step {step} of {total}; the same command goes on there')


class Interrupts:
    """While entered, the first signal is remembered in `number` and a second one acts as ever."""

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self.number: int | None = None
        self._former = {}

    def __enter__(self) -> 'Interrupts':
        for each in self.SIGNALS:
            self._former[each] = signal.signal(each, self._remember)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _remember(self, number: int, _) -> None:
        self.number = number
        self._restore()

    def _restore(self) -> None:
        for each, former in self._former.items():
            signal.signal(each, former)
        self._former = {}
