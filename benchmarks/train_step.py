"""Training steps and examples a second, compile time and memory, for each experiment.

    python -m benchmarks.train_step
    python -m benchmarks.train_step --experiment=genre_cnn1d --set=batch_size=16

Each experiment is timed on the first batches of its embedded stand-in, as a run begins: from
features that lie on the device, or from clips where augmentation hears samples, which then passes
the front-end in the step. Forests have no steps and are left out. Programs are compiled anew, past
the cache. Figures of one call stand side by side; those of two calls on a busy machine do not.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
from absl import app, flags, logging

import experiments
from benchmarks.prepared import Prepared, Steps
from research import parallel
from research.models.forest import Forest

EXPERIMENT = flags.DEFINE_multi_string('experiment', [], 'Which ones; all where none is named.')
SET = flags.DEFINE_multi_string('set', [], 'a.b=value, for each of them.')
DATA_DIR = flags.DEFINE_string('data_dir', 'data', 'Prepared corpora; what lacks is prepared.')
BATCHES = flags.DEFINE_integer('batches', 4, 'Of training examples, at most.', lower_bound=1)
SECONDS = flags.DEFINE_float('seconds', 5.0, 'Time to measure each for.', lower_bound=0.1)

MIB = 2**20


def measure(
    name: str, assignments: Sequence[str], data_dir: Path, batches: int, seconds: float
) -> dict[str, Any]:
    """Compiles an experiment's training program and runs it for so many seconds."""
    prepared = Prepared.make(name, data_dir, batches, assignments)
    steps = Steps(prepared)
    began = time.perf_counter()
    program: Any = steps.dispatch
    program = program.lower(*steps.arguments(0)).compile()
    compiled = time.perf_counter()
    needed = program.memory_analysis()
    steps.dispatch = program
    steps()
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        steps()
        done += prepared.steps
    elapsed, size = time.perf_counter() - start, prepared.experiment.batch_size
    return {
        'experiment': name,
        'batch': size,
        'parameters': f'{steps.parameters:,}',
        'steps a program': prepared.updates,
        'ms a step': 1e3 * elapsed / done,
        'examples/s': done * size / elapsed,
        'compile s': compiled - began,
        'held MiB': needed.argument_size_in_bytes / MIB,
        'step MiB': needed.temp_size_in_bytes / MIB,
    }


def main(argv: Sequence[str]) -> None:
    del argv
    logging.set_verbosity(logging.WARNING)
    jax.config.update('jax_enable_compilation_cache', False)
    device = parallel.describe()
    print(f'jax {jax.__version__}, {device["count"]} x {device["kind"]} ({device["platform"]})')
    header = True
    for name in EXPERIMENT.value or experiments.cards():
        if isinstance(experiments.build(name).model, Forest):
            continue
        row = measure(name, SET.value, Path(DATA_DIR.value), BATCHES.value, SECONDS.value)
        cells = [f'{x:,.1f}' if isinstance(x, float) else str(x) for x in row.values()]
        if header:
            print('| ' + ' | '.join(row) + ' |')
            print('|' + ' --- |' * len(row))
            header = False
        print('| ' + ' | '.join(cells) + ' |', flush=True)


if __name__ == '__main__':
    app.run(main)
