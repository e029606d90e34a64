"""Predictions for a whole part of a corpus, and their scores."""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from research import features
from research.batches import Features
from research.examples import Examples
from research.experiment import Experiment, Model
from research.frontends import FrontEnd
from research.material import Material
from research.reading import THREADS, ahead
from research.tasks import Task

# Inputs and their valid frames.
Heard = tuple[Array | np.ndarray, Array | np.ndarray]


class Evaluator:
    """What a bound experiment's model says of one part, under the parameters given.

    Nothing is random here, so the front-end runs once whatever training does; or anew each time,
    where the part is streamed. Both take the same examples together through the same programs, and
    give the same bits.
    """

    def __init__(
        self, experiment: Experiment, made: Material, examples: Examples, streamed: bool = False
    ):
        corpus, self.meaning = made.corpus, made.meaning
        self.experiment = experiment = dataclasses.replace(experiment, augment=())
        self.task = experiment.task
        self.examples = len(examples)
        self.truth = {
            'item': examples.item,
            'slice': examples.slice,
            'group': examples.group,
            **self.task.truth(corpus, examples),
        }
        self.batch = min(experiment.batch_size, self.examples)
        self._corpus, self._part = corpus, examples
        self._sequence = np.arange(len(examples))
        if isinstance(experiment.frontend, FrontEnd):
            self._chunks = features.chunks(corpus, examples, experiment.frontend.rate_hz)
            self._sequence = features.sequence(self._chunks)
        self.data: Features | None = None
        self._targets = jax.tree.map(jnp.asarray, examples.target)
        if streamed:
            corpus.ready()
        else:
            self.data = features.resident(experiment, corpus, examples)

    def __call__(self, params: Any, stats: Any) -> dict[str, np.ndarray]:
        """What the task predicts: arrays [examples, ...], in the part's order."""
        model, task = self.experiment.model, self.task
        variables = {'params': params, 'batch_stats': stats}
        return self._over(lambda *batch: _predictions(variables, *batch, model=model, task=task))

    def outputs(self, params: Any, stats: Any) -> Any:
        """What the model gives, before the task: a tree of arrays [examples, ...]."""
        variables = {'params': params, 'batch_stats': stats}
        return self._over(lambda x, n, _: _outputs(variables, x, n, model=self.experiment.model))

    def over(self, each: Callable[[Array, Array], Any]) -> Any:
        """`each(inputs, lengths)` of all batches: a tree of arrays [examples, ...]."""
        return self._over(lambda x, n, targets: each(x, n))

    def score(self, params: Any, stats: Any) -> dict[str, float]:
        """The task's scores of the whole part, with what is tuned on this part itself."""
        predictions = self(params, stats)
        tuned = self.task.tune(predictions, self.truth, self.meaning)
        return self.task.score(predictions, self.truth, self.meaning, tuned)

    def scores(self, params: Any, stats: Any) -> list[dict[str, float]]:
        """The same of stacked runs, whose parameters have a leading member axis: as one program."""
        model, task = self.experiment.model, self.task
        variables = {'params': params, 'batch_stats': stats}
        together = self._over(lambda *batch: _of_members(variables, *batch, model=model, task=task))
        members = len(jax.tree.leaves(params)[0])
        found = []
        for member in range(members):
            predictions = {name: values[:, member] for name, values in together.items()}
            tuned = task.tune(predictions, self.truth, self.meaning)
            found.append(task.score(predictions, self.truth, self.meaning, tuned))
        return found

    def _over(self, each: Callable[..., Any]) -> Any:
        batches = self._streamed() if self.data is None else self._resident(self.data)
        places = _filled(self._sequence, -(-self.examples // self.batch) * self.batch)
        found = []
        for first, (x, lengths) in zip(itertools.count(0, self.batch), batches):
            targets = features.rows(self._targets, places[first : first + self.batch])
            found.append(each(x, lengths, targets))
        order = np.argsort(self._sequence)  # which leaves out what filled up
        return jax.tree.map(lambda *some: np.concatenate(some)[order], *jax.device_get(found))

    def inputs(self, chosen: Int[np.ndarray, ' examples']) -> features.Extracted:
        """What the model hears of the examples chosen, and how many frames of it are valid."""
        if self.data is not None:
            return features.rows((self.data.inputs, self.data.lengths), chosen)
        mask = np.isin(np.arange(self.examples), chosen)
        few = features.resident(self.experiment, self._corpus, self._part.where(mask))
        place = np.searchsorted(np.flatnonzero(mask), chosen)
        return features.rows((few.inputs, few.lengths), place)

    def _resident(self, data: Features) -> Iterator[Heard]:
        for first in range(0, self.examples, self.batch):
            places = _filled(self._sequence[first : first + self.batch], self.batch)
            yield features.rows((data.inputs, data.lengths), places)

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


# Of all parts, so that those of one shape share a program.
@functools.partial(jax.jit, static_argnames='model')
def _outputs(variables: Any, x: Array, lengths: Array, *, model: Model) -> Any:
    return model.apply(variables, x, lengths, None)


@functools.partial(jax.jit, static_argnames=('model', 'task'))
def _predictions(
    variables: Any, x: Array, lengths: Array, targets: Any, *, model: Model, task: Task
) -> dict[str, Array]:
    return task.predict(model.apply(variables, x, lengths, None), targets)


@functools.partial(jax.jit, static_argnames=('model', 'task'))
def _of_members(
    variables: Any, x: Array, lengths: Array, targets: Any, *, model: Model, task: Task
) -> dict[str, Array]:
    """Arrays [batch, members, ...]."""

    def one(variables):
        return task.predict(model.apply(variables, x, lengths, None), targets)

    return jax.vmap(one, out_axes=1)(variables)


def _filled(values: np.ndarray, size: int) -> np.ndarray:
    """Repeats the last of them, so that one program serves all batches."""
    return np.concatenate([values, np.repeat(values[-1:], size - len(values), axis=0)])
