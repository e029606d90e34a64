"""What the loop must know of a problem: how outputs are judged, predicted and scored."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Array, Float

from research.tasks.classification import Classification, Units

__all__ = ['Classification', 'Task', 'Units']


@runtime_checkable
class Task(Protocol):
    """Losses are per example; masks and means live in the loop. Scores are numpy, on the host."""

    @property
    def selects_by(self) -> str: ...

    def outputs(self, classes: int) -> int: ...

    def loss(self, outputs: Array, targets: Array) -> Float[Array, ' batch']: ...

    def hits(self, outputs: Array, targets: Array) -> Float[Array, ' batch']: ...

    def predict(self, outputs: Array) -> dict[str, Array]: ...

    def units(
        self, predictions: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray]
    ) -> dict[str, Units]: ...

    def score(
        self, predictions: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray]
    ) -> dict[str, float]: ...
