"""Training steps and examples a second, compile time and memory, for each experiment.

    python -m benchmarks.train_step
    python -m benchmarks.train_step --experiment=genre_cnn1d --set=batch_size=16

The features are random and lie on the device, as in a run; each experiment is timed in the shape
that its front-end and batch size give. Programs are compiled anew, past the cache. Figures of one
call stand side by side; those of two calls on a busy machine do not.
"""

import time
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags, logging

import experiments
from research import batches, order, overrides, parallel, step, values
from research.course import course
from research.meaning import Meaning

FLAGS = flags.FLAGS
flags.DEFINE_multi_string('experiment', [], 'Which ones; all of them where none is named.')
flags.DEFINE_multi_string('set', [], 'a.b=value, for each of them.')
flags.DEFINE_integer('classes', 10, 'Classes of the corpus.', lower_bound=2)
flags.DEFINE_float('seconds', 5.0, 'Time to measure each for.', lower_bound=0.1)

MIB = 2**20


def measure(name: str, assignments: Sequence[str], classes: int, seconds: float) -> dict[str, Any]:
    """Compiles an experiment's training program and runs it for so many seconds."""
    meaning = Meaning(labels=tuple(map(str, range(classes))))
    experiment = step.bound(overrides.apply(experiments.build(name), assignments), meaning)
    size, (frames, features) = experiment.batch_size, batches.example(experiment).shape
    examples = 2 * size
    x = jax.random.normal(jax.random.PRNGKey(0), (examples, frames, features))
    targets = jnp.arange(examples, dtype=jnp.int32) % classes
    data = batches.Features(x, jnp.full(examples, frames, jnp.int32), targets)
    devices = parallel.layout('jit', size)
    updates = course(experiment, 100 * size).dispatch
    scalars = {key: jnp.float32(value) for key, value in values.extract(experiment).items()}
    positions = np.arange(size, dtype=np.int32)
    state, data = devices.put(step.init(experiment)), devices.put(data)
    chosen = order.indices(0, 0, updates, size, examples)
    began = time.perf_counter()
    program: Any = step.compile_steps(experiment, 1000, devices)
    program = program.lower(state, data, chosen, positions, (scalars, True)).compile()
    compiled = time.perf_counter()
    needed = program.memory_analysis()
    state, sums = program(state, data, chosen, positions, (scalars, True))
    jax.block_until_ready(sums)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        state, sums = program(state, data, chosen, positions, (scalars, True))
        jax.block_until_ready(sums)
        done += updates
    elapsed = time.perf_counter() - start
    return {
        'experiment': name,
        'batch': size,
        'steps a program': updates,
        'ms a step': 1e3 * elapsed / done,
        'steps/s': done / elapsed,
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
    rows = []
    for name in FLAGS.experiment or experiments.cards():
        row = measure(name, FLAGS.set, FLAGS.classes, FLAGS.seconds)
        cells = [f'{x:,.1f}' if isinstance(x, float) else str(x) for x in row.values()]
        if not rows:
            print('| ' + ' | '.join(row) + ' |')
            print('|' + ' --- |' * len(row))
        print('| ' + ' | '.join(cells) + ' |', flush=True)
        rows.append(row)


if __name__ == '__main__':
    app.run(main)
