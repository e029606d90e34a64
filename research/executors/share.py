"""What a worker does on a machine that may be another: launch.py on its share, told event by event.

Knows nothing of who carries it there.
"""

import dataclasses
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from research.errors import UserError
from research.executors import parcels
from research.executors.local import LAUNCH
from research.runs import Run

LOOK_S = 0.2
# W&B writes on when a run has its result: it is carried when its files have been still for so long.
STILL_S = 10.0


@dataclasses.dataclass(frozen=True)
class Share:
    """What a worker is to do.

    Attributes:
        arguments: of launch.py, but for the folder of the runs.
        environment: variables besides those of the worker's machine.
        runs_dir: shared by all; or of this worker alone, and removed when it has ended.
        seen: a file by which a shared folder is known; None: it is not shared.
        own: directories below `runs_dir` of runs to be carried back, of each what there is of it.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    runs_dir: Path
    seen: Path | None = None
    own: Mapping[str, bytes | None] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Parcel:
    """What became of a run: its directory below that of the runs, and all that is in it."""

    run: str
    content: bytes


def sees(path: Path) -> bool:
    """Whether this machine sees a file of another's."""
    return path.is_file()


def still(run: Run) -> bool:
    """Whether a run is finished, and nothing in it has changed for a while."""
    if run.status() != 'finished' or time.time() - run.result.stat().st_mtime < STILL_S:
        return False
    changed = (path.lstat().st_mtime for path in run.directory.rglob('*') if path.is_file())
    return time.time() - max(changed) >= STILL_S


def work(share: Share, stopping: Callable[[], bool]) -> Iterator[str | Parcel | int]:
    """Runs launch.py; yields its lines, its runs where they are carried, and its exit code.

    Args:
        share: what is to be done.
        stopping: whether the worker is to save what it is at, and end.

    Raises:
        UserError: this machine does not see the folder of the runs, though others do.
    """
    yield f'is process {os.getpid()} on {platform.node()}'
    if share.seen and not sees(share.seen):
        raise UserError(
            f'{platform.node()} does not see {share.runs_dir}: share the folder with all nodes, '
            'or name one of their own by --ray_runs_dir, from which runs are fetched'
        )
    own = {name: Run(share.runs_dir / name) for name in share.own}
    for name, run in own.items():
        content = share.own[name]
        # What an earlier try of this worker left here is further.
        if content is not None and run.status() == 'absent':
            parcels.unwrap(content, run)
    with tempfile.TemporaryFile() as said:
        process = _start(share, said.fileno())
        offset, rest, asked, code = 0, b'', False, None
        try:
            while code is None:
                code = process.poll()
                if not asked and stopping():
                    asked = True
                    process.terminate()
                while more := os.pread(said.fileno(), 1 << 16, offset):
                    offset += len(more)
                    *lines, rest = (rest + more).split(b'\n')
                    yield from (line.decode(errors='replace') for line in lines)
                for name in [name for name, run in own.items() if still(run)]:
                    yield Parcel(name, parcels.wrap(own.pop(name)))
                time.sleep(LOOK_S)
        finally:
            process.terminate()  # does nothing to one that has ended
    if rest:
        yield rest.decode(errors='replace')
    begun = [name for name, run in own.items() if run.status() != 'absent']
    for name in begun if code >= 0 else ():
        yield Parcel(name, parcels.wrap(own[name]))
    if code == 0 and own:
        yield f'ended without {len(own)} of its runs: is its corpus, or its code, another?'
    if share.seen is None and code >= 0:
        shutil.rmtree(share.runs_dir, ignore_errors=True)
    yield code


def _start(share: Share, said: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(LAUNCH), *share.arguments, f'--runs_dir={share.runs_dir}']
    return subprocess.Popen(
        [*command, f'--end_with={os.getpid()}'],
        cwd=LAUNCH.parent,
        env=environment(share.environment),
        stdin=subprocess.DEVNULL,
        stdout=said,  # a file: who writes to it outlives who reads it
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """This machine's variables and more; Ray's bound on threads is not one of them."""
    here = {name: value for name, value in os.environ.items() if name != 'OMP_NUM_THREADS'}
    return here | dict(more) | {'PYTHONUNBUFFERED': '1'}


def carried(names: Sequence[str] = ('JAX_', 'XLA_', 'OMP_NUM_THREADS')) -> dict[str, str]:
    """The variables that say how programs run, which a worker elsewhere has from here."""
    return {k: v for k, v in os.environ.items() if k.startswith(tuple(names))}
