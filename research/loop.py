"""The only loop: takes a run's state through its steps, from wherever that stands.

A run killed anywhere and started again ends with the numbers of one that was not: the order of the
data and everything random follow from seed and step, metrics later than the checkpoint are dropped
and earned again, and the best checkpoint is chosen from the metrics alone.
"""

import dataclasses
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from research import claims, evaluate, parallel, sources, values
from research import step as steps
from research.checkpoint import Checkpoints
from research.course import Course
from research.experiment import Experiment
from research.interrupts import Interrupted, Interrupts
from research.loggers import Loggers
from research.loggers.jsonl import MetricsFile
from research.runs import Run, RunError
from research.selection import Selection, select


class Diverged(RunError):
    """A loss or a gradient stopped being finite."""


@dataclasses.dataclass(frozen=True)
class Options:
    """How a run is carried out: it may change how sums are rounded, and nothing else.

    Attributes:
        parallel: layout over the devices, 'jit' or 'pmap'.
        checkpoint_every_s: seconds between two checkpoints to resume from.
        steps_per_dispatch: steps in one program; None: by platform and model.
        stream: whether data are read as they are needed: 'on', 'off', or 'auto', by the memory.
    """

    parallel: str = 'jit'
    checkpoint_every_s: float = 60.0
    steps_per_dispatch: int | None = None
    stream: str = 'auto'


class Loop:
    """One run under way: its checkpoints, its metrics and the clock."""

    def __init__(
        self,
        experiment: Experiment,
        place: Run,
        way: Course,
        devices: parallel.Devices,
        claim: claims.Claim,
        interrupts: Interrupts,
        checkpoints: Checkpoints,
        options: Options,
        loggers: Loggers,
    ):
        self.experiment, self.place, self.way, self.devices = experiment, place, way, devices
        self.claim, self.interrupts, self.options, self.loggers = (
            claim,
            interrupts,
            options,
            loggers,
        )
        self.history = MetricsFile(place.metrics)
        self.checkpoints = checkpoints
        self.selection = Selection()
        self.unread: tuple[int, dict[str, Any]] | None = None
        self.seconds = self.reported_s = 0.0

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

    def train(
        self, state: steps.TrainState, source: sources.Source, valid: evaluate.Evaluator
    ) -> steps.TrainState:
        """Steps from `state` to the end of the course, or to where patience or a signal ends it."""
        way = self.way
        dispatch = steps.compile_steps(self.experiment, way.total, self.devices)
        scalars = {name: jnp.float32(x) for name, x in values.extract(self.experiment).items()}
        positions = np.arange(self.experiment.batch_size, dtype=np.int32)
        at, spread = int(state.step), self.devices.put(state)
        fresh = way.reports_at(at)
        if at and way.validates_at(at) and not self._validated(at):
            self._validate(at, state, valid)
        self.reported_s = saved_s = time.monotonic()
        while at < way.total and not self.selection.exhausted(self.experiment.patience):
            updates = way.updates_from(at)
            data, indices = source(at, updates)
            spread, sums = dispatch(spread, data, indices, positions, (scalars, fresh))
            source.dispatched(sums)
            at += updates
            self._report()  # what was read before, now that the device has work again
            fresh = way.reports_at(at)
            self.unread = (at, sums) if fresh else None
            due = fresh and time.monotonic() - saved_s >= self.options.checkpoint_every_s
            stop = self.interrupts.number
            if way.validates_at(at) or due or stop:
                self._report()
                state = self.devices.get(spread)
                if way.validates_at(at):
                    self._validate(at, state, valid)
                if due or stop:
                    self.save(state)
                    saved_s = time.monotonic()
            if stop:
                self.checkpoints.wait()
                where = f'saved at step {at} of {way.total}; the same command goes on there'
                raise Interrupted(stop, where)
        return self.devices.get(spread)

    def save(self, state: steps.TrainState) -> None:
        """A checkpoint to resume from; never of a state that is not finite."""
        self._refuse_broken(float(state.broken))
        self.hold()
        self.checkpoints.save(int(state.step), state, kind='latest')

    def hold(self) -> None:
        """Stops here if the run was taken over while this process was frozen."""
        if self.claim.lost():
            raise claims.Claimed(f'{self.place.directory} was taken over by another process')

    def _report(self) -> None:
        """Logs what the last reporting dispatch gave, if that has not been done."""
        if self.unread is None:
            return
        at, sums = self.unread
        self.unread = None
        seen = {name: float(x) for name, x in jax.device_get(self.devices.get(sums)).items()}
        now, updates = time.monotonic(), seen['steps']
        elapsed, self.reported_s = now - self.reported_s, now
        self.seconds += elapsed
        record = {
            'step': at,
            'split': 'train',
            'loss': seen['loss'] / updates,
            self.experiment.task.progress: seen['hits'] / updates,
            'grad_norm': seen['grad_norm'] / updates,
            'time_s': round(self.seconds, 3),
            'examples_per_s': round(updates * self.experiment.batch_size / elapsed, 1),
        }
        self._log(record)
        self._refuse_broken(seen['broken'])

    def _validate(self, at: int, state: steps.TrainState, valid: evaluate.Evaluator) -> None:
        began_s = time.monotonic()
        scores = valid.score(state.params, state.stats)
        self.reported_s = time.monotonic()
        self.seconds += self.reported_s - began_s
        self._log({'step': at, 'split': 'valid', **scores, 'time_s': round(self.seconds, 3)})
        self.selection = select(self.history.records(), self.experiment.task.selects_by)
        if self.selection.step == at:
            self.hold()
            self.checkpoints.save(at, steps.Weights(state.params, state.stats), kind='best')

    def _validated(self, at: int) -> bool:
        return any(r['split'] == 'valid' and r['step'] == at for r in self.history.records())

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
