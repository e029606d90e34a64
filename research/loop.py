"""The only loop: takes runs through their steps, side by side, from wherever each of them stands.

A run killed anywhere and started again ends with the numbers of one that was not: the order of the
data and everything random follow from seed and step, metrics later than the checkpoint are dropped
and earned again, and the best checkpoint is chosen from the metrics alone. A run that fails among
others fails alone.
"""

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

from research import claims
from research.course import Course
from research.interrupts import Interrupted, Interrupts
from research.member import Diverged, Member
from research.programs import Program
from research.step import TrainState, Weights


@dataclasses.dataclass(frozen=True)
class Options:
    """How a run is carried out: it may change how sums are rounded, and nothing else.

    Attributes:
        parallel: layout over the devices, 'jit' or 'pmap'.
        checkpoint_every_s: seconds between two checkpoints to resume from.
        steps_per_dispatch: steps in one program; None: by platform and model.
        stream: whether data are read as they are needed: 'on', 'off', or 'auto', by the memory.
        surroundings: what environment.json is to hold besides.
    """

    parallel: str = 'jit'
    checkpoint_every_s: float = 60.0
    steps_per_dispatch: int | None = None
    stream: str = 'auto'
    surroundings: dict[str, Any] = dataclasses.field(default_factory=dict)


class Loop:
    """Runs that are trained side by side: one, or those of a stack.

    Args:
        members: whose validations, reports and checkpoints are due as their own steps say.
        program: what takes all of them further.
        way: the steps of each.
        interrupts: ask it to stop.
        every_s: seconds between two checkpoints to resume from.

    Attributes:
        failures: why members did not reach their end, by their position.
    """

    def __init__(
        self,
        members: Sequence[Member],
        program: Program,
        way: Course,
        interrupts: Interrupts,
        every_s: float,
    ):
        self.members, self.program, self.way = members, program, way
        self.interrupts, self.every_s = interrupts, every_s
        self.failures: dict[int, Exception] = {}
        self._ends: dict[int, TrainState] = {}
        self._at: dict[int, int] = {}
        # Members by their places in the program; some of them may have ended.
        self._lanes: list[int] = []
        self._spread: Any = None
        self._unread: tuple[dict[int, int], Any] | None = None
        self._clock_s = 0.0

    def train(self, states: list[TrainState]) -> dict[int, TrainState]:
        """Steps from `states` to the end of the course, or to where patience or a signal ends it.

        Args:
            states: of the members; emptied, so that the devices do not hold them twice.

        Returns:
            The last states, which are saved, by the positions of the members that got there.

        Raises:
            Interrupted: a signal came, and all that was running is saved.
            CheckpointError, OSError: the disk is full; what was saved before is whole.
        """
        way = self.way
        self._lanes = [*range(len(states))]
        self._at = {lane: int(state.step) for lane, state in enumerate(states)}
        self._spread = self.program.put(states)
        states.clear()
        self._clock_s = saved_s = time.monotonic()
        self._validate([m for m in self._running() if self._at[m] and not self._judged(m)])
        self._settle()
        fresh = self._due(self._lanes)
        while running := self._running():
            updates = min(way.updates_from(self._at[m]) for m in running)
            at = [self._at[m] for m in self._lanes]
            emptied = [m in fresh for m in self._lanes]
            self._spread, sums = self.program(self._spread, at, updates, emptied)
            for member in running:
                self._at[member] += updates
            self._report()  # what was read before, now that the device has work again
            fresh = self._due(running)
            self._unread = ({m: self._at[m] for m in fresh}, sums) if fresh else None
            saves = bool(fresh) and time.monotonic() - saved_s >= self.every_s
            validated = [m for m in running if way.validates_at(self._at[m])]
            stop = None
            if validated or saves or self.interrupts.number:
                self._report()
                self._validate(validated)
                stop = self.interrupts.number  # which may have come amid the validation
                if saves or stop:
                    self._each(self._running(), self._save)
                    saved_s = time.monotonic()
            if stop and self._running():
                for member in self._running():
                    self.members[member].checkpoints.wait()
                raise Interrupted(stop, self._where())
            self._settle()
        return self._ends

    def _running(self) -> list[int]:
        return [m for m in self._lanes if m not in self.failures and m not in self._ends]

    def _due(self, members: Sequence[int]) -> list[int]:
        return [m for m in members if self.way.reports_at(self._at[m])]

    def _judged(self, member: int) -> bool:
        """Whether the validation of where a member stands is done, or none is there."""
        at = self._at[member]
        return not self.way.validates_at(at) or self.members[member].validated(at)

    def _settle(self) -> None:
        """Saves the states of members that have ended, and leaves the ended out where that pays."""
        for member in self._running():
            if self._at[member] >= self.way.total or self.members[member].exhausted:
                self._report()
                self._each([member], self._end)
        running = self._running()
        if running and 2 * len(running) <= len(self._lanes):
            self._report()
            running = self._running()
            states = [self._state(member) for member in running]
            self.program = self.program.fewer([self._lanes.index(m) for m in running])
            self._lanes = running
            self._spread = self.program.put(states) if running else None

    def _end(self, member: int) -> None:
        state = self._state(member)
        self.members[member].save(state)
        self._ends[member] = state

    def _state(self, member: int) -> TrainState:
        return self.program.get(self._spread, self._lanes.index(member))

    def _save(self, member: int) -> None:
        self.members[member].save(self._state(member))

    def _report(self) -> None:
        """Logs what the last reporting program gave, if that has not been done."""
        if self._unread is None:
            return
        (steps, sums), self._unread = self._unread, None
        read = self.program.read(sums)
        self._charge(training=True)
        seen = {m: read[self._lanes.index(m)] for m in steps}
        self._each(
            [m for m in steps if m in self._running()],
            lambda m: self.members[m].report(steps[m], seen[m]),
        )

    def _validate(self, members: Sequence[int]) -> None:
        wanted = [m for m in members if m in self._running()]
        if not wanted:
            return
        lanes = [self._lanes.index(m) for m in wanted]
        scores = dict(zip(wanted, self.program.scores(self._spread, lanes), strict=True))
        self._charge(training=False)

        def validate(member: int) -> None:
            def weights() -> Weights:
                state = self._state(member)
                return Weights(state.params, state.stats)

            self.members[member].validate(self._at[member], scores[member], weights)

        self._each(wanted, validate)

    def _charge(self, training: bool) -> None:
        now_s = time.monotonic()
        running = self._running()
        for member in running:
            self.members[member].charge((now_s - self._clock_s) / len(running), training)
        self._clock_s = now_s

    def _each(self, members: Sequence[int], act: Any) -> None:
        """One after the other; who diverged or was taken over is out, and the others go on."""
        for member in members:
            try:
                act(member)
            except (Diverged, claims.Claimed) as error:
                self.failures[member] = error

    def _where(self) -> str:
        ats = sorted({self._at[m] for m in self._running()})
        who = '' if len(self.members) == 1 else f'{len(self._running())} runs '
        at = ' to '.join(map(str, dict.fromkeys((ats[0], ats[-1]))))
        return f'{who}saved at step {at} of {self.way.total}; the same command goes on there'
