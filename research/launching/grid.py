"""A grid as flags ask for it: planned, looked at, or trained by workers or by this process."""

from pathlib import Path

from research import driver, flags, ledger, packing, planned, runs
from research.choosing import Unprepared
from research.flags import FLAGS
from research.grid import Grid
from research.launching import workers
from research.renewal import renew


def train(grid: Grid) -> int:
    """Trains the members asked for, or shows the plan or how far they are; an exit code.

    Raises:
        UserError: of planned.resolve; flags that do not fit the grid.
        RunError: runs cannot be written, which is told before anything is prepared or compiled.
    """
    runs_dir, looks = Path(FLAGS.runs_dir), FLAGS.plan or FLAGS.status
    if not looks:
        runs.refuse_unwritable(runs_dir)
    where = Path(FLAGS.data_dir), runs_dir
    try:
        members = planned.resolve(
            grid, FLAGS.corpus, flags.assignments(), *where, prepare=not looks
        )
    except Unprepared as error:
        if not FLAGS.status:
            raise
        told = ledger.waiting(grid.name, len(grid.members), runs_dir, error.lacking)
        print('\n'.join(told))
        return 0
    entries = [each.entry for each in members]
    chosen = flags.positions(len(members))
    asked = {i: entries[i] for i in chosen or range(len(entries))}
    if FLAGS.status:
        told = ledger.lines(grid.name, entries)
        told += planned.on_the_standin(grid, members, flags.assignments(), *where)
        print('\n'.join(told))
        return 0
    how = packing.How(flags.options(), FLAGS.wandb, FLAGS.stack, flags.worker(), chosen)
    if FLAGS.plan:
        for line in planned.plan(grid, [members[i] for i in asked], how):
            print(line, flush=True)
        return 0
    renew([each.run for each in asked.values()], FLAGS.force, FLAGS.retry_failed)
    if FLAGS.worker is None:
        ledger.write(runs_dir, grid.name, entries)
        code = workers.train(grid.name, asked)
        if code is not None:
            print('\n' + '\n'.join(ledger.lines(grid.name, entries)))
            return code or int(any(each.run.status() != 'finished' for each in asked.values()))
    return driver.train(grid, members, runs_dir, how)
