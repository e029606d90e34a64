"""Predictions for a whole part of a corpus, and their scores."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Int

from research import features
from research.batches import Features
from research.corpora import Corpus, Examples
from research.experiment import Experiment
from research.reading import THREADS, ahead

# Inputs and their valid frames.
Heard = tuple[Array | np.ndarray, Array | np.ndarray]


class Evaluator:
    """What a bound experiment's model says of one part, under the parameters given.

    Nothing is random here, so the front-end runs once whatever training does; or anew each time,
    where the part is streamed. Both take the same examples together through the same programs, and
    give the same bits.
    """

    def __init__(
        self, experiment: Experiment, corpus: Corpus, examples: Examples, streamed: bool = False
    ):
        self.experiment = experiment = dataclasses.replace(experiment, augment=())
        self.task = experiment.task
        self.examples = len(examples)
        self.targets = {
            'item': examples.item,
            'slice': examples.slice,
            'group': examples.group,
            'target': examples.target,
        }
        self.batch = min(experiment.batch_size, self.examples)
        self._corpus, self._part = corpus, examples
        self._chunks = features.chunks(corpus, examples, experiment.frontend.rate_hz)
        self.data: Features | None = None
        if streamed:
            corpus.ready()
        else:
            self.data = features.resident(experiment, corpus, examples)

        @jax.jit
        def predict(params, stats, x, lengths):
            variables = {'params': params, 'batch_stats': stats}
            outputs: Any = experiment.model.apply(variables, x, lengths, None)
            return experiment.task.predict(outputs)

        self.predict = predict

    def __call__(self, params: Any, stats: Any) -> dict[str, np.ndarray]:
        """Arrays [examples, ...], in the part's order."""
        batches = self._streamed() if self.data is None else self._resident(self.data)
        fetched = jax.device_get([self.predict(params, stats, *batch) for batch in batches])
        order = np.argsort(features.sequence(self._chunks))  # which leaves out what filled up
        return {
            name: np.concatenate([each[name] for each in fetched])[order] for name in fetched[0]
        }

    def score(self, params: Any, stats: Any) -> dict[str, float]:
        """The task's scores of the whole part."""
        return self.task.score(self(params, stats), self.targets)

    def inputs(self, chosen: Int[np.ndarray, ' examples']) -> features.Extracted:
        """What the model hears of the examples chosen, and how many frames of it are valid."""
        if self.data is not None:
            return self.data.inputs[chosen], self.data.lengths[chosen]
        mask = np.isin(np.arange(self.examples), chosen)
        few = features.resident(self.experiment, self._corpus, self._part.where(mask))
        place = np.searchsorted(np.flatnonzero(mask), chosen)
        return few.inputs[place], few.lengths[place]

    def _resident(self, data: Features) -> Iterator[Heard]:
        sequence = features.sequence(self._chunks)
        for first in range(0, self.examples, self.batch):
            places = _filled(sequence[first : first + self.batch], self.batch)
            yield data.inputs[places], data.lengths[places]

    def _streamed(self) -> Iterator[Heard]:
        """The same batches, put together on the host from chunks as they come."""

        def read(number: int) -> features.Read:
            return features.read(self._corpus, self._part, self._chunks[number])

        size, held = self.batch, None
        reads = ahead(range(len(self._chunks)), read, 2 * THREADS)
        for chunk, found in zip(self._chunks, reads, strict=True):
            new = jax.device_get(features.extract(self.experiment, chunk, found))
            x, lengths = map(np.concatenate, zip(held, new, strict=True)) if held else new
            whole = len(x) // size * size
            for first in range(0, whole, size):
                yield x[first : first + size], lengths[first : first + size]
            held = x[whole:], lengths[whole:]
        if held and len(held[0]):
            yield _filled(held[0], size), _filled(held[1], size)


def _filled(values: np.ndarray, size: int) -> np.ndarray:
    """Repeats the last of them, so that one program serves all batches."""
    return np.concatenate([values, np.repeat(values[-1:], size - len(values), axis=0)])
