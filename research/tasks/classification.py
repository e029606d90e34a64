"""One class per recording."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from research import calibration, metrics, scores
from research.bounds import FractionValue
from research.corpora import Corpus
from research.errors import UserError
from research.examples import Examples
from research.meaning import Meaning
from research.metrics import per_item
from research.scores import Units
from research.tasks.contract import Predictions, Truth, Tuned


@dataclasses.dataclass(frozen=True)
class Classification:
    """Softmax cross-entropy over the corpus's classes.

    Slices are predicted one by one; their probabilities are averaged per recording (item) before
    the recording is scored, and both levels are reported.

    Attributes:
        label_smoothing: share of the target's mass spread evenly over all classes (Szegedy et al.,
            "Rethinking the Inception Architecture", 2016, section 7).
    """

    labels: ClassVar[str] = 'recording'
    progress: ClassVar[str] = 'accuracy'

    label_smoothing: FractionValue = 0.0

    @property
    def selects_by(self) -> str:
        return 'item_accuracy'

    def meaning(self, corpus: Corpus, train: Examples) -> Meaning:
        """The corpus's classes.

        Raises:
            UserError: there are fewer than two.
        """
        if len(corpus.classes) < 2:
            raise UserError(
                f'{corpus.name} has {"one class" if corpus.classes else "no classes"}: '
                'Classification wants two or more: take another task or corpus'
            )
        return Meaning(labels=tuple(corpus.classes))

    def outputs(self, meaning: Meaning) -> int:
        return len(meaning.labels)

    def targets(
        self, corpus: Corpus, examples: Examples, meaning: Meaning
    ) -> Int[np.ndarray, ' examples']:
        return corpus.targets[examples.record]

    def truth(self, corpus: Corpus, examples: Examples) -> dict[str, np.ndarray]:
        """`target`, the class's number."""
        return {'target': corpus.targets[examples.record]}

    def loss(
        self, outputs: Float[Array, 'batch classes'], targets: Int[Array, ' batch']
    ) -> Float[Array, ' batch']:
        """Cross-entropy per example in nats."""
        spread = -jnp.mean(jax.nn.log_softmax(outputs), axis=-1)
        sharp = optax.softmax_cross_entropy_with_integer_labels(outputs, targets)
        return (1 - self.label_smoothing) * sharp + self.label_smoothing * spread

    def hits(
        self, outputs: Float[Array, 'batch classes'], targets: Int[Array, ' batch']
    ) -> Float[Array, ' batch']:
        """1.0 where the most probable class is the target: what progress shows as accuracy."""
        return (jnp.argmax(outputs, axis=-1) == targets).astype(jnp.float32)

    def predict(
        self, outputs: Float[Array, 'batch classes'], targets: Int[Array, ' batch'] | None
    ) -> dict[str, Array]:
        """`probabilities` [batch, classes]."""
        return {'probabilities': jax.nn.softmax(outputs)}

    def tune(self, predictions: Predictions, truth: Truth, meaning: Meaning) -> dict[str, float]:
        """`temperature` of the items' joined probabilities: see research.calibration."""
        joined, target = _items(predictions, truth)
        return {'temperature': calibration.fit_temperature(_log(joined), target)}

    def units(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, Units]:
        """`slice_accuracy` and `item_accuracy`."""
        right = np.argmax(predictions['probabilities'], axis=-1) == truth['target']
        joined, target = _items(predictions, truth)
        return {
            'slice_accuracy': scores.plain(
                scores.per_slice(truth['item'], truth['slice']), right, truth['group']
            ),
            'item_accuracy': scores.plain(
                np.unique(truth['item']),
                np.argmax(joined, axis=-1) == target,
                per_item(truth['group'], truth['item']),
            ),
        }

    def score(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, float]:
        """`loss` (nats a slice, no smoothing), both accuracies, and how honest probabilities are.

        `ece` is the calibration error of the items, `ece_scaled` that at the tuned temperature.
        """
        joined, target = _items(predictions, truth)
        scaled = calibration.rescale(_log(joined), tuned['temperature'])
        units = self.units(predictions, truth, meaning, tuned)
        return {
            'loss': metrics.cross_entropy(predictions['probabilities'], truth['target']),
            **{name: each.value for name, each in units.items()},
            'ece': calibration.expected_calibration_error(joined, target),
            'ece_scaled': calibration.expected_calibration_error(scaled, target),
        }


def _items(predictions: Predictions, truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    _, joined = metrics.join_slices(predictions['probabilities'], truth['item'])
    return joined, per_item(truth['target'], truth['item'])


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, metrics.LEAST_PROBABILITY))
