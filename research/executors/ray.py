"""Workers on a Ray cluster: each a task that holds a whole device and runs launch.py on its share.

Where all nodes see the folder of the runs, workers meet there by claims, as those of one machine
do. Elsewhere each has runs of its own, and what becomes of them is fetched.

A task is a generator of what happens to it, so that lines and runs come while it works. Ray would
repeat such a task only if it said the same again, so a task whose worker or node has died is
started again from here.
"""

import math
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from research import claims
from research.errors import UserError
from research.executors import cluster, parcels, share
from research.executors.local import RESTARTS
from research.interrupts import Interrupts
from research.runs import Run

LOOK_S = 1.0


def run(
    arguments: Sequence[str],
    members: Mapping[int, Run],
    runs_dir: Path,
    address: str,
    asked: int | None,
    apart: str | None,
) -> int:
    """Runs `launch.py` with these arguments as workers on a cluster; the worst of their exit codes.

    A worker that is killed is started again, on another node where its own is gone. SIGTERM and
    SIGINT are handed on, and waited for.

    Args:
        arguments: of a worker, but for its share and the folder of the runs.
        members: the runs that are asked for, by their positions in the grid.
        runs_dir: their folder.
        address: of the cluster; '' or 'local': one of this machine alone is started.
        asked: so many workers; None: one a GPU, or one a node where there are none.
        apart: a folder of each node, for runs that are fetched; None: nodes use `runs_dir` where
            all see it, and else a temporary folder.

    Raises:
        UserError: Ray is not installed, or there is no such cluster.
    """
    ray = cluster.library()
    with cluster.connected(ray, address), cluster.marked(runs_dir) as mark:
        nodes = [node for node in ray.nodes() if node['Alive']]
        count, holds = cluster.sizes([node['Resources'] for node in nodes], asked)
        seen = None if apart else cluster.seen(ray, nodes, mark)
        each = ' and '.join(f'{n} {name[4:-1].upper()}' for name, n in holds.items() if n)
        print(f'ray       nodes: {len(nodes)}; workers: {count}, each with {each}', flush=True)
        if seen is None:
            print('ray       the nodes do not share the runs, which are fetched', flush=True)
        work = _Workers(ray, arguments, members, runs_dir, holds, count, seen, apart)
        with Interrupts() as interrupts:
            worst = work.run(interrupts)
    return 128 + interrupts.number if interrupts.number else worst


def dealt(members: Mapping[int, Run], number: int, count: int) -> list[int]:
    """The positions of one worker's own runs among those that are left to be trained."""
    left = [i for i, each in members.items() if each.status() not in ('finished', 'failed')]
    return left[number * len(left) // count : (number + 1) * len(left) // count]


class _Workers:
    """The workers of a grid, and what is heard of them."""

    def __init__(
        self,
        ray: Any,
        arguments: Sequence[str],
        members: Mapping[int, Run],
        runs_dir: Path,
        holds: Mapping[str, int],
        count: int,
        seen: Path | None,
        apart: str | None,
    ):
        self._ray, self._members, self._runs_dir, self._seen = ray, members, runs_dir, seen
        self._arguments, self._count = [*arguments], count
        self._mark = secrets.token_hex(4)
        self._apart = Path(apart or tempfile.gettempdir())
        self._stop = ray.remote(_Stop).options(num_cpus=0, max_restarts=-1, max_task_retries=-1)
        self._stop = self._stop.remote()
        self._task = ray.remote(_task).options(
            max_retries=0, num_returns='streaming', scheduling_strategy='SPREAD', **holds
        )
        self._own = [dealt(members, number, count) for number in range(count)] if not seen else []
        self._going: dict[Any, int] = {}
        self._begun: set[int] = set()
        self._restarts = [0] * count
        self._codes: dict[int, int] = {}

    def run(self, interrupts: Interrupts) -> int:
        """Hears of the workers until all have ended; the worst of their exit codes."""
        for number in range(self._count):
            self._start(number)
        while self._going:
            if interrupts.number:
                self._end()
            # What waits for a device is asked as well: of it there is nothing to hear.
            ready, _ = self._ray.wait([*self._going], timeout=LOOK_S)
            for task in ready:
                self._hear(task, bool(interrupts.number))
        return max(self._codes.values(), default=0)

    def _start(self, number: int) -> None:
        told = f'{number + 1}/{self._count}'
        if self._seen:
            which, runs_dir, own = [f'--worker={told}'], self._runs_dir.absolute(), {}
        else:
            left = [i for i in self._own[number] if self._members[i].status() != 'finished']
            if not left:
                self._codes[number] = 0
                return
            listed = ','.join(str(i + 1) for i in left)
            which = ['--worker=1/1', f'--members={listed}']
            runs_dir = self._apart / f'audiogrid-{self._mark}-{number + 1}'
            own = {self._name(self._members[i]): _begun(self._members[i]) for i in left}
        arguments = *self._arguments, *which
        asked = share.Share(arguments, share.carried(), runs_dir, self._seen, own)
        self._begun.discard(number)
        self._going[self._task.remote(asked, self._stop)] = number

    def _end(self) -> None:
        """Lets all save what they are at; who waits for a device is not waited for."""
        self._stop.ask.remote()
        for task, number in [*self._going.items()]:
            if number not in self._begun:
                self._ray.cancel(task)
                del self._going[task]

    def _hear(self, task: Any, stopping: bool) -> None:
        """Takes the next event of a worker, which is there."""
        number, errors = self._going[task], self._ray.exceptions
        self._begun.add(number)
        try:
            event = self._ray.get(next(task))
        except StopIteration:
            event = 1  # its code is the last that it says
        except errors.RayTaskError as error:
            event = 2 if isinstance(error.cause, UserError) else 1
            self._say(number, f'error: {error.cause}')
        except errors.RayError as error:
            event = -9
            self._say(number, f'is gone ({type(error).__name__})')
        if isinstance(event, str):
            if event.strip():
                self._say(number, event)
        elif isinstance(event, share.Parcel):
            self._fetched(number, event)
        else:
            del self._going[task]
            if event < 0 and not stopping and self._restarts[number] < RESTARTS:
                self._restarts[number] += 1
                self._say(number, 'was ended from outside; it is started again')
                self._start(number)
            else:
                self._codes[number] = 128 - event if event < 0 else event

    def _fetched(self, number: int, parcel: share.Parcel) -> None:
        run = Run(self._runs_dir / parcel.run)
        try:
            if parcels.unwrap(parcel.content, run):
                self._say(number, f'fetched   {run.directory}: {run.status()}')
        except claims.Claimed as claimed:
            self._say(number, f'not fetched: {claimed}')

    def _name(self, run: Run) -> str:
        return run.directory.relative_to(self._runs_dir).as_posix()

    def _say(self, number: int, line: str) -> None:
        print(f'worker {number + 1}  {line.rstrip()}', flush=True)


class _Stop:
    """Whether workers are to end; asked by each of them, wherever it is."""

    def __init__(self) -> None:
        self._asked = False

    def ask(self) -> None:
        self._asked = True

    def asked(self) -> bool:
        return self._asked


def _task(own: share.Share, stop: Any) -> Iterator[str | share.Parcel | int]:
    """What Ray runs on a node."""
    import ray

    looked_s = -math.inf

    def stopping() -> bool:
        nonlocal looked_s
        if time.monotonic() - looked_s < LOOK_S:
            return False
        looked_s = time.monotonic()
        return ray.get(stop.asked.remote())

    yield from share.work(own, stopping)


def _begun(run: Run) -> bytes | None:
    """What there is of a run that somebody is to go on with."""
    return parcels.wrap(run) if run.status() == 'started' else None
