"""The console of a stack: the mean of what its members log at a step."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from research.loggers.console import Console


class Together:
    """Shows records of several runs as one run's: each number is the mean over them.

    Records of one step and split are shown as soon as one of another comes.
    """

    def __init__(self) -> None:
        self._console: Console | None = None
        self._records: list[Mapping[str, Any]] = []

    def start(self, steps: int, selects_by: str) -> None:
        """Called for each member; the first makes the console."""
        self._console = self._console or Console(steps, selects_by)

    def log(self, record: Mapping[str, Any]) -> None:
        if self._records and _moment(record) != _moment(self._records[0]):
            self._show()
        self._records.append(record)

    def say(self, line: str) -> None:
        if self._console:
            self._console.say(line)
        else:
            print(line, flush=True)

    def close(self) -> None:
        """Called for each member; the first gives the terminal back."""
        if self._console:
            self._show()
            self._console.close()
            self._console = None

    def _show(self) -> None:
        records, self._records = self._records, []
        if not records or not self._console:
            return
        first = records[0]
        numbers = [name for name in first if name not in ('step', 'split')]
        means = {name: float(np.mean([each[name] for each in records])) for name in numbers}
        self._console.log({'step': first['step'], 'split': first['split'], **means})


def _moment(record: Mapping[str, Any]) -> tuple[int, str]:
    return record['step'], record['split']
