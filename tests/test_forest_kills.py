"""A forest's run that is stopped or killed starts again and ends as an undisturbed one."""

import hashlib
import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from research import trained

pytestmark = pytest.mark.slow

DEPTHS, TREES = (1, 2, 3, 4), (8, 16)
FORESTS = len(DEPTHS) * len(TREES) + 1
FLAGS = (
    '--experiment=genre_forest',
    '--corpus=corpus_styles',
    '--wandb=off',
    '--set=data.slice_s=2.9',
    '--set=data.slices=3',
    '--set=frontend.n_fft=256',
    f'--set=model.depth={",".join(map(str, DEPTHS))}',
    f'--set=model.trees={",".join(map(str, TREES))}',
)


def records(run: Path) -> list[dict[str, Any]]:
    """Of metrics.jsonl, without the clock; a line that is being written is left out."""
    path = run / 'metrics.jsonl'
    whole = path.read_text().rpartition('\n')[0] if path.exists() else ''
    found = [json.loads(line) for line in whole.splitlines()]
    return [{name: x for name, x in record.items() if name != 'time_s'} for record in found]


def outcome(run: Path) -> dict[str, Any]:
    """What a run came to: its numbers, its forest, its predictions, and which files it has."""
    result = json.loads((run / 'result.json').read_text())
    arrays = {}
    for path in sorted(run.glob('predictions/*.npz')):
        with np.load(path, allow_pickle=False) as file:
            arrays |= {f'{path.name}/{name}': file[name] for name in file}
    arrays |= trained.load(run).weights.params
    return {
        'records': records(run),
        'result': result | {'seconds': 0},
        'arrays': {
            name: (str(x.dtype), x.shape, hashlib.sha256(x.tobytes()).hexdigest())
            for name, x in arrays.items()
        },
        'files': {
            str(path.relative_to(run))
            for path in run.rglob('*')
            if path.is_file() and path.parent.name != 'claim' and not path.name.startswith('.')
        },
    }


class Stopped(NamedTuple):
    runs_dir: Path
    ended: Any
    left: set[str]  # files of the run
    grown: int


class Runs(NamedTuple):
    undisturbed: dict[str, Any]
    stopped: Stopped


@pytest.fixture(scope='module')
def runs(fork, run_in, tmp_path_factory) -> Runs:
    """One that nothing happened to, and beside it one that SIGTERM stopped amid its search."""
    whole, part = (tmp_path_factory.mktemp(name) for name in ('whole', 'part'))
    undisturbed, stopped = (fork(*FLAGS, f'--runs_dir={each}') for each in (whole, part))
    stopped.until(lambda: any(records(path.parent) for path in part.glob('*/*/metrics.jsonl')))
    stopped.terminate()
    ended, run = stopped.end(), run_in(part)
    left = {path.name for path in run.rglob('*') if path.is_file()}
    assert undisturbed.end().code == 0
    return Runs(outcome(run_in(whole)), Stopped(part, ended, left, len(records(run))))


def test_sigterm_stops_the_search_with_143_and_one_line(runs, run_in):
    undisturbed, stopped = runs
    code, out, err = stopped.ended
    assert (code, err) == (128 + signal.SIGTERM, '')
    said = re.findall(r'^SIGTERM.*$', out, re.MULTILINE)
    grown = f'{stopped.grown} of {FORESTS}'
    assert said == [f'SIGTERM: stopped after {grown} forests; the same command starts again']
    assert 0 < stopped.grown < FORESTS - 1
    assert undisturbed['records'][: stopped.grown] == records(run_in(stopped.runs_dir))
    # The claim is given back, and nothing says that the run failed or has ended.
    wanted = {'experiment.json', 'environment.json', 'meaning.json', 'metrics.jsonl', '000001.free'}
    assert stopped.left == wanted


def test_stopped_and_then_killed_at_three_moments_it_ends_as_an_undisturbed_one(runs, fork, run_in):
    undisturbed, stopped = runs
    run = run_in(stopped.runs_dir)
    flags = (*FLAGS, f'--runs_dir={stopped.runs_dir}')
    moments: dict[str, Callable[[], object]] = {
        'in its search': lambda: len(records(run)) not in (0, stopped.grown),
        'as it keeps its forest': (run / 'checkpoints' / 'forest').exists,
        'as it writes predictions': (run / 'predictions' / 'valid.npz').exists,
    }
    for moment, reached in moments.items():
        process = fork(*flags)
        process.until(reached)
        process.kill()
        assert process.end().code == -signal.SIGKILL, moment
        assert not (run / 'result.json').exists(), moment
    code, _, err = fork(*flags).end()
    assert (code, err) == (0, '')
    assert outcome(run) == undisturbed
