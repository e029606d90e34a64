"""A number of a recording, such as its tempo, in the unit in which the corpus has it."""

from collections.abc import Iterator

import numpy as np

from research.listening import Listener, Window
from research.predicting import cuts
from research.predicting.answers import How, Options
from research.predicting.cuts import Blocks
from research.predicting.hearing import Told
from research.predicting.packing import Said
from research.tasks.regression import Regression, told
from research.trained import Loaded


class Numbers:
    """What is told of a file's slices is averaged.

    `slices` as `classification.Classes` has it.
    """

    event_columns: tuple[str, ...] = ()
    event: str = ''
    how: How | None = None

    def __init__(self, loaded: Loaded, options: Options, batch: int):
        task = loaded.experiment.task
        assert isinstance(task, Regression)
        options.only(task, 'slices')
        self.meaning = loaded.meaning
        self.listener = Listener(loaded.experiment, loaded.weights, batch)
        self._slices = loaded.experiment.data.slices if options.slices == 'training' else None
        self.columns = (task.column, 'length_s', 'slices')

    def cut(self, blocks: Blocks) -> Iterator[Window]:
        return cuts.slices(blocks, self.listener.size, self._slices)

    def begin(self) -> '_File':
        return _File(self)


class _File:
    def __init__(self, numbers: Numbers):
        self._numbers = numbers
        self._standard: list[float] = []

    def add(self, said: Said) -> None:
        self._standard.append(float(said.arrays['standard']))

    def told(self, length_s: float) -> Told:
        numbers = told({'standard': np.array(self._standard)}, self._numbers.meaning)
        values = float(numbers.mean()), length_s, len(self._standard)
        return Told(dict(zip(self._numbers.columns, values, strict=True)), [])
