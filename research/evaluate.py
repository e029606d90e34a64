"""Predictions for a whole part of a corpus, and their scores."""

import dataclasses
from typing import Any

import jax
import numpy as np

from research import batches
from research.corpora import Corpus, Examples
from research.experiment import Experiment


class Evaluator:
    """What a bound experiment's model says of one part, under the parameters given."""

    def __init__(self, experiment: Experiment, corpus: Corpus, examples: Examples):
        # Nothing is random here, so the front-end runs once whatever training does.
        self.experiment = experiment = dataclasses.replace(experiment, augment=())
        self.data = batches.on_device(experiment, corpus, examples)
        self.task = experiment.task
        self.examples = len(examples)
        self.targets = {
            'item': examples.item,
            'slice': examples.slice,
            'group': examples.group,
            'target': examples.target,
        }
        self.batch = min(experiment.batch_size, self.examples)

        @jax.jit
        def predict(params, stats, data, indices):
            x, lengths, _ = batches.fetch(experiment, data, indices, None)
            variables = {'params': params, 'batch_stats': stats}
            outputs: Any = experiment.model.apply(variables, x, lengths, None)
            return experiment.task.predict(outputs)

        self.predict = predict

    def __call__(self, params: Any, stats: Any) -> dict[str, np.ndarray]:
        """Arrays [examples, ...], in the part's order."""
        results = []
        for first in range(0, self.examples, self.batch):
            # The last batch is filled up with the last example, so that one program serves all.
            indices = np.minimum(np.arange(first, first + self.batch), self.examples - 1)
            results.append(self.predict(params, stats, self.data, indices.astype(np.int32)))
        fetched = jax.device_get(results)
        return {
            name: np.concatenate([each[name] for each in fetched])[: self.examples]
            for name in fetched[0]
        }

    def score(self, params: Any, stats: Any) -> dict[str, float]:
        """The task's scores of the whole part."""
        return self.task.score(self(params, stats), self.targets)
