"""Where a run's numbers go: metrics.jsonl (the truth), the console, Weights & Biases."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from research import metrics
from research.loggers.console import Console
from research.loggers.together import Together
from research.loggers.wandb import WandbLogger
from research.runs import Run


class Loggers:
    """The console and W&B as one.

    Args:
        open_wandb: called once the run's directory is there.
        shared: the console of the stack that the run is trained in; None: it has one of its own.
    """

    def __init__(
        self,
        open_wandb: Callable[[Callable[[str], None]], WandbLogger],
        shared: Together | None = None,
    ):
        self._open_wandb, self._shared = open_wandb, shared
        self._console: Console | Together | None = None
        self._wandb: WandbLogger | None = None

    def say(self, line: str) -> None:
        if self._console:
            self._console.say(line)
        else:
            print(line, flush=True)

    def start(self, steps: int, records: Iterable[Mapping[str, Any]], selects_by: str) -> None:
        """Before the first new record: the steps of the whole run, the records it has, and the
        score by which validation picks.
        """
        self._wandb = self._open_wandb(self.say)
        self._wandb.catch_up(records)
        self._console = self._shared or Console(steps, selects_by)
        if self._shared:
            self._shared.start(steps, selects_by)

    def log(self, record: Mapping[str, Any]) -> None:
        assert self._console, 'log before start'
        assert self._wandb, 'log before start'
        self._console.log(record)
        self._wandb.log(record)

    def finish(self, result: Mapping[str, Any], place: Run) -> None:
        """What W&B keeps beside the curves, read from the run's directory."""
        plots: list[Path] = sorted(place.plots.glob('*.png'))
        if self._wandb:
            self._wandb.finish(result, _named(place), plots)

    def close(self, exit_code: int = 0) -> None:
        """Gives the terminal back and ends the W&B run."""
        if self._console:
            self._console.close()
            self._console = None
        if self._wandb:
            self._wandb.close(exit_code)
            self._wandb = None


def _named(place: Run) -> tuple[list[int], list[int], list[str]] | None:
    """True and predicted class of each item of the test part, and the classes, if it has any."""
    with np.load(place.predictions / 'test.npz', allow_pickle=False) as test:
        if 'probabilities' not in test or 'target' not in test:
            return None
        _, joined = metrics.join_slices(test['probabilities'], test['item'])
        truth = metrics.per_item(test['target'], test['item'])
        return truth.tolist(), np.argmax(joined, axis=-1).tolist(), test['classes'].tolist()
