"""One run over the devices of several hosts: process 0 leads, the others follow.

Process 0 has the run: its claim, checkpoints, metrics, validations and every decision. The others
have a program and the training part, and do what they are told: take a state, take so many steps.
The batch is shared by the devices of all hosts, and what leaves a step is the same on each of them,
so that no host has to be asked for anything but its part of the sums.
"""

import contextlib
import functools
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import NamedSharding, PartitionSpec

from research import parallel
from research.errors import UserError
from research.interrupts import Interrupts
from research.programs import Alone, Program
from research.step import TrainState

END, PUT, STEPS = range(3)
# What carries numbers between processes, as its errors name it.
TRANSPORT = re.compile('gloo|nccl|rccl|megascale|coordination', re.IGNORECASE)


def join(coordinator: str, processes: int | None, process_id: int | None) -> None:
    """Makes this process one of several that train a run; before any device is asked for.

    Args:
        coordinator: host:port of process 0, which the others can reach; or 'auto', where the
            cluster (SLURM, Kubernetes, a TPU pod) tells jax how many there are and which this is.
        processes: how many there are.
        process_id: which of them this is, from 0.

    Raises:
        UserError: a number is missing or out of range, or the others do not come.
    """
    if coordinator == 'auto':
        asked: dict[str, Any] = {}
        if processes is not None or process_id is not None:
            raise UserError('--coordinator=auto finds --processes and --process_id by itself')
    else:
        if processes is None or process_id is None:
            raise UserError('--coordinator wants --processes=N and --process_id=0 to N-1')
        if not 0 <= process_id < processes:
            raise UserError(f'--process_id={process_id}: 0 to {processes - 1} are wanted')
        host, _, port = coordinator.rpartition(':')
        if not host or not port.isdigit():
            raise UserError(f"--coordinator={coordinator}: 'host:port' of process 0 is wanted")
        asked = {
            'coordinator_address': coordinator,
            'num_processes': processes,
            'process_id': process_id,
        }
    try:
        jax.distributed.initialize(**asked)
    except (RuntimeError, ValueError) as error:
        reason = ' '.join(str(error).split())[:200]
        raise UserError(
            f'--coordinator={coordinator}: the processes did not meet: {reason}'
        ) from error


def several() -> bool:
    """Whether other processes take part in the run of this one."""
    return jax.process_count() > 1


def leads() -> bool:
    """Whether this process has the run."""
    return jax.process_index() == 0


class Hosts(parallel.Jit):
    """parallel.Jit over the devices of all processes, each of which has the whole of every array.

    Args:
        batch_size: examples that the devices share.

    Raises:
        UserError: they cannot be shared evenly.
    """

    def __init__(self, batch_size: int):
        devices = jax.devices()
        parallel.refuse_uneven(batch_size, len(devices))
        super().__init__(devices)

    def put(self, tree: Any) -> Any:
        return jax.tree.map(lambda x: self._placed(x, PartitionSpec()), tree)

    def get(self, tree: Any) -> Any:
        """This process's own copy."""
        return jax.tree.map(lambda x: x.addressable_data(0).copy(), tree)

    def compile(self, dispatch: Callable) -> Callable:
        """As Jit.compile, of arrays that each process has whole."""
        compiled = super().compile(dispatch)

        def placed(state, data, indices, positions, rest):
            indices = self._placed(indices, PartitionSpec(None, parallel.BATCH))
            positions = self._placed(positions, PartitionSpec(parallel.BATCH))
            return compiled(state, data, indices, positions, self.put(rest))

        return placed

    def _placed(self, x: Any, spec: PartitionSpec) -> jax.Array:
        whole = np.asarray(x)
        sharding = NamedSharding(self.mesh, spec)
        return jax.make_array_from_callback(whole.shape, sharding, lambda part: whole[part])


class Led:
    """A program that the other processes carry out too; what process 0 has of it.

    Args:
        program: of one run, on Hosts.
    """

    def __init__(self, program: Alone):
        self._program = program

    def put(self, states: Sequence[TrainState]) -> Any:
        [state] = states
        with _answered():
            _tell(PUT)
            return self._program.put([multihost_utils.broadcast_one_to_all(state)])

    def get(self, spread: Any, lane: int) -> TrainState:
        with _answered():
            return self._program.get(spread, lane)

    def __call__(
        self, spread: Any, at: Sequence[int], updates: int, emptied: Sequence[bool]
    ) -> tuple[Any, Any]:
        with _answered():
            _tell(STEPS, at[0], updates, emptied[0])
            return self._program(spread, at, updates, emptied)

    def read(self, sums: Any) -> list[dict[str, float]]:
        with _answered():
            return self._program.read(sums)

    def scores(self, spread: Any, lanes: Sequence[int]) -> list[dict[str, float]]:
        with _answered():
            return self._program.scores(spread, lanes)

    def fewer(self, lanes: Sequence[int]) -> Program:
        return self


def end(code: int) -> None:
    """Lets the other processes go, with an exit code; for process 0."""
    with _answered():
        _tell(END, code)


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Ends process 0 at once where another process does not answer; what is saved stands.

    On the usual way out jax waits a minute or more for who is gone, and then aborts.
    """
    try:
        yield
    except (ValueError, RuntimeError) as error:  # as the transports have it
        if not TRANSPORT.search(str(error)):
            raise
        reason = ' '.join(str(error).split())[:200]
        print(
            f'error: another process of this run does not answer ({reason}); the same commands '
            'go on from the last checkpoint',
            file=sys.stderr,
        )
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


def follow(program: Alone, fresh: TrainState) -> int:
    """Does what process 0 says until that ends; signals are for process 0.

    Args:
        program: the same as process 0 has.
        fresh: a state of the shapes that will be told.

    Returns:
        The exit code that process 0 ended with.
    """
    spread = None
    with Interrupts():
        while True:
            order, at, updates, emptied = _told()
            if order == END:
                return at
            if order == PUT:
                spread = program.put([multihost_utils.broadcast_one_to_all(fresh)])
            else:
                spread, _ = program(spread, [at], updates, [bool(emptied)])


@functools.cache
def layout(batch_size: int) -> Hosts:
    """All devices of all processes; one object, because programs are kept by it."""
    return Hosts(batch_size)


def agree(**facts: Any) -> None:
    """Compares what all processes must have in common; each of them calls this at the same place.

    Args:
        facts: by name, of JSON.

    Raises:
        UserError: names those in which a process differs from process 0; in every process.
    """
    digests = [hashlib.sha256(json.dumps(each, sort_keys=True).encode()) for each in facts.values()]
    own = np.array([[*digest.digest()] for digest in digests], np.int32)
    everyone = np.asarray(multihost_utils.process_allgather(own))
    apart = (everyone != everyone[:1]).any(axis=2)
    if apart.any():
        names = [name for name, one in zip(facts, apart.any(axis=0), strict=True) if one]
        others = ', '.join(map(str, np.flatnonzero(apart.any(axis=1))))
        raise UserError(
            f'processes 0 and {others} differ in {", ".join(names)}: give all of them the same '
            'flags, corpora and versions'
        )


def _tell(order: int, *numbers: int) -> None:
    said = [order, *map(int, numbers)]
    multihost_utils.broadcast_one_to_all(np.array(said + [0] * (4 - len(said)), np.int32))


def _told() -> list[int]:
    return multihost_utils.broadcast_one_to_all(np.zeros(4, np.int32)).tolist()
