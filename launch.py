"""Trains an experiment, `python launch.py --experiment=genre_cnn1d`, or a grid, `--grid=NAME`.

Everything has a default that works. A run is one folder under --runs_dir; the same command goes on
where a stopped one was, and does nothing where it is finished.
"""

import functools
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import app, flags, logging

from research.flags import FLAGS

if TYPE_CHECKING:
    from research.ledger import Entry
    from research.loop import Options

# Flags that say nothing of a single run.
OF_A_GRID = (
    'status',
    'executor',
    'workers',
    'worker',
    'members',
    'ray_address',
    'ray_runs_dir',
    'sbatch',
)

# As if they were its own, for --help.
flags.adopt_module_key_flags(sys.modules['research.flags'])


def main(argv: Sequence[str]) -> int:
    # The libraries tell of themselves at INFO; a user wants to hear of the run.
    logging.set_verbosity(logging.WARNING)
    from research.errors import UserError

    try:
        if len(argv) > 1:
            raise UserError(f'{argv[1]}: flags begin with --, as in --experiment={argv[1]}')
        if FLAGS.list:
            return show_list()
        if FLAGS.experiment and FLAGS.grid:
            raise UserError('--experiment and --grid are two things: give one of them')
        if not FLAGS.experiment and not FLAGS.grid:
            raise UserError(
                'which experiment? --experiment=NAME or --grid=NAME; --list shows the names'
            )
        if FLAGS.grid and (FLAGS.sweep or FLAGS.search):
            raise UserError('--sweep and --search are for an --experiment: leave --grid out')
        if FLAGS.sweep and FLAGS.search:
            raise UserError('--sweep trains all values, --search looks among them: give one')
        if FLAGS.coordinator is None and (FLAGS.processes, FLAGS.process_id) != (None, None):
            raise UserError('--processes and --process_id want the --coordinator=host:port too')
        if FLAGS.grid or FLAGS.sweep or FLAGS.search:
            if FLAGS.coordinator:
                raise UserError(
                    '--coordinator trains one run over several hosts: a grid has its runs side by '
                    'side, with a driver on each host'
                )
            if FLAGS.end_with is not None:
                from research.interrupts import end_with

                end_with(FLAGS.end_with)
            return train_search() if FLAGS.search else train_grid()
        for name in OF_A_GRID:
            if FLAGS[name].present:
                raise UserError(
                    f'--{name} is for a grid: --grid=NAME, or --experiment with --sweep or --search'
                )
        return train()
    except KeyboardInterrupt:
        print('stopped; the same command starts again', file=sys.stderr)
        return 130
    except Exception as error:
        return told(error)


def parse(argv: Sequence[str]) -> list[str]:
    """Reads the flags; a wrong one is told in one line, and to be asked for help is no failure."""
    try:
        return FLAGS(argv)
    except flags.UnrecognizedFlagError as error:
        from research.errors import unknown

        own = FLAGS.get_flags_for_module(FLAGS.find_module_defining_flag('experiment'))
        line = unknown('flag', error.flagname, (flag.name for flag in own))
    except flags.Error as error:
        line = str(error)
    except SystemExit:  # by which absl ends, with 1, once it has shown the help
        sys.exit(0)
    print(f'error: {line}', file=sys.stderr)
    sys.exit(2)


def told(error: Exception) -> int:
    """One line for what a person can mend, and its exit code; anything else is raised as it is."""
    from data_prep.errors import PrepError
    from research.errors import UserError
    from research.runs import RunError

    if isinstance(error, UserError | PrepError):
        code = 2
    elif isinstance(error, RunError | OSError):
        code = 1
    else:
        raise error
    print(f'error: {error}', file=sys.stderr)
    return code


def show_list() -> int:
    import experiments

    grids = experiments.cards('Grid')
    width = max(map(len, experiments.cards() | grids))
    for cards in (experiments.cards(), grids):
        if cards is grids:
            print('\ngrids, by --grid=NAME:')
        for name, (_, card) in cards.items():
            print(f'{name:{width}}  {card.splitlines()[0] if card else ""}')
    return 0


def train() -> int:
    import experiments

    experiment = experiments.build(FLAGS.experiment)
    from research import start
    from research.renewal import renew

    joined = FLAGS.coordinator and not FLAGS.plan
    if joined:
        from research import hosts

        hosts.join(FLAGS.coordinator, FLAGS.processes, FLAGS.process_id)
    if not FLAGS.plan and not (joined and not hosts.leads()):
        writable(Path(FLAGS.runs_dir))
    choose = functools.partial(
        start.choose,
        experiment,
        FLAGS.corpus,
        assigned(),
        Path(FLAGS.data_dir),
        prepare=not FLAGS.plan,
    )
    runs_dir = Path(FLAGS.runs_dir)
    if FLAGS.plan:
        from research.plan import plan

        how = FLAGS.parallel, FLAGS.steps_per_dispatch, FLAGS.stream
        print('\n'.join(plan(choose(), runs_dir, *how)))
        return 0
    if joined:
        from research import hosted

        anew = FLAGS.force, FLAGS.retry_failed
        return hosted.train(choose, runs_dir, FLAGS.wandb, options(), *anew)
    chosen = choose()
    renew([chosen.run(runs_dir)], FLAGS.force, FLAGS.retry_failed)
    return start.train(chosen, runs_dir, wandb=FLAGS.wandb, options=options())


def train_grid() -> int:
    import experiments
    from research import driver, ledger, packing, planned
    from research.grid import swept
    from research.renewal import renew

    runs_dir, looks = Path(FLAGS.runs_dir), FLAGS.plan or FLAGS.status
    if not looks:
        writable(runs_dir)
    if FLAGS.grid:
        grid, assignments = experiments.build_grid(FLAGS.grid), assigned()
    else:
        grid, assignments = swept(experiments.build(FLAGS.experiment), FLAGS.sweep), assigned()
    members = planned.resolve(
        grid, FLAGS.corpus, assignments, Path(FLAGS.data_dir), runs_dir, prepare=not looks
    )
    entries = [each.entry for each in members]
    chosen = positions(FLAGS.members, len(members))
    asked = {i: entries[i].run for i in chosen or range(len(entries))}
    if FLAGS.status:
        print('\n'.join(ledger.lines(grid.name, entries)))
        return 0
    how = packing.How(options(), FLAGS.wandb, FLAGS.stack, worker(), chosen)
    if FLAGS.plan:
        print('\n'.join(planned.plan(grid, [members[i] for i in asked], how)))
        return 0
    renew(asked.values(), FLAGS.force, FLAGS.retry_failed)
    if FLAGS.worker is None:
        # Begun anew by now: a worker would do it to what another has just ended.
        arguments = [*sys.argv[1:], '--noforce', '--noretry_failed']
        ledger.write(runs_dir, grid.name, entries)
        code = executed(arguments, grid.name, {i: entries[i] for i in asked})
        if code is not None:
            print('\n' + '\n'.join(ledger.lines(grid.name, entries)))
            return code or int(any(each.status() != 'finished' for each in asked.values()))
    return driver.train(grid, members, runs_dir, how)


def train_search() -> int:
    import experiments
    from research import ledger, packing, planned, search, searching
    from research.errors import UserError
    from research.grid import Grid, Member
    from research.renewal import renew

    if FLAGS.executor != 'local' or FLAGS.members:
        raise UserError('--search has workers on this machine: leave --executor and --members out')
    runs_dir, looks = Path(FLAGS.runs_dir), FLAGS.plan or FLAGS.status
    given = *assigned(), *([f'corpus={FLAGS.corpus}'] if FLAGS.corpus else [])
    base, axes = experiments.build(FLAGS.experiment), tuple(map(search.axis, FLAGS.search))
    budget = FLAGS.trials, FLAGS.rungs, FLAGS.keep, FLAGS.waves, FLAGS.search_seed
    wanted = search.Search(base, axes, *budget, given)
    if not looks:
        writable(runs_dir)

    def resolve(grid: Grid) -> list[planned.Planned]:
        where = Path(FLAGS.data_dir), runs_dir
        return planned.resolve(grid, FLAGS.corpus, assigned(), *where, prepare=not looks)

    [middle] = resolve(Grid(wanted.name, (Member(base.name, base),)))
    whole = middle.chosen.experiment
    begun = searching.begun(wanted, runs_dir)
    if FLAGS.status:
        lines = [line for name, entries in begun for line in ledger.lines(name, entries)]
        print('\n'.join(lines or [f'{wanted.name}: not begun']))
        return 0
    if FLAGS.plan:
        print('\n'.join(searching.plan(wanted, whole)))
        return 0
    for _, entries in begun:
        renew([each.run for each in entries], FLAGS.force, FLAGS.retry_failed)
    if FLAGS.worker is None:
        # Workers all draw the same, and meet at the end of each rung.
        code = executed([*sys.argv[1:], '--noforce', '--noretry_failed'], wanted.name, {})
        if code is not None:
            return code
    how = packing.How(options(), FLAGS.wandb, FLAGS.stack, worker(), None)
    return searching.train(wanted, whole, resolve, runs_dir, how)


def executed(arguments: list[str], name: str, asked: 'dict[int, Entry]') -> int | None:
    """Has workers train a grid; their exit code, or None where this process alone is to do it."""
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


def options() -> 'Options':
    """How each run is carried out."""
    from research.loop import Options

    return Options(FLAGS.parallel, FLAGS.checkpoint_every_s, FLAGS.steps_per_dispatch, FLAGS.stream)


def worker() -> tuple[int, int]:
    """Which of how many workers this is, counted from 0; UserError where --worker does not say."""
    from research.errors import UserError

    number, _, count = (FLAGS.worker or '1/1').partition('/')
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise UserError(f"--worker={FLAGS.worker}: '2/4' is wanted, the second of four")
    return int(number) - 1, int(count)


def positions(told: list[str] | None, count: int) -> tuple[int, ...] | None:
    """The members of a grid that are asked for, counted from 0; None: all."""
    from research.errors import UserError

    for each in told or ():
        if not (each.isdigit() and 1 <= int(each) <= count):
            raise UserError(f'--members={",".join(told or ())}: numbers of 1 to {count} are wanted')
    return tuple(int(each) - 1 for each in told) if told else None


def assigned() -> list[str]:
    """What --set and --seed say, in their order."""
    return list(FLAGS.set) + ([f'seed={FLAGS.seed}'] if FLAGS.seed is not None else [])


def writable(folder: Path) -> None:
    """Fails at once, before anything is prepared or compiled, where runs cannot be written."""
    from research.runs import unwritable

    try:
        nearest = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        raise unwritable(folder, error) from error


if __name__ == '__main__':
    app.run(main, flags_parser=parse)
