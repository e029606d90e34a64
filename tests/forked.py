"""launch.py in processes that are forked from one that has imported all: a start for no imports."""

import contextlib
import itertools
import multiprocessing
import os
import runpy
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import forkserver
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PATIENCE_S, LONGEST_S = 120, 300
# `pytest`, as children look for its main module; what begins no thread but numpy's own.
IMPORTED = ('pytest', 'research.start', 'research.train', 'research.forests', 'experiments.genre')


class Ended(NamedTuple):
    code: int
    out: str
    err: str


class Process:
    """What a test needs of subprocess.Popen, its output in files."""

    def __init__(self, target: Callable[..., None], folder: Path, *arguments: object):
        self._files = folder / 'out', folder / 'err'
        context = multiprocessing.get_context('forkserver')
        self._process = context.Process(target=target, args=(self._files, *arguments))
        self._process.start()

    def poll(self) -> int | None:
        """The exit code, -n by signal n; None while it runs."""
        return self._process.exitcode

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def until(self, reached: Callable[[], object]) -> None:
        """Waits for what this process is to reach while it runs."""
        deadline = time.monotonic() + PATIENCE_S
        while not reached():
            assert time.monotonic() < deadline
            assert self.poll() is None, self.end()
            time.sleep(0.001)

    def send_signal(self, number: int) -> None:
        if self.pid is not None and self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def end(self) -> Ended:
        self._process.join(LONGEST_S)
        code = self.poll()
        assert code is not None, f'not ended after {LONGEST_S} s'
        out, err = (path.read_text() if path.exists() else '' for path in self._files)
        return Ended(code, out, err)


@contextlib.contextmanager
def forking(folder: Path, environment: Mapping[str, str]) -> Iterator[Callable[..., Process]]:
    """Starts `launch.py FLAGS` without pictures, unless `pictures`; what still runs is killed.

    Args:
        folder: for what the processes say.
        environment: of all, beside this process's own; a call's own variables hold for it alone,
            and come too late for what is read at an import.
    """
    before = dict(os.environ)
    os.environ.update(environment, PYTHONPATH=str(ROOT))
    try:
        multiprocessing.get_context('forkserver').set_forkserver_preload([*IMPORTED])
        forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(before)
    numbers, started = itertools.count(), []

    def start(*flags: str, pictures: bool = False, **own: str) -> Process:
        place = folder / str(next(numbers))
        place.mkdir()
        started.append(Process(_launch, place, flags, {**environment, **own}, pictures))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def _launch(
    files: tuple[Path, Path], flags: tuple[str, ...], environment: dict[str, str], pictures: bool
) -> None:
    for number, path in enumerate(files, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.update(environment)
    os.chdir(ROOT)
    if not pictures:
        from research import conclude, results

        conclude.draw = lambda *arguments: None
        results.draw = lambda trained: None
    sys.argv = ['launch.py', *flags]
    runpy.run_path('launch.py', run_name='__main__')
