"""A run in steps: how many there are, and after which ones something else happens.

All of it is a function of the step alone, so that a resumed run does the same in the same places.
"""

import dataclasses

from research import parallel
from research.experiment import Experiment

REPORT_STEPS = 24


@dataclasses.dataclass(frozen=True)
class Course:
    """The steps of one run.

    Attributes:
        examples: in the training part.
        total: updates of the parameters.
        between: updates between two validations.
        report: updates between two reports of the training loss, at most.
        dispatch: updates in one program; one where steps differ in length.
    """

    examples: int
    total: int
    between: int
    report: int
    dispatch: int

    def validates_at(self, step: int) -> bool:
        return step == self.total or step % self.between == 0

    def reports_at(self, step: int) -> bool:
        return self.validates_at(step) or step % self.between % self.report == 0

    def updates_from(self, step: int) -> int:
        """Updates in the program that starts at `step`: one, or all where no report is between."""
        inside = range(step + 1, step + self.dispatch)
        fits = step + self.dispatch <= self.total and not any(map(self.reports_at, inside))
        return self.dispatch if fits else 1


def course(experiment: Experiment, examples: int, most: int | None = None) -> Course:
    """The course of an experiment on so many training examples.

    Args:
        experiment: its `steps` win over its `epochs`.
        examples: in the training part.
        most: updates in one program; None: by platform and model.
    """
    epoch = examples / experiment.batch_size
    total = experiment.steps or max(round(experiment.epochs * epoch), 1)
    between = min(max(round(experiment.eval_epochs * epoch), 1), total)
    report = min(REPORT_STEPS, between)
    convolves = getattr(type(experiment.model), 'convolves', False)
    dispatch = min(most or parallel.steps_per_dispatch(convolves), report)
    if experiment.data.buckets > 1:
        dispatch = 1
    return Course(examples, total, between, report, dispatch)
