"""A grid four ways: stacked, run by run in one process or in one a core, and as a process a run.

    python -m benchmarks.grid --experiment=genre_mlp --members=16 --set=steps=200

The last way is what a sweep does that starts a command a run, one after the other. Each way trains
the same runs from nothing, start, compilation and pictures included, into a folder of its own that
is thrown away, with a cache of programs of its own; corpora are prepared before. Ratios are to the
process a run. The processes of `workers` train side by side, so that their times of training add up
to more than the whole.
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from absl import app, flags

from research.executors.local import LAUNCH

EXPERIMENT = flags.DEFINE_string('experiment', 'genre_mlp', 'What is trained.')
MEMBERS = flags.DEFINE_integer('members', 16, 'Seeds.', lower_bound=2)
SET = flags.DEFINE_multi_string('set', ['steps=200'], 'As of launch.py.')
DATA_DIR = flags.DEFINE_string('data_dir', 'data', 'Folder of the prepared corpora.')
WAYS = flags.DEFINE_list('ways', ['stacked', 'loop', 'workers', 'processes'], 'Which, in order.')


def train(folder: Path, *more: str) -> None:
    """One launch.py, to its end; CalledProcessError where it fails."""
    command = [sys.executable, str(LAUNCH), f'--experiment={EXPERIMENT.value}', '--wandb=off']
    command += [f'--set={each}' for each in SET.value]
    command += [f'--data_dir={DATA_DIR.value}', f'--runs_dir={folder}', *more]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def way(name: str) -> tuple[float, float]:
    """Seconds from start to end, and of training alone by the runs' own account."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        if name == 'processes':
            for seed in range(MEMBERS.value):
                train(Path(folder), f'--seed={seed}')
        else:
            stack = {'stacked': 'on', 'loop': 'off', 'workers': 'off', 'auto': 'auto'}[name]
            more = [f'--workers={os.cpu_count()}'] if name == 'workers' else []
            train(Path(folder), f'--sweep=seed=0:{MEMBERS.value}', f'--stack={stack}', *more)
        seconds = time.monotonic() - began
        results = [json.loads(path.read_text()) for path in Path(folder).glob('*/*/result.json')]
    assert len(results) == MEMBERS.value, f'{len(results)} of {MEMBERS.value} runs ended'
    return seconds, sum(each['seconds'] for each in results)


def main(argv: Sequence[str]) -> None:
    del argv
    found = {name: way(name) for name in WAYS.value}
    import jax

    device = jax.local_devices()[0]
    told = ' '.join(f'--set={each}' for each in SET.value)
    print(
        f'{datetime.date.today()}, {os.cpu_count()} cores, {device.device_kind} '
        f'({device.platform}), jax {jax.__version__}: {MEMBERS.value} seeds of '
        f'{EXPERIMENT.value} {told}'
    )
    print('| way | seconds | of them training | a run | times as fast as a process a run |')
    print('| --- | ---: | ---: | ---: | ---: |')
    slowest = found.get('processes', (float('nan'), 0.0))[0]
    for name, (seconds, training) in found.items():
        cells = [name, f'{seconds:.0f}', f'{training:.0f}', f'{seconds / MEMBERS.value:.1f}']
        print(f'| {" | ".join([*cells, f"{slowest / seconds:.1f}"])} |')


if __name__ == '__main__':
    app.run(main)
