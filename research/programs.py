"""What takes the runs of a loop further: one run, or a stack of them as one program."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from research import parallel, reach, sources, values
from research import step as steps
from research.course import Course
from research.evaluate import Evaluator
from research.experiment import Experiment
from research.step import TrainState


@runtime_checkable
class Program(Protocol):
    """Steps and validations of runs, which have lanes in the order of their states."""

    def put(self, states: Sequence[TrainState]) -> Any:
        """The states as the devices hold them."""
        ...

    def get(self, spread: Any, lane: int) -> TrainState:
        """One run's state, a copy that outlives the next step where that donates."""
        ...

    def __call__(
        self, spread: Any, at: Sequence[int], updates: int, emptied: Sequence[bool]
    ) -> tuple[Any, Any]:
        """So many steps more of each lane, from the step where it is.

        Args:
            spread: states; not to be used again.
            at: steps done, by lane.
            updates: steps to do.
            emptied: whose sums begin anew.

        Returns:
            The states, and the sums for `read`.
        """
        ...

    def read(self, sums: Any) -> list[dict[str, float]]:
        """Sums by lane; waits for the devices."""
        ...

    def scores(self, spread: Any, lanes: Sequence[int]) -> list[dict[str, float]]:
        """Scores of the validation part, of those lanes."""
        ...

    def fewer(self, lanes: Sequence[int]) -> 'Program':
        """The program of those lanes alone."""
        ...


class Alone:
    """One run."""

    def __init__(
        self,
        experiment: Experiment,
        way: Course,
        devices: parallel.Devices,
        source: sources.Source,
        valid: Evaluator,
    ):
        self._devices, self._source, self._valid = devices, source, valid
        self._dispatch = steps.compile_steps(
            experiment, way.total, devices, reach.vanishes(experiment, source.shortest)
        )
        self._scalars = {name: jnp.float32(x) for name, x in values.extract(experiment).items()}
        self._positions = np.arange(experiment.batch_size, dtype=np.int32)

    def put(self, states: Sequence[TrainState]) -> Any:
        [state] = states
        return self._devices.put(state)

    def get(self, spread: Any, lane: int) -> TrainState:
        return self._devices.get(spread)

    def __call__(
        self, spread: Any, at: Sequence[int], updates: int, emptied: Sequence[bool]
    ) -> tuple[Any, Any]:
        data, indices = self._source(at[0], updates)
        rest = self._scalars, emptied[0]
        spread, sums = self._dispatch(spread, data, indices, self._positions, rest)
        self._source.dispatched(sums)
        return spread, sums

    def read(self, sums: Any) -> list[dict[str, float]]:
        found = jax.device_get(self._devices.get(sums))
        return [{name: float(x) for name, x in found.items()}]

    def scores(self, spread: Any, lanes: Sequence[int]) -> list[dict[str, float]]:
        state = self._devices.get(spread)
        return [self._valid.score(state.params, state.stats)]

    def fewer(self, lanes: Sequence[int]) -> Program:
        return self


class Stack:
    """Runs of one shape as one program: a member axis in front of parameters and optimizer state.

    Each member has the order of the data, the keys and the values that it has alone.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        way: Course,
        source: sources.Resident,
        valid: Evaluator,
        even: bool,
    ):
        first = experiments[0]
        self._experiments, self._way = list(experiments), way
        self._source, self._valid, self._even = source, valid, even
        self._devices = parallel.stack(len(experiments), first.batch_size, even)
        self._dispatch = steps.compile_steps(
            first, way.total, self._devices, reach.vanishes(first, source.shortest)
        )
        columns = [values.extract(each) for each in experiments]
        self._scalars = {
            name: jnp.array([each[name] for each in columns], jnp.float32) for name in columns[0]
        }
        self._positions = np.arange(first.batch_size, dtype=np.int32)
        self._data = self._devices.put(source.data)

    def put(self, states: Sequence[TrainState]) -> Any:
        return self._devices.deal(jax.tree.map(lambda *some: jnp.stack(some), *states))

    def get(self, spread: Any, lane: int) -> TrainState:
        return _taken(spread, lane)

    def __call__(
        self, spread: Any, at: Sequence[int], updates: int, emptied: Sequence[bool]
    ) -> tuple[Any, Any]:
        seeds = [each.seed for each in self._experiments]
        data, indices = self._source.together(self._data, seeds, at, updates)
        rest = self._scalars, np.array(emptied)
        return self._dispatch(spread, data, indices, self._positions, rest)

    def read(self, sums: Any) -> list[dict[str, float]]:
        found = jax.device_get(sums)
        return [
            {name: float(x[lane]) for name, x in found.items()}
            for lane in range(len(self._experiments))
        ]

    def scores(self, spread: Any, lanes: Sequence[int]) -> list[dict[str, float]]:
        states = _taken(spread, np.array(lanes))
        return self._valid.scores(states.params, states.stats)

    def fewer(self, lanes: Sequence[int]) -> Program:
        kept = [self._experiments[lane] for lane in lanes]
        return Stack(kept, self._way, self._source, self._valid, self._even)


@jax.jit
def _taken(tree: Any, lanes: Any) -> Any:
    return jax.tree.map(lambda x: x[lanes], tree)
