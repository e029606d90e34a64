"""A small prepared corpus, launch.py as processes of their own, and what their runs came to."""

import fcntl
import functools
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import data_prep
from research.restore import Kind, restore
from tests import forked
from tests.forked import Ended

ROOT = Path(__file__).parents[1]
CLOCKED = {'time_s', 'examples_per_s', 'seconds'}
# Most of the time of these tests is compilation, of programs that run for moments: here they are
# compiled as they stand. Processes of launch.py compile as a user's do.
XLA_FLAGS = os.environ.get('XLA_FLAGS', '')
os.environ['XLA_FLAGS'] = f'{XLA_FLAGS} --xla_backend_optimization_level=0'.strip()
# A shell starts what it puts in the background deaf to it, and the processes of tests after that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that no process is left with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker('slow')}
    items.sort(key=lambda item: item.path not in slow)


class Launched(subprocess.Popen[str]):
    def end(self) -> Ended:
        out, err = self.communicate(timeout=300)
        return Ended(self.returncode, out, err)


@pytest.fixture(scope='session')
def shared(tmp_path_factory) -> Path:
    """A folder that all processes of these tests have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if 'PYTEST_XDIST_WORKER' in os.environ else folder


@pytest.fixture(scope='session')
def data_dir(shared) -> Path:
    """Holds corpus_styles, prepared, with four pieces of each style; once for all processes."""
    with (shared / 'data.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if data_prep.prepared('corpus_styles', shared / 'data') is None:
            data_prep.prepare('corpus_styles', shared / 'data', limit=4, report=lambda line: None)
    return shared / 'data'


@pytest.fixture(scope='session')
def surroundings(shared) -> dict[str, str]:
    """Processes share their compiled programs, and know of no device but the CPU."""
    return {
        'JAX_PLATFORMS': 'cpu',
        'XLA_FLAGS': XLA_FLAGS,
        'JAX_COMPILATION_CACHE_DIR': str(shared / 'programs'),
        'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
        # A cache with a bound has a lock, so that none reads what another is writing.
        'JAX_COMPILATION_CACHE_MAX_SIZE': str(2**32),
    }


@pytest.fixture(scope='session')
def fork(data_dir, surroundings, tmp_path_factory) -> Iterator[Callable[..., forked.Process]]:
    """As `launch`, for who starts many runs: forked.forking, on `data_dir`."""
    with forked.forking(tmp_path_factory.mktemp('said'), surroundings) as start:
        yield functools.partial(start, f'--data_dir={data_dir}')


@pytest.fixture(scope='session')
def launch(data_dir, surroundings) -> Iterator[Callable[..., Launched]]:
    """Starts `python launch.py FLAGS` on `data_dir`; what still runs at the end is killed."""
    started = []

    def start(*flags: str, python: tuple[str, ...] = (), **environment: str) -> Launched:
        process = Launched(
            [sys.executable, *python, 'launch.py', f'--data_dir={data_dir}', *flags],
            cwd=ROOT,
            env={**os.environ, **surroundings, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture(scope='session')
def run_in() -> Callable[[Path], Path]:
    """The one run of a runs_dir."""

    def find(runs_dir: Path) -> Path:
        [file] = runs_dir.glob('*/*/experiment.json')
        return file.parent

    return find


@pytest.fixture(scope='session')
def outcome() -> Callable[[Path], dict[str, Any]]:
    """All that a finished run came to and that must not depend on how it got there.

    Metrics and result without times; predictions, the last and the best checkpoint as hashes.
    """

    def read(run: Path) -> dict[str, Any]:
        result = _unclocked(json.loads((run / 'result.json').read_text()))
        lines = (run / 'metrics.jsonl').read_text().splitlines()
        arrays = {}
        for part in ('valid', 'test'):
            with np.load(run / 'predictions' / f'{part}.npz', allow_pickle=False) as file:
                arrays |= {f'{part}/{name}': _bits(file[name]) for name in file}
        ends: dict[Kind, int] = {'latest': result['steps'], 'best': result['best_step']}
        for kind, step in ends.items():
            found = restore(run / 'checkpoints', _like(run, kind, step), kind, at_most=step)
            assert found is not None
            assert found[0] == step
            arrays |= {f'{kind}/{name}': _bits(np.asarray(x)) for name, x in found[1].items()}
        return {
            'metrics': [_unclocked(json.loads(line)) for line in lines],
            'result': result,
            'arrays': arrays,
        }

    return read


def _unclocked(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in CLOCKED}


def _like(run: Path, kind: str, step: int) -> dict[str, jax.ShapeDtypeStruct]:
    """The leaves of a checkpoint as its own list of shapes has them: 'float32[3, 4]'."""
    tree = run / 'checkpoints' / kind / f'{step:08d}' / 'tree.json'
    like = {}
    for name, shape in json.loads(tree.read_text())['arrays'].items():
        dtype, sizes = shape.rstrip(']').split('[')
        like[name] = jax.ShapeDtypeStruct([int(size) for size in re.findall(r'\d+', sizes)], dtype)
    return like


def _bits(array: np.ndarray) -> tuple[str, tuple[int, ...], str]:
    return str(array.dtype), array.shape, hashlib.sha256(array.tobytes()).hexdigest()
