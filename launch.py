"""Trains an experiment, `python launch.py --experiment=genre_cnn1d`, or a grid, `--grid=NAME`.

Everything has a default that works. A run is one folder under --runs_dir; the same command goes on
where a stopped one was, and does nothing where it is finished.

The flags are in research/flags.py. What they ask for is decided here and carried out by
research/launching: a run, a grid, or a search.
"""

import sys
from collections.abc import Sequence

from absl import app, flags, logging

from research.errors import UserError, unknown
from research.flags import FLAGS

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
    try:
        if len(argv) > 1:
            raise UserError(f'{argv[1]}: flags begin with --, as in --experiment={argv[1]}')
        if FLAGS.list:
            return show_list()
        refuse_contradictions()
        return train()
    except KeyboardInterrupt:
        print('stopped; the same command starts again', file=sys.stderr)
        return 130
    except Exception as error:
        return told(error)


def refuse_contradictions() -> None:
    """UserError where flags ask for nothing, or for what does not go together."""
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
        return
    for name in OF_A_GRID:
        if FLAGS[name].present:
            raise UserError(
                f'--{name} is for a grid: --grid=NAME, or --experiment with --sweep or --search'
            )


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
    """Hands over what is asked for. It is built first: a wrong name is told before jax starts."""
    import experiments

    if not (FLAGS.grid or FLAGS.sweep or FLAGS.search):
        experiment = experiments.build(FLAGS.experiment)
        from research.launching import run

        return run.train(experiment)
    if FLAGS.end_with is not None:
        from research.interrupts import end_with

        end_with(FLAGS.end_with)
    if FLAGS.search:
        experiment = experiments.build(FLAGS.experiment)
        from research.launching import search

        return search.train(experiment)
    if FLAGS.grid:
        wanted = experiments.build_grid(FLAGS.grid)
    else:
        experiment = experiments.build(FLAGS.experiment)
        from research.grid import swept

        wanted = swept(experiment, FLAGS.sweep)
    from research.launching import grid

    return grid.train(wanted)


def parse(argv: Sequence[str]) -> list[str]:
    """Reads the flags; a wrong one is told in one line, and to be asked for help is no failure."""
    try:
        return FLAGS(argv)
    except flags.UnrecognizedFlagError as error:
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
    from research.runs import RunError

    if isinstance(error, UserError | PrepError):
        code = 2
    elif isinstance(error, RunError | OSError):
        code = 1
    else:
        raise error
    print(f'error: {error}', file=sys.stderr)
    return code


if __name__ == '__main__':
    app.run(main, flags_parser=parse)
