"""Which module answers for a run's task."""

from research import reach
from research.predicting.answers import Answers, Options
from research.predicting.hearing import Sounds
from research.tasks import CTC, Classification, Detection, Regression
from research.tokens import View
from research.trained import Loaded


def answers(loaded: Loaded, options: Options, batch: int) -> Answers:
    """Of a run's task.

    Args:
        loaded: the run.
        options: the user's.
        batch: windows at once.

    Raises:
        UserError: an option that the task has no use for, or that does not fit the run.
    """
    task = loaded.experiment.task
    if isinstance(loaded.experiment.frontend, View):
        from research.predicting.pieces import Likelihoods

        return Likelihoods(loaded, options, batch)
    if isinstance(task, Classification):
        from research.predicting.classification import Classes as Own
    elif isinstance(task, CTC):
        from research.predicting.speech import Transcripts as Own
    elif isinstance(task, Detection):
        from research.predicting.detection import Calls as Own
    else:
        assert isinstance(task, Regression), task
        from research.predicting.regression import Numbers as Own
    return Sounds(Own(loaded, options, batch), reach.of(loaded.experiment))
