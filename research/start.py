"""Runs started, alone or as a stack: loggers, kept programs, and what the user is told."""

import errno
import functools
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from research import codec, runs
from research.choosing import Chosen
from research.description import described
from research.interrupts import Interrupted
from research.loggers import Loggers
from research.loggers.console import summary
from research.loggers.wandb import Mode, WandbLogger
from research.models import cudnn

if TYPE_CHECKING:
    from research.loop import Options

# Of W&B, for all runs.
PROJECT = 'audiogrid'


def train(
    chosen: Chosen,
    runs_dir: Path,
    wandb: Mode,
    options: 'Options',
    group: str | None = None,
) -> int:
    """Trains the run, resumes it, or shows its result where it is finished; an exit code.

    `group` is that of the run in W&B; without one it stands with those of its experiment.

    Raises:
        UserError: as cudnn.refuse.
        RunError: the run failed before, or cannot be written.
    """
    from research import train as loop

    experiment, corpus = chosen.experiment, chosen.corpus
    place = chosen.run(runs_dir)
    if place.status() == 'finished':
        print(f'{place.directory} is finished; --force trains it anew')
        print('\n'.join(summary(runs.read_json(place.result))))
        return 0
    if place.status() == 'failed':
        reason = runs.read_json(place.failure)['reason']
        raise runs.RunError(f'{place.directory} failed: {reason}; --force trains it anew')
    cudnn.refuse(experiment.model, options.parallel)
    remember_programs(runs_dir)
    for line in described(chosen):
        print(line)
    print(f'run       {place.directory}', flush=True)
    loggers = Loggers(lambda say: _wandb(chosen, place, wandb, say, group))
    code, stopped = 1, None
    try:
        result = loop.run(experiment, corpus, place, options, loggers)
        code = 0
    except Interrupted as interrupted:
        code, stopped = interrupted.exit_code, interrupted
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and error.filename is None:
            raise runs.unwritable(place.directory, error) from error
        raise
    finally:
        loggers.close(code)  # which tells the last step: whatever ends a run is said after it
    if stopped:
        print(stopped, flush=True)
        return code
    print('\n'.join(summary(result)))
    print(f'plots     {place.plots}')
    return 0


def train_stack(
    members: Sequence[Chosen],
    runs_dir: Path,
    wandb: Mode,
    options: 'Options',
    group: str,
) -> list[Exception | None]:
    """Trains runs of one signature on one corpus as one program, or resumes them.

    Args:
        members: none of them finished.

    Returns:
        Of each why it did not finish, as train.together has it; None: it did.

    Raises:
        As train.together.
    """
    from research import train as loop
    from research.loggers.together import Together

    remember_programs(runs_dir)
    console, asked = Together(), []
    for chosen in members:
        place = chosen.run(runs_dir)
        wanted = functools.partial(_wandb, chosen, place, wandb, group=group)
        asked.append(loop.Asked(chosen.experiment, place, Loggers(wanted, console)))
    for line in described(members[0]):
        print(line)
    for each in asked:
        print(f'run       {each.place.directory}', flush=True)
    codes = [1] * len(asked)
    try:
        outcomes = loop.together(asked, members[0].corpus, options)
        codes = [int(isinstance(each, Exception)) for each in outcomes]
    except Interrupted as interrupted:
        codes = [interrupted.exit_code] * len(asked)
        raise
    finally:
        for each, code in zip(asked, codes, strict=True):
            each.loggers.close(code)
    return [each if isinstance(each, Exception) else None for each in outcomes]


def remember_programs(runs_dir: Path) -> None:
    """Compiled programs are kept beside the runs, unless the user has a place for them."""
    import jax

    if jax.config.jax_compilation_cache_dir is None:
        # One that cannot be kept, or that a kill tore, is compiled anew, which costs time alone;
        # on a full disk these warnings would bury the line that says so.
        warnings.filterwarnings('ignore', 'Error (reading|writing) persistent compilation cache')
        jax.config.update('jax_compilation_cache_dir', str((runs_dir / '.programs').absolute()))
        jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.2)


def _wandb(
    chosen: Chosen,
    place: runs.Run,
    mode: Mode,
    say: Callable[[str], None],
    group: str | None = None,
) -> WandbLogger:
    experiment = chosen.experiment
    return WandbLogger(
        place.directory,
        mode=mode,
        project=PROJECT,
        group=group or f'{experiment.name}-{runs.plain(experiment.data.corpus)}',
        tags=[
            experiment.name,
            experiment.data.corpus,
            experiment.data.protocol,
            type(experiment.model).__name__,
            *(['stand-in'] if chosen.stand_in else []),
        ],
        name=f'{experiment.name}-{place.directory.name}',
        run_id=place.directory.name,
        config=codec.to_json(experiment),
        say=say,
    )
