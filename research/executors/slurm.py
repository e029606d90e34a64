"""Workers in the queue of SLURM: an array of jobs, each launch.py on its share, by submitit.

A job that comes near its time limit is told so by a signal: its worker saves what it is at, and the
job goes back into the queue. The folder of the runs is one that all nodes see. Who started the
array may leave; who asks for the same grid again finds it in the queue and watches it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from research import ledger
from research.errors import UserError
from research.executors.local import LAUNCH, RESTARTS
from research.interrupts import Interrupts
from research.runs import RunError, read_json, write_json

LOOK_S = 0.5
ASK_S = 10.0
MINUTES = 60
# So often may a job come to its time limit. Each time it has gone on from where it was.
TIMEOUTS = 1000
NEEDED = (
    '--executor=slurm needs submitit, which is not installed: '
    'pip install -r requirements-slurm.txt -c constraints.txt'
)
# By which submitit hears of the limit; launch.py is told by SIGTERM, and must not die of these.
WARNINGS = (signal.SIGUSR1, signal.SIGUSR2)


class Job:
    """What submitit carries to a node: one worker.

    Args:
        arguments: of launch.py.
    """

    def __init__(self, arguments: Sequence[str]):
        self.arguments = (*arguments,)
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> int:
        """Runs the worker, again where it was killed; its exit code."""
        code = -signal.SIGKILL
        for _ in range(1 + RESTARTS):
            if code < 0:
                self._process = _start(self.arguments)
                while (code := self._process.poll()) is None:
                    time.sleep(LOOK_S)  # not wait, whose lock `checkpoint` may find closed
        return code

    def checkpoint(self) -> Any:
        """What is to be queued again, once the worker has saved what it was at."""
        from submitit.helpers import DelayedSubmission

        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(ChildProcessError):  # it has ended and was seen
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        return DelayedSubmission(Job(self.arguments))


def run(
    arguments: Sequence[str],
    name: str,
    entries: Sequence[ledger.Entry],
    runs_dir: Path,
    count: int | None,
    options: Sequence[str],
) -> int:
    """Queues an array of workers, or finds it in the queue, and watches until it is done.

    A signal ends the watching alone.

    Args:
        arguments: of launch.py, but for the share of the worker.
        name: of the grid.
        entries: its members.
        runs_dir: their folder, which nodes see under the same path.
        count: workers.
        options: of sbatch, as in 'partition=gpu', 'gpus-per-node=1'; 'time' in minutes.

    Returns:
        0 where all jobs have ended, or 128 and the number of the signal.

    Raises:
        UserError: submitit or SLURM is not there, sbatch refuses an option, no `count` is given.
    """
    folder = runs_dir.absolute() / ledger.FOLDER / f'{name}.slurm'
    note = folder / 'array.json'
    array = str(read_json(note)['array']) if note.is_file() else ''
    if array and queued(array):
        print(f'slurm     the array {array} is in the queue already', flush=True)
    else:
        array = _submit(arguments, folder, count, options)
        write_json(note, {'array': array})
        print(f'slurm     {count} jobs are queued as the array {array}', flush=True)
    print(f'slurm     what they say: {folder}; scancel {array} ends them, saved', flush=True)
    told = ''
    with Interrupts() as interrupts:
        while queued(array) and not interrupts.number:
            first = ledger.lines(name, entries)[0]
            counts, _, when = first.rpartition(' (')
            if counts != told:
                told = counts
                print(f'{counts} ({when}', flush=True)
            _sleep(interrupts)
    if interrupts.number:
        print(f'the array {array} goes on; the same command watches it, --status tells of it')
        return 128 + interrupts.number
    return 0


def submitted(executor: Any, arguments: Sequence[str], count: int) -> list[Any]:
    """The jobs of so many workers, given to an executor of submitit."""
    with executor.batch():
        return [
            executor.submit(Job([*arguments, f'--worker={number + 1}/{count}']))
            for number in range(count)
        ]


def queued(array: str) -> bool:
    """Whether a job of an array waits or runs.

    Raises:
        UserError: SLURM's squeue is not there.
        RunError: it does not answer.
    """
    command = ['squeue', '--noheader', '--format=%i', f'--jobs={array}']
    try:
        asked = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise UserError('--executor=slurm: there is no squeue here, so no SLURM') from error
    if asked.returncode == 0:
        return bool(asked.stdout.strip())
    if 'Invalid job id' in asked.stderr:  # it ended long ago
        return False
    raise RunError(f'squeue: {" ".join(asked.stderr.split())}: ask again when SLURM is up')


def parameters(options: Sequence[str]) -> dict[str, Any]:
    """What submitit is told of options of sbatch.

    Raises:
        UserError: one is not NAME=VALUE, or the time is no number of minutes.
    """
    told: dict[str, str] = {}
    for each in options:
        name, sign, value = each.partition('=')
        if not (name and sign):
            raise UserError(f"--sbatch={each}: NAME=VALUE is wanted, as in 'partition=gpu'")
        told[name.lstrip('-').replace('_', '-')] = value
    minutes = told.pop('time', str(MINUTES))
    if not (minutes.isdigit() and int(minutes)):
        raise UserError(f"--sbatch=time={minutes}: minutes are wanted, as in 'time=240'")
    return {'time': int(minutes), 'additional_parameters': told}


def _submit(
    arguments: Sequence[str], folder: Path, count: int | None, options: Sequence[str]
) -> str:
    """Queues the workers; the number of their array."""
    try:
        import submitit
    except ImportError as error:
        raise UserError(NEEDED) from error
    if count is None:
        raise UserError('--executor=slurm wants --workers=N: so many jobs share the grid')
    told = parameters(options)
    # A job finds this code whatever folder it begins in.
    path = os.environ.get('PYTHONPATH')
    os.environ['PYTHONPATH'] = os.pathsep.join([str(LAUNCH.parent), *([path] if path else [])])
    try:
        executor = submitit.SlurmExecutor(folder=folder, max_num_timeout=TIMEOUTS)
        executor.update_parameters(job_name='audiogrid', stderr_to_stdout=True, **told)
        jobs = submitted(executor, arguments, count)
    except RuntimeError as error:
        raise UserError(f'--executor=slurm: {" ".join(str(error).split())[-300:]}') from error
    return jobs[0].job_id.split('_')[0]


def _start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    former = {each: signal.signal(each, signal.SIG_IGN) for each in WARNINGS}  # it inherits this
    try:
        command = [sys.executable, str(LAUNCH), *arguments, f'--end_with={os.getpid()}']
        return subprocess.Popen(command, cwd=LAUNCH.parent, stdin=subprocess.DEVNULL)
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


def _sleep(interrupts: Interrupts) -> None:
    until = time.monotonic() + ASK_S
    while time.monotonic() < until and not interrupts.number:
        time.sleep(LOOK_S)
