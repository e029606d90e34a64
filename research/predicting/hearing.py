"""A run's answers to sound files, window by window."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np

from data_prep.audio import EXTENSIONS
from research import batches
from research.experiment import Experiment
from research.frontends import FrontEnd
from research.listening import Listener, Window
from research.predicting.answers import How, Reported, Row, Watch
from research.predicting.cuts import Blocks
from research.predicting.packing import Said, hear
from research.predicting.places import Place
from research.reach import Reach

# Samples, or features, that are held at a time; what a model makes of them is many times as much.
AT_ONCE = 2**21
MORE = 16  # times as much on an accelerator
MOST = 256


class Told(NamedTuple):
    """What is said of one file.

    Attributes:
        row: one line, by `columns`.
        events: lines below it, by `event_columns`.
    """

    row: Row
    events: Sequence[Row]


@runtime_checkable
class Answer(Protocol):
    """One file, window by window."""

    def add(self, said: Said) -> None: ...

    def told(self, length_s: float) -> Told: ...


@runtime_checkable
class Task(Protocol):
    """What a task says of sound files; columns and `how` are those of `answers.Answers`."""

    columns: tuple[str, ...]
    event_columns: tuple[str, ...]
    event: str
    how: How | None

    @property
    def listener(self) -> Listener:
        """Whose windows, with the run's weights."""
        ...

    def cut(self, blocks: Blocks) -> Iterator[Window]:
        """What of a recording is heard."""
        ...

    def begin(self) -> Answer:
        """An answer for a file of which nothing has been heard."""
        ...


class Sounds:
    """`answers.Answers` of a task on sound.

    Args:
        task: whose answers.
        reach: of the run's model.
    """

    suffixes: tuple[str, ...] = EXTENSIONS

    def __init__(self, task: Task, reach: Reach):
        self._task, self._reach = task, reach
        self.columns, self.event_columns = task.columns, task.event_columns
        self.event, self.how = task.event, task.how

    def ask(self, places: Sequence[Place], watch: Watch, slot: int = 0) -> Iterator[Reported]:
        """An answer, or the reason why not, for each place, in order."""
        task = self._task
        answer = task.begin()
        for part in hear(places, task.listener, self._reach, task.cut, watch, slot):
            if isinstance(part, Said):
                answer.add(part)
                continue
            if part.error:
                yield Reported(part.place, {}, [], part.error, part.slot)
            else:
                told = answer.told(part.length_s)
                yield Reported(part.place, *told, '', part.slot).finite()
            answer = task.begin()


def fitting(experiment: Experiment) -> int:
    """Windows at once, so that what they take is bounded however long they are."""
    frontend = experiment.frontend
    rate_hz = frontend.rate_hz if isinstance(frontend, FrontEnd) else 0
    samples = round(experiment.data.slice_s * rate_hz)
    features = math.prod(batches.example(experiment).shape)
    room = AT_ONCE * (1 if jax.default_backend() == 'cpu' else MORE)
    return int(np.clip(room // max(samples, features), 1, MOST))
