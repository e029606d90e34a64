"""What each task's runs end with beside their scores: more scores, files, pictures."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from research.evaluate import Evaluator
from research.experiment import Experiment
from research.material import Material
from research.runs import Run
from research.scores import Units
from research.step import Weights
from research.tasks import CTC, Classification, Detection, NextFrame, NextToken, Regression


def _printed(line: str) -> None:
    print(line, flush=True)


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
        tuned: on validation, with what `learnt` adds.
        say: takes a line for a person; as it is, printed.
    """

    place: Run
    experiment: Experiment
    made: Material
    weights: Weights
    evaluators: Mapping[str, Evaluator]
    predictions: Mapping[str, Mapping[str, np.ndarray]]
    tuned: Mapping[str, float]
    say: Callable[[str], None] = _printed


def more(trained: Trained) -> dict[str, dict[str, Units]]:
    """Scores per part that take more than the task's predictions; writes their files."""
    if isinstance(trained.experiment.task, Classification):
        from research.results import classification

        return classification.more(trained)
    if isinstance(trained.experiment.task, Detection):
        from research.results import detection

        return detection.more(trained)
    if isinstance(trained.experiment.task, CTC):
        from research.results import ctc

        return ctc.more(trained)
    return {}


def learnt(experiment: Experiment, made: Material) -> dict[str, float]:
    """What of the training part joins what is tuned on validation."""
    if isinstance(experiment.task, Detection):
        from research.results import detection

        return detection.learnt(made)
    return {}


def beside(trained: Trained) -> dict[str, dict[str, Any]]:
    """What the scores of `more` stand on, for result.json beside those of the parts."""
    if isinstance(trained.experiment.task, Detection):
        from research.results import detection

        return detection.beside(trained)
    return {}


def draw(trained: Trained) -> None:
    """Writes the plots and pages of the task's own."""
    if isinstance(trained.experiment.task, Classification):
        from research.results import classification

        classification.draw(trained)
    if isinstance(trained.experiment.task, Regression):
        from research.results import regression

        regression.draw(trained)
    if isinstance(trained.experiment.task, Detection):
        from research.results import detection_plots

        detection_plots.draw(trained)
    if isinstance(trained.experiment.task, NextToken | NextFrame):
        from research.results import next_token

        next_token.draw(trained)
    if isinstance(trained.experiment.task, CTC):
        from research.results import ctc

        ctc.draw(trained)
