"""What each task's runs end with beside their scores: more scores, files, pictures."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from research.evaluate import Evaluator
from research.experiment import Experiment
from research.material import Material
from research.runs import Run
from research.scores import Units
from research.step import Weights
from research.tasks import Classification


@dataclasses.dataclass(frozen=True)
class Trained:
    """A trained run before its result is written.

    Attributes:
        place: its directory.
        experiment: bound.
        made: corpus, parts and meaning.
        weights: of the checkpoint that validation picked.
        evaluators: of 'valid' and 'test'.
        predictions: of each.
        tuned: on validation.
    """

    place: Run
    experiment: Experiment
    made: Material
    weights: Weights
    evaluators: Mapping[str, Evaluator]
    predictions: Mapping[str, Mapping[str, np.ndarray]]
    tuned: Mapping[str, float]


def more(trained: Trained) -> dict[str, dict[str, Units]]:
    """Scores per part that take more than the task's predictions; writes their files."""
    return {}


def draw(trained: Trained) -> None:
    """Writes the plots and pages of the task's own."""
    if isinstance(trained.experiment.task, Classification):
        from research.results import classification

        classification.draw(trained)
