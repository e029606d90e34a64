"""One number per recording."""

import dataclasses
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Shaped

from research import metrics, scores
from research.bounds import Positive
from research.corpora import Corpus
from research.errors import UserError, unknown
from research.examples import Examples
from research.meaning import Meaning
from research.metrics import per_item
from research.scores import Units
from research.tasks.contract import Predictions, Truth, Tuned

# A tempo is right within this share of the truth.
TOLERANCE = 0.04
OCTAVES = (1, 2, 1 / 2, 3, 1 / 3)


class Standard(NamedTuple):
    """Targets as a model is to tell them.

    Attributes:
        value: deviations of the training part from its mean.
        scale: a deviation, in the target's own unit.
    """

    value: Float[Array | np.ndarray, ' examples']
    scale: Float[Array | np.ndarray, ' examples']


@dataclasses.dataclass(frozen=True)
class Regression:
    """Half the squared error of a number in a column of the corpus, in standard deviations.

    Slices are told one by one; their mean is what is said of the recording (item).

    Attributes:
        column: of the corpus, with a number for each recording.
        tempo: whether it is a tempo: `within_4` and `within_4_octaves` are then scored too.
        huber: deviations past which an error counts linearly (Huber, "Robust Estimation of a
            Location Parameter", 1964); None: none does.
    """

    labels: ClassVar[str] = 'recording'
    progress: ClassVar[str] = 'mae'

    column: str = 'target'
    tempo: bool = False
    huber: Positive | None = None

    @property
    def selects_by(self) -> str:
        return 'mae'

    def meaning(self, corpus: Corpus, train: Examples) -> Meaning:
        """Mean and standard deviation of the target over the training part's recordings.

        Raises:
            UserError: there is no such column, a recording without a number or, of tempi, with one
                that is not above 0; or all numbers are the same.
        """
        numbers = self._numbers(corpus, np.unique(train.record))
        # What is the same to the last bit may have a mean that is not.
        if np.ptp(numbers) == 0:
            raise UserError(
                f'{corpus.name}: {self.column} is {numbers[0]:g} of all {len(numbers)} recordings '
                'that train: there is nothing to learn'
            )
        return Meaning(centre=float(numbers.mean()), scale=float(numbers.std()))

    def outputs(self, meaning: Meaning) -> int:
        return 1

    def targets(self, corpus: Corpus, examples: Examples, meaning: Meaning) -> Standard:
        numbers = self._numbers(corpus, examples.record)
        standard = ((numbers - meaning.centre) / meaning.scale).astype(np.float32)
        return Standard(standard, np.full(len(numbers), meaning.scale, np.float32))

    def truth(self, corpus: Corpus, examples: Examples) -> dict[str, np.ndarray]:
        """`target`, in its own unit."""
        return {'target': self._numbers(corpus, examples.record)}

    def loss(self, outputs: Float[Array, 'batch 1'], targets: Standard) -> Float[Array, ' batch']:
        """Half the squared error in deviations, or Huber's."""
        if self.huber is None:
            return optax.l2_loss(outputs[:, 0], targets.value)
        return optax.huber_loss(outputs[:, 0], targets.value, delta=self.huber)

    def hits(self, outputs: Float[Array, 'batch 1'], targets: Standard) -> Float[Array, ' batch']:
        """The error's size, in the target's own unit."""
        return jnp.abs(outputs[:, 0] - targets.value) * targets.scale

    def predict(
        self, outputs: Float[Array, 'batch 1'], targets: Standard | None
    ) -> dict[str, Array]:
        """`standard` [batch]: deviations from the mean; `told` gives them in the own unit."""
        return {'standard': outputs[:, 0]}

    def tune(self, predictions: Predictions, truth: Truth, meaning: Meaning) -> dict[str, float]:
        return {}

    def units(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, Units]:
        """`mae` in the target's unit; of tempi the two accuracies of Gouyon and others.

        "An experimental comparison of audio tempo induction algorithms" (2006): within 4% of the
        truth; within 4% of it, its double, half, triple or third.
        """
        names, said, true = items(predictions, truth, meaning)
        group = per_item(truth['group'], truth['item'])
        found = {'mae': scores.plain(names, np.abs(said - true), group)}
        if self.tempo:
            ratio = np.array(OCTAVES)[:, None] * true
            right = np.less_equal(np.abs(said - ratio), TOLERANCE * ratio)
            found['within_4'] = scores.plain(names, right[0], group)
            found['within_4_octaves'] = scores.plain(names, np.any(right, axis=0), group)
        return found

    def score(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, float]:
        """`loss` a slice; of items what has units, `rmse`, and `r2`.

        `r2` is the share of the variance of the part's own targets that is explained: 0 is a
        guess of their mean, and there is no lower end; where they are all the same it is 0.
        """
        _, said, true = items(predictions, truth, meaning)
        units = self.units(predictions, truth, meaning, tuned)
        standard = (truth['target'] - meaning.centre) / meaning.scale
        targets = Standard(jnp.asarray(standard), jnp.ones(len(standard)))
        squares = float(np.sum((said - true) ** 2))
        spread = float(np.sum((true - true.mean()) ** 2))
        return {
            'loss': float(
                jnp.mean(self.loss(jnp.asarray(predictions['standard'])[:, None], targets))
            ),
            **{name: each.value for name, each in units.items()},
            'rmse': float(np.sqrt(squares / len(true))),
            'r2': 1 - squares / spread if spread else 0.0,
        }

    def _numbers(
        self, corpus: Corpus, records: Shaped[np.ndarray, ' examples']
    ) -> Float[np.ndarray, ' examples']:
        if self.column not in corpus.columns:
            raise UserError(
                f'task.column: {unknown(f"column of {corpus.name}", self.column, corpus.columns)}'
            )
        texts = corpus.columns[self.column][records]
        numbers = np.array([_number(text) for text in texts])
        good = np.isfinite(numbers) & ((numbers > 0) | (not self.tempo))
        if not good.all():
            first = np.flatnonzero(~good)[0]
            wanted = 'a number above 0' if self.tempo else 'a number'
            raise UserError(
                f'{corpus.name}: {self.column} of {corpus.columns["item"][records[first]]} is '
                f"'{texts[first]}': {wanted} is wanted for each recording (prepared with --table?)"
            )
        return numbers


def told(predictions: Predictions, meaning: Meaning) -> Float[np.ndarray, ' examples']:
    """What was predicted, in the target's own unit."""
    return predictions['standard'].astype(np.float64) * meaning.scale + meaning.centre


def items(
    predictions: Predictions, truth: Truth, meaning: Meaning
) -> tuple[Shaped[np.ndarray, ' items'], Float[np.ndarray, ' items'], Float[np.ndarray, ' items']]:
    """Items in sorted order, the mean of what is told of each one's slices, and the truth."""
    names, joined = metrics.join_slices(told(predictions, meaning)[:, None], truth['item'])
    return names, joined[:, 0], per_item(truth['target'], truth['item'])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float('nan')
