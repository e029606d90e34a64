"""Workers as flags ask for them: of this machine, of a Ray cluster, or of SLURM's queue."""

import sys
from collections.abc import Mapping
from pathlib import Path

from research.flags import FLAGS
from research.ledger import Entry


def train(name: str, asked: Mapping[int, Entry]) -> int | None:
    """Has workers train a grid; their exit code, or None where this process alone is to do it.

    Args:
        name: of the grid.
        asked: its members that are to be trained, by position.
    """
    # Begun anew by now: a worker would do it to what another has just ended.
    arguments = [*sys.argv[1:], '--noforce', '--noretry_failed']
    runs_dir, count = Path(FLAGS.runs_dir), FLAGS.workers
    elsewhere = [*arguments, f'--data_dir={Path(FLAGS.data_dir).absolute()}']
    if FLAGS.executor == 'ray':
        from research.executors import ray

        members = {i: each.run for i, each in asked.items()}
        return ray.run(elsewhere, members, runs_dir, FLAGS.ray_address, count, FLAGS.ray_runs_dir)
    if FLAGS.executor == 'slurm':
        from research.executors import slurm

        elsewhere.append(f'--runs_dir={runs_dir.absolute()}')
        return slurm.run(elsewhere, name, [*asked.values()], runs_dir, count, FLAGS.sbatch)
    from research.executors import local

    platform, count = local.workers(count)
    return local.run(arguments, platform, count) if count > 1 else None
