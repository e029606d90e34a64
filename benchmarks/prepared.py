"""Experiments with a few batches of their stand-in on the device, and steps to be timed."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import data_prep
import experiments
from research import corpora, material, order, overrides, parallel, sources, step, values
from research.batches import Clips, Features
from research.corpora import Corpus
from research.course import course
from research.examples import Examples
from research.experiment import Experiment


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A bound experiment with what its steps start from.

    Attributes:
        experiment: as it is published, but for the corpus and what was asked for.
        corpus: its embedded stand-in.
        examples: the first of the training part, whole batches of them.
        data: features, or clips where augmentation hears samples.
    """

    experiment: Experiment
    corpus: Corpus
    examples: Examples
    data: Features | Clips

    @classmethod
    def make(
        cls, name: str, data_dir: Path, batches: int, assignments: Sequence[str] = ()
    ) -> 'Prepared':
        """Prepares the stand-in where that is not done, and puts so many batches on the device.

        A batch that the stand-in cannot fill is halved until it can.
        """
        experiment = experiments.build(name)
        standin = experiment.standin.corpus
        directory = data_prep.prepared(standin, data_dir)
        directory = directory or data_prep.prepare(standin, data_dir)
        own = [f'data.corpus={standin}', 'data.protocol=', *assignments]
        experiment = overrides.apply(experiment, own)
        made = material.prepare(experiment, corpora.open_corpus(directory))
        part = made.parts['train']
        while experiment.batch_size > len(part):
            experiment = overrides.apply(experiment, [f'batch_size={experiment.batch_size // 2}'])
        count = min(len(part) // experiment.batch_size, batches) * experiment.batch_size
        part = part.where(np.arange(len(part)) < count)
        bound = step.bound(experiment, made.meaning)
        return cls(bound, made.corpus, part, sources.on_device(bound, made.corpus, part))

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return len(self.examples) // self.experiment.batch_size

    @property
    def updates(self) -> int:
        """Steps in one program: as many as in a run, or fewer, so that they divide an epoch."""
        most = course(self.experiment, len(self.examples)).dispatch
        return max(count for count in range(1, most + 1) if self.steps % count == 0)


class Steps:
    """The compiled program of an experiment; each call is an epoch.

    Attributes:
        parameters: running statistics among them, as Keras counts.
    """

    def __init__(self, prepared: Prepared):
        experiment = prepared.experiment
        self.prepared = prepared
        self.devices = parallel.layout('jit', experiment.batch_size)
        self.dispatch: Callable[..., Any] = step.compile_steps(experiment, 1_000_000, self.devices)
        scalars = {key: jnp.float32(value) for key, value in values.extract(experiment).items()}
        self.rest = np.arange(experiment.batch_size, dtype=np.int32), (scalars, False)
        first = step.init(experiment)
        self.parameters = sum(leaf.size for leaf in jax.tree.leaves((first.params, first.stats)))
        self.state = self.devices.put(first)
        self.data = self.devices.put(prepared.data)

    def arguments(self, at: int, data: Any = None) -> tuple[Any, ...]:
        """Of the program for the steps from `at` on."""
        prepared, size = self.prepared, self.prepared.experiment.batch_size
        chosen = order.indices(0, at, prepared.updates, size, len(prepared.examples))
        return self.state, self.data if data is None else data, chosen, *self.rest

    def __call__(self, data: Any = None) -> None:
        """An epoch, over other data of the same shape where they are given; waits for its end."""
        sums: Any = None
        data = self.data if data is None else self.devices.put(data)
        for at in range(0, self.prepared.steps, self.prepared.updates):
            self.state, sums = self.dispatch(*self.arguments(at, data))
        jax.block_until_ready(sums)
