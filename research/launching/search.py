"""A search as flags ask for it: planned, looked at, or trained rung by rung."""

from pathlib import Path

from research import flags, ledger, overrides, packing, planned, runs, search, searching
from research.choosing import Unprepared
from research.errors import UserError
from research.experiment import Experiment
from research.flags import FLAGS
from research.grid import Grid, Member
from research.launching import workers
from research.renewal import renew


def train(base: Experiment) -> int:
    """Looks for the best values, or shows the plan or how far that is; an exit code.

    Raises:
        UserError: flags that do not fit a search or the experiment.
        RunError: runs cannot be written, which is told before anything is prepared or compiled.
    """
    if FLAGS.executor != 'local' or FLAGS.members:
        raise UserError('--search has workers on this machine: leave --executor and --members out')
    runs_dir, looks = Path(FLAGS.runs_dir), FLAGS.plan or FLAGS.status
    assignments = flags.assignments()
    given = *assignments, *([f'corpus={FLAGS.corpus}'] if FLAGS.corpus else [])
    asked = overrides.apply(base, assignments)
    axes = tuple(search.fitted(search.axis(text), asked) for text in FLAGS.search)
    budget = FLAGS.trials, FLAGS.rungs, FLAGS.keep, FLAGS.waves, FLAGS.search_seed
    wanted = search.Search(base, axes, *budget, given)
    if not looks:
        runs.refuse_unwritable(runs_dir)

    def resolve(grid: Grid) -> list[planned.Planned]:
        where = Path(FLAGS.data_dir), runs_dir
        return planned.resolve(grid, FLAGS.corpus, assignments, *where, prepare=not looks)

    begun = searching.begun(wanted, runs_dir)
    try:
        [middle] = resolve(Grid(wanted.name, (Member(base.name, base),)))
    except Unprepared:
        if not FLAGS.status:
            raise
    if FLAGS.status:
        lines = [line for name, entries in begun for line in ledger.lines(name, entries)]
        print('\n'.join(lines or [f'{wanted.name}: not begun']))
        return 0
    whole = middle.chosen.experiment
    if FLAGS.plan:
        print('\n'.join(searching.plan(wanted, whole)))
        return 0
    for _, entries in begun:
        renew([each.run for each in entries], FLAGS.force, FLAGS.retry_failed)
    if FLAGS.worker is None:
        # Workers all draw the same, and meet at the end of each rung.
        code = workers.train(wanted.name, {})
        if code is not None:
            return code
    how = packing.How(flags.options(), FLAGS.wandb, FLAGS.stack, flags.worker(), None)
    return searching.train(wanted, whole, resolve, runs_dir, how)
