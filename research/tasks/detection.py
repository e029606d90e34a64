"""Whether a recording holds a sound of one kind."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Shaped

from research import detections, metrics, scores
from research.bounds import FractionValue, PositiveValue
from research.corpora import Corpus
from research.detections import joined
from research.errors import UserError, unknown
from research.examples import Examples
from research.meaning import Meaning
from research.metrics import per_item
from research.scores import Counted, Ranked, Units
from research.tasks.contract import Predictions, Truth, Tuned

# Where validation has nothing to choose a threshold by.
UNTUNED = 0.5
# What is nearer to 1 than this is 1 in float32: there a loss would be infinite, or 87 nats.
NEAREST = 2**-25


@dataclasses.dataclass(frozen=True)
class Detection:
    """Sigmoid cross-entropy: is the sound there or not?

    Slices are predicted one by one; a recording (item) is as probable as its most probable slice.
    A sound is found where that is at least a threshold, which is chosen on the validation part.

    Attributes:
        positive: class of the corpus that is to be found; the other class is its absence.
        positive_weight: of the loss where the sound is, over that where it is not.
        label_smoothing: share of the target's mass spread evenly over both answers.
    """

    labels: ClassVar[str] = 'recording'
    progress: ClassVar[str] = 'accuracy'

    positive: str = 'call'
    positive_weight: PositiveValue = 1.0
    label_smoothing: FractionValue = 0.0

    @property
    def selects_by(self) -> str:
        """No threshold is in it, so none is chosen and judged on the same few recordings."""
        return 'average_precision'

    def meaning(self, corpus: Corpus, train: Examples) -> Meaning:
        """The two classes, the one that is to be found last.

        Raises:
            UserError: there are not two classes, or none of them is `positive`.
        """
        if len(corpus.classes) != 2:
            raise UserError(
                f'{corpus.name} has {len(corpus.classes)} classes: Detection wants two, '
                'a sound and its absence: take another task or corpus'
            )
        if self.positive not in corpus.classes:
            raise UserError(
                f'task.positive={self.positive}: '
                f'{unknown(f"class of {corpus.name}", self.positive, corpus.classes)}'
            )
        [negative] = set(corpus.classes) - {self.positive}
        return Meaning(labels=(negative, self.positive))

    def outputs(self, meaning: Meaning) -> int:
        return 1

    def targets(
        self, corpus: Corpus, examples: Examples, meaning: Meaning
    ) -> Int[np.ndarray, ' examples']:
        return self.truth(corpus, examples)['target']

    def truth(self, corpus: Corpus, examples: Examples) -> dict[str, np.ndarray]:
        """`target`: 1 where the sound is, else 0."""
        positive = corpus.classes.index(self.positive)
        return {'target': (corpus.targets[examples.record] == positive).astype(np.int32)}

    def loss(
        self, outputs: Float[Array, 'batch 1'], targets: Int[Array, ' batch']
    ) -> Float[Array, ' batch']:
        """Cross-entropy per example in nats."""
        smooth = targets * (1 - self.label_smoothing) + self.label_smoothing / 2
        losses = optax.sigmoid_binary_cross_entropy(outputs[:, 0], smooth)
        return jnp.where(targets == 1, self.positive_weight, 1.0) * losses

    def hits(
        self, outputs: Float[Array, 'batch 1'], targets: Int[Array, ' batch']
    ) -> Float[Array, ' batch']:
        """1.0 where a threshold of one half answers rightly."""
        return ((outputs[:, 0] >= 0) == (targets == 1)).astype(jnp.float32)

    def predict(
        self, outputs: Float[Array, 'batch 1'], targets: Int[Array, ' batch'] | None
    ) -> dict[str, Array]:
        """`probability` [batch] that the sound is there."""
        return {'probability': jax.nn.sigmoid(outputs[:, 0])}

    def tune(self, predictions: Predictions, truth: Truth, meaning: Meaning) -> dict[str, float]:
        """Three thresholds of an item's probability; each is 0.5 where no item has the sound.

        `threshold` has the highest F1. That leans on how many items have the sound, and few windows
        of a long recording do. So the windows of calls there reach `enter`, as half of the items
        with the sound do, and a dip between them does not end a run while it reaches `leave`, which
        parts items best where those with the sound and those without count the same (Youden, "Index
        for rating diagnostic tests", 1950).
        """
        probability, target = joined(predictions, truth)
        if not target.any():
            return dict.fromkeys(('threshold', 'leave', 'enter'), UNTUNED)
        threshold, _ = detections.best_threshold(target, probability)
        leave = _parting(probability[target], probability[~target])
        enter = max(leave, float(np.median(probability[target])))
        return {'threshold': threshold, 'leave': leave, 'enter': enter}

    def units(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, Counted]:
        """Of items: `average_precision`, and at the tuned threshold `precision`, `recall`, `f1` and
        `item_accuracy`.
        """
        probability, target = joined(predictions, truth)
        found = probability >= tuned['threshold']
        names, group = np.unique(truth['item']), per_item(truth['group'], truth['item'])

        def units(over: Shaped[np.ndarray, ' items'], under: Shaped[np.ndarray, ' items']):
            return Units(names, over.astype(np.float64), under.astype(np.float64), group)

        hits = found & target
        return {
            'average_precision': Ranked(names, target, probability.astype(np.float64), group),
            'precision': units(hits, found),
            'recall': units(hits, target),
            'f1': units(2 * hits, found.astype(int) + target),
            'item_accuracy': scores.plain(names, found == target, group),
        }

    def score(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, float]:
        """`loss` (nats a slice, 17.3 at most; plain), and what has units.

        Where nothing was found precision is NaN, and where no item has the sound recall and average
        precision are.
        """
        slices = np.clip(predictions['probability'].astype(np.float64), NEAREST, 1 - NEAREST)
        units = self.units(predictions, truth, meaning, tuned)
        return {
            'loss': metrics.cross_entropy(np.stack([1 - slices, slices], axis=-1), truth['target']),
            **{name: each.value for name, each in units.items()},
        }


def _parting(calls: Float[np.ndarray, ' calls'], others: Float[np.ndarray, ' others']) -> float:
    """What the greatest share of calls reaches, less the share of others; the lowest such call."""
    at = np.sort(calls)
    missed = np.searchsorted(at, at) / len(at)
    alarms = 1 - np.searchsorted(np.sort(others), at) / max(len(others), 1)
    return float(at[np.argmin(missed + alarms)])
