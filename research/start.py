"""From flags to a run: which corpus, which directory, and what the user is told about both."""

import dataclasses
import errno
import functools
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import data_prep
from research import codec, corpora, overrides, runs
from research.description import described
from research.errors import UserError
from research.experiment import Experiment
from research.interrupts import Interrupted
from research.loggers import Loggers
from research.loggers.console import summary
from research.loggers.wandb import Mode, WandbLogger
from research.tokens import View

if TYPE_CHECKING:
    from research.loop import Options


# Of W&B, for all runs.
PROJECT = 'audiogrid'


@dataclasses.dataclass(frozen=True)
class Chosen:
    """An experiment with its corpus.

    Attributes:
        experiment: `data.corpus` and `data.protocol` are those in use.
        corpus: open.
        stand_in: the corpus takes the place of one that is not prepared.
    """

    experiment: Experiment
    corpus: corpora.Corpus
    stand_in: bool

    def run(self, runs_dir: Path) -> runs.Run:
        """The directory of this run."""
        return runs.locate(runs_dir, codec.to_json(self.experiment), self.corpus.fingerprint)


def choose(
    experiment: Experiment,
    pinned: str | None,
    assignments: Sequence[str],
    data_dir: Path,
    prepare: bool = True,
    report: Callable[[str], None] | None = None,
) -> Chosen:
    """Applies the user's changes and opens the corpus, or prepares the embedded stand-in.

    Args:
        experiment: as experiments/ has it.
        pinned: the corpus that the user insists on; None: the experiment's, else its stand-in.
        assignments: `a.b=value`, in order.
        data_dir: of the prepared corpora.
        prepare: prepare an embedded corpus that is not there.
        report: is told of a stand-in; None: it is printed.

    Raises:
        UserError: an assignment that does not fit, or a corpus that is not prepared: pinned, or
            embedded while nothing may be prepared; a corpus that the task cannot learn from.
    """
    asked = overrides.apply(experiment, assignments)
    own = asked.data.corpus
    insisted = pinned or (own if own != experiment.data.corpus else None)
    name = insisted or own
    stand_in = False
    directory = data_prep.prepared(name, data_dir)
    if directory is None:
        if not data_prep.card(name).embedded:
            how, lacking = command(name, data_dir), unprepared(name, data_dir)
            if insisted:
                raise UserError(f'{lacking}: {how}')
            stand_in, name = True, asked.standin.corpus
            told = f"{lacking}; the embedded stand-in '{name}' takes its place."
            told += f'\nTo train on the real one: {how}'
            report(told) if report else print(told, flush=True)
        directory = data_prep.prepared(name, data_dir)
        if directory is None and not prepare:
            raise UserError(f'{unprepared(name, data_dir)}: {command(name, data_dir)}')
        directory = directory or data_prep.prepare(name, data_dir)
    if name == experiment.standin.corpus:
        # The stand-in's own budget first, so that what the user says wins.
        experiment = overrides.apply(experiment, experiment.standin.overrides)
        asked = overrides.apply(experiment, assignments)
    corpus = corpora.open_corpus(directory)
    _refuse_unfit(asked, corpus)
    protocol, _ = corpora.protocol(corpus, asked.data)
    data = dataclasses.replace(asked.data, corpus=name, protocol=protocol)
    return Chosen(dataclasses.replace(asked, data=data), corpus, stand_in)


def command(name: str, data_dir: Path) -> str:
    """What the user types to prepare a corpus."""
    card = data_prep.card(name)
    source = '' if card.embedded else ' --source=DIR'
    fetch = ' (or --download in place of --source)' if card.archives else ''
    return f'python -m data_prep {name}{source} --data_dir={data_dir}{fetch}'


def unprepared(name: str, data_dir: Path) -> str:
    """That a corpus is not there, or only as an earlier version of data_prep wrote it."""
    older = sorted(data_dir.joinpath(*name.split(':')).glob('[0-9]*/manifest.json'))
    if older:
        return f"corpus '{name}' in {older[-1].parent}/ is of an earlier version: prepare it again"
    return f"corpus '{name}' is not prepared in {data_dir}/"


def _refuse_unfit(experiment: Experiment, corpus: corpora.Corpus) -> None:
    notes = corpus.content == 'notes'
    if notes == isinstance(experiment.frontend, View):
        return
    holds, hears = ('notes', 'sound') if notes else ('sound', 'notes')
    raise UserError(
        f'{corpus.name} holds {holds}, and frontend={type(experiment.frontend).__name__} hears '
        f'{hears}: {experiment.name} cannot learn from it'
    )


def train(
    chosen: Chosen,
    runs_dir: Path,
    wandb: Mode,
    options: 'Options',
    group: str | None = None,
) -> int:
    """Trains the run, resumes it, or shows its result where it is finished; an exit code.

    `group` is that of the run in W&B; without one it stands with those of its experiment.
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
    remember_programs(runs_dir)
    for line in described(chosen):
        print(line)
    print(f'run       {place.directory}', flush=True)
    loggers = Loggers(lambda say: _wandb(chosen, place, wandb, say, group))
    code = 1
    try:
        result = loop.run(experiment, corpus, place, options, loggers)
        code = 0
    except Interrupted as interrupted:
        code = interrupted.exit_code
        loggers.say(str(interrupted))
        return code
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and error.filename is None:
            raise runs.unwritable(place.directory, error) from error
        raise
    finally:
        loggers.close(code)
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
