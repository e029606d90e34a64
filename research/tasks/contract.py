"""What the loop must know of a problem: how outputs are judged, predicted and scored."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Array, Float

from research.corpora import Corpus
from research.examples import Examples
from research.meaning import Meaning
from research.scores import Counted

# Columns over the examples of a part: what a model says of each, and what is true of it.
Predictions = Mapping[str, np.ndarray]
Truth = Mapping[str, np.ndarray]
# What is chosen on the validation part and used on others: a threshold, a temperature.
Tuned = Mapping[str, float]


@runtime_checkable
class Task(Protocol):
    """Losses are per example; means over the batch live in the loop. Scores are numpy, on the host.

    `outputs` is what a model gives: an array, or a tuple of an array and its valid lengths.
    `targets` is any tree of arrays with a leading axis over examples.

    Attributes:
        labels: what a model is to give an output for: 'recording', 'frames' or 'tokens'.
        progress: what `hits` is called among the metrics.
    """

    labels: ClassVar[str]
    progress: ClassVar[str]

    @property
    def selects_by(self) -> str:
        """The score by which validation picks a checkpoint: see research.scores."""
        ...

    def meaning(self, corpus: Corpus, train: Examples) -> Meaning:
        """What the outputs stand for; UserError where the task cannot learn from the corpus."""
        ...

    def outputs(self, meaning: Meaning) -> int:
        """How many outputs a model has."""
        ...

    def targets(self, corpus: Corpus, examples: Examples, meaning: Meaning) -> Any:
        """What the loss is given of each example, as arrays on the host."""
        ...

    def truth(self, corpus: Corpus, examples: Examples) -> dict[str, np.ndarray]:
        """What is true of each example, beside `item`, `slice` and `group`; kept with the run."""
        ...

    def loss(self, outputs: Any, targets: Any) -> Float[Array, ' batch']: ...

    def hits(self, outputs: Any, targets: Any) -> Float[Array, ' batch']:
        """What progress shows beside the loss."""
        ...

    def predict(self, outputs: Any, targets: Any) -> dict[str, Array]:
        """Small arrays per example; `targets` is None where nothing is known of the examples."""
        ...

    def tune(self, predictions: Predictions, truth: Truth, meaning: Meaning) -> dict[str, float]:
        """What is chosen on the validation part."""
        ...

    def units(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> Mapping[str, Counted]:
        """Each score that has an interval, as what it is made of; keys of research.scores."""
        ...

    def score(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, float]:
        """All scores of a part; `loss` and `selects_by` among them; NaN: not defined there."""
        ...
