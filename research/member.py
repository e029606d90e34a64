"""One run under way, alone or among others: its metrics, checkpoints, best validation and time."""

from collections.abc import Callable
from typing import Any

from research import claims
from research import step as steps
from research.checkpoint import Checkpoints
from research.course import Course
from research.experiment import Experiment
from research.loggers import Loggers
from research.loggers.jsonl import MetricsFile
from research.runs import Run, RunError
from research.selection import Selection, select


class Diverged(RunError):
    """A loss or a gradient stopped being finite."""


class Member:
    """What a run writes while it is trained; how it is trained is the loop's.

    Args:
        experiment: bound.
        place: its directory, made.
        way: its steps.
        claim: of the directory, held.
        checkpoints: in it.
        loggers: where its progress is shown.
    """

    def __init__(
        self,
        experiment: Experiment,
        place: Run,
        way: Course,
        claim: claims.Claim,
        checkpoints: Checkpoints,
        loggers: Loggers,
    ):
        self.experiment, self.place, self.way = experiment, place, way
        self.claim, self.checkpoints, self.loggers = claim, checkpoints, loggers
        self.history = MetricsFile(place.metrics)
        self.selection = Selection()
        self.seconds = self._unreported_s = 0.0

    def resume(self, fresh: steps.TrainState) -> steps.TrainState:
        """The newest whole checkpoint, or the fresh state; metrics later than it are dropped."""
        found = self.checkpoints.restore_latest(fresh)
        step, state = found or (0, fresh)
        lost = max((record['step'] for record in self.history.records()), default=0) - step
        self.history.truncate_after(step if found else -1)
        records = self.history.records()
        self.seconds = max((record['time_s'] for record in records), default=0.0)
        if found or lost > 0:
            self.loggers.say(
                f'resumed at step {step} of {self.way.total}'
                + (f'; {lost} later steps are done again' if lost > 0 else '')
            )
        selects_by = self.experiment.task.selects_by
        self.selection = select(records, selects_by)
        self.loggers.start(self.way.total, records, selects_by)
        return state

    @property
    def exhausted(self) -> bool:
        """Whether no better validation is waited for."""
        return self.selection.exhausted(self.experiment.patience)

    def charge(self, seconds: float, training: bool = True) -> None:
        """Adds time: a member of n that train together is charged an n-th of theirs."""
        self.seconds += seconds
        self._unreported_s += seconds if training else 0.0

    def report(self, at: int, seen: dict[str, float]) -> None:
        """Logs what was added up over the steps since the last report.

        Raises:
            Diverged: a step among them was not finite; the run is written down as failed.
        """
        updates, elapsed_s, self._unreported_s = seen['steps'], self._unreported_s, 0.0
        record = {
            'step': at,
            'split': 'train',
            'loss': seen['loss'] / updates,
            self.experiment.task.progress: seen['hits'] / updates,
            'grad_norm': seen['grad_norm'] / updates,
            'time_s': round(self.seconds, 3),
            'examples_per_s': round(updates * self.experiment.batch_size / elapsed_s, 1),
        }
        self._log(record)
        self._refuse_broken(seen['broken'])

    def validated(self, at: int) -> bool:
        return any(r['split'] == 'valid' and r['step'] == at for r in self.history.records())

    def validate(
        self, at: int, scores: dict[str, float], weights: Callable[[], steps.Weights]
    ) -> None:
        """Logs a validation, and keeps the weights of the best one."""
        self._log({'step': at, 'split': 'valid', **scores, 'time_s': round(self.seconds, 3)})
        self.selection = select(self.history.records(), self.experiment.task.selects_by)
        if self.selection.step == at:
            self.hold()
            self.checkpoints.save(at, weights(), kind='best')

    def save(self, state: steps.TrainState) -> None:
        """A checkpoint to resume from; never of a state that is not finite."""
        self._refuse_broken(float(state.broken))
        self.hold()
        self.checkpoints.save(int(state.step), state, kind='latest')

    def hold(self) -> None:
        """Stops here if the run was taken over while this process was frozen."""
        if self.claim.lost():
            raise claims.Claimed(f'{self.place.directory} was taken over by another process')

    def _log(self, record: dict[str, Any]) -> None:
        self.hold()
        self.history.append(record)
        self.loggers.log(record)

    def _refuse_broken(self, broken: float) -> None:
        """Ends the run, as failed, where a step was not finite; what is saved was before it."""
        if broken < 0:
            return
        self.hold()
        self.checkpoints.wait()
        good = self.checkpoints.newest('latest')
        at = int(broken) + 1
        kept = f'the last good checkpoint is of step {good}' if good else 'no checkpoint before it'
        reason = f'loss or gradient is not finite at step {at}; {kept}'
        self.place.fail(reason, at, good)
        raise Diverged(f'{self.place.directory}: {reason}; try a lower learning rate or clip_norm')
