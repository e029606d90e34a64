"""One class per recording."""

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from research import metrics
from research.bounds import FractionValue
from research.metrics import per_item

# Values to average, and the group that each belongs to.
Units = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Classification:
    """Softmax cross-entropy over the corpus's classes.

    Slices are predicted one by one; their probabilities are averaged per recording (item) before
    the recording is scored, and both levels are reported.

    Attributes:
        label_smoothing: share of the target's mass spread evenly over all classes (Szegedy et al.,
            "Rethinking the Inception Architecture", 2016, section 7).
    """

    label_smoothing: FractionValue = 0.0

    @property
    def selects_by(self) -> str:
        """The score by which validation picks a checkpoint; the higher the better."""
        return 'item_accuracy'

    def outputs(self, classes: int) -> int:
        return classes

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

    def predict(self, outputs: Float[Array, 'batch classes']) -> dict[str, Array]:
        """Small arrays per example, fetched to the host for the whole split."""
        return {'probabilities': jax.nn.softmax(outputs)}

    def units(
        self, predictions: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray]
    ) -> dict[str, Units]:
        """What each score is the mean of: one value per slice or item, and the item's group.

        Args:
            predictions: `probabilities` [slices, classes].
            targets: `target`, `item` and `group` [slices].

        Returns:
            `slice_accuracy` and `item_accuracy`, each as values (1.0 where right) and groups.
        """
        probabilities, target = predictions['probabilities'], targets['target']
        _, joined = metrics.join_slices(probabilities, targets['item'])
        return {
            'slice_accuracy': (
                (np.argmax(probabilities, axis=-1) == target).astype(np.float64),
                targets['group'],
            ),
            'item_accuracy': (
                (np.argmax(joined, axis=-1) == per_item(target, targets['item'])).astype(float),
                per_item(targets['group'], targets['item']),
            ),
        }

    def score(
        self, predictions: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        """Scores of a whole split: means of `units`, and `loss` (nats a slice, no smoothing)."""
        units = self.units(predictions, targets)
        loss = metrics.cross_entropy(predictions['probabilities'], targets['target'])
        return {'loss': loss} | {
            name: float(np.mean(values)) for name, (values, _) in units.items()
        }
