"""The class of a recording, as sure as the run was on its validation part."""

from collections.abc import Iterator

import numpy as np

from research import calibration
from research.listening import Listener, Window
from research.metrics import LEAST_PROBABILITY
from research.predicting import cuts
from research.predicting.answers import How, Options
from research.predicting.cuts import Blocks
from research.predicting.hearing import Told
from research.predicting.packing import Said
from research.trained import Loaded


class Classes:
    """Probabilities of a file's slices are averaged and brought to the run's tuned temperature.

    `slices=all`, the default, hears the whole file (see `cuts.throughout`); 'training' as much of
    it as training would have: the first `data.slices` slices.
    """

    event_columns: tuple[str, ...] = ()
    event: str = ''

    def __init__(self, loaded: Loaded, options: Options, batch: int):
        options.only(loaded.experiment.task, 'slices', 'review')
        self.labels = loaded.meaning.labels
        self.temperature = loaded.tuned['temperature']
        self._slices = loaded.experiment.data.slices if options.slices == 'training' else None
        self.listener = Listener(loaded.experiment, loaded.weights, batch)
        heard = 'all slices' if self._slices is None else f'{self._slices} slices at most'
        self.how: How | None = How(
            f'probabilities: the mean over {heard} of a file, brought to a temperature of '
            f'{self.temperature:.3g}, which was tuned on validation',
            {'slices': options.slices or 'all', 'temperature': self.temperature},
        )
        own = (f'p({label})' for label in self.labels)
        self.columns = ('class', 'probability', 'margin', 'length_s', 'slices', *own)

    def cut(self, blocks: Blocks) -> Iterator[Window]:
        return cuts.slices(blocks, self.listener.size, self._slices)

    def begin(self) -> '_File':
        return _File(self)


class _File:
    def __init__(self, classes: Classes):
        self._classes = classes
        self._sum = np.zeros(len(classes.labels))
        self._slices = 0

    def add(self, said: Said) -> None:
        self._sum += said.arrays['probabilities']
        self._slices += 1

    def told(self, length_s: float) -> Told:
        """The best class, its probability and what it is ahead of the second by, then all."""
        own = self._classes
        joined = np.log(np.maximum(self._sum / self._slices, LEAST_PROBABILITY))
        [probabilities] = calibration.rescale(joined[None], own.temperature)
        second, best = np.argsort(probabilities, kind='stable')[-2:]
        figures = [f'p({label})' for label in own.labels]
        return Told(
            {
                'class': own.labels[best],
                'probability': float(probabilities[best]),
                'margin': float(probabilities[best] - probabilities[second]),
                'length_s': length_s,
                'slices': self._slices,
                **dict(zip(figures, probabilities.tolist(), strict=True)),
            },
            [],
        )
