"""How probable what follows is: what tasks that tell it from what came before have in common."""

import abc
from collections.abc import Mapping
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from research.corpora import Corpus
from research.examples import Examples
from research.meaning import Meaning
from research.metrics import per_item
from research.scores import Units
from research.tasks.contract import Predictions, Truth, Tuned

# `tokens` [examples, time, fields] of windows, and the `first` of each that is judged.
Targets = Mapping[str, Array]
# Logits of a window's last tokens [batch, told, outputs], and the window's valid tokens.
Outputs = tuple[Float[Array, 'batch told outputs'], Int[Array, ' batch']]


class Likelihood(abc.ABC):
    """Negative log-likelihood in nats. Each token from a view's `first` on is judged once."""

    labels: ClassVar[str] = 'tokens'
    progress: ClassVar[str] = 'accuracy'

    @property
    @abc.abstractmethod
    def selects_by(self) -> str:
        """What nats a token are called among the scores."""

    @abc.abstractmethod
    def meaning(self, corpus: Corpus, train: Examples) -> Meaning:
        """UserError: a view of notes has it, sound has none."""

    @abc.abstractmethod
    def outputs(self, meaning: Meaning) -> int:
        """UserError where the meaning is another task's."""

    @abc.abstractmethod
    def losses(self, outputs: Outputs, targets: Targets) -> Float[Array, 'batch told']:
        """Nats of each of a window's last tokens, judged or not."""

    @abc.abstractmethod
    def hits(self, outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
        """In [0, 1], of a window's judged tokens."""

    def targets(
        self, corpus: Corpus, examples: Examples, meaning: Meaning
    ) -> dict[str, np.ndarray]:
        """As research.material has them of windows."""
        return examples.target

    def truth(self, corpus: Corpus, examples: Examples) -> dict[str, np.ndarray]:
        """`start`, a window's first token."""
        return {'start': examples.start}

    def loss(self, outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
        """Nats a judged token; NaN where a model gives no logits of one."""
        return mean(self.losses(outputs, targets), judged(outputs, targets))

    def predict(self, outputs: Outputs, targets: Targets | None) -> dict[str, Array]:
        """`nll`, nats of all judged tokens of a window together, and how many `tokens` that are.

        Nothing where the tokens are not known.
        """
        if targets is None:
            return {}
        nats, counted = self.losses(outputs, targets), judged(outputs, targets)
        return {'nll': jnp.sum(nats * counted, axis=1), 'tokens': jnp.sum(counted, axis=1)}

    def tune(self, predictions: Predictions, truth: Truth, meaning: Meaning) -> dict[str, float]:
        return {}

    def units(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, Units]:
        """The score that selects, by pieces: nats over tokens of each.

        A unit's name tells its tokens, so that no run is set beside one that was tested on others.
        """
        items, of = np.unique(truth['item'], return_inverse=True)
        nll, count = (np.bincount(of, predictions[name]) for name in ('nll', 'tokens'))
        names = [f'{item}: {int(n)} tokens' for item, n in zip(items, count, strict=True)]
        group = per_item(truth['group'], truth['item'])
        return {self.selects_by: Units(np.array(names), nll, count, group)}

    def score(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, float]:
        """`loss`, nats a token averaged over windows as in training, and the score that selects."""
        loss = np.mean(predictions['nll'].astype(np.float64) / predictions['tokens'])
        units = self.units(predictions, truth, meaning, tuned)
        return {'loss': float(loss)} | {name: each.value for name, each in units.items()}


def told(outputs: Outputs, tokens: Array) -> Array:
    """The tokens that there are logits of."""
    return tokens[:, tokens.shape[1] - outputs[0].shape[1] :]


def judged(outputs: Outputs, targets: Targets) -> Float[Array, 'batch told']:
    """1.0 for each token that is judged, 0.0 for others; NaN in windows where one is not told."""
    logits, lengths = outputs
    earliest = targets['tokens'].shape[1] - logits.shape[1]
    place = earliest + jnp.arange(logits.shape[1])
    first = targets['first'][:, None]
    there: Bool[Array, 'batch told'] = (place >= first) & (place < lengths[:, None])
    return jnp.where(first < earliest, jnp.nan, there.astype(jnp.float32))


def mean(
    losses: Float[Array, 'batch told'], judged: Float[Array, 'batch told']
) -> Float[Array, ' batch']:
    """Over the judged ones."""
    return jnp.sum(losses * judged, axis=1) / jnp.sum(judged, axis=1)
