"""An experiment chosen: the user's changes to it, and its corpus or the stand-in for that."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import data_prep
from research import codec, corpora, overrides, runs
from research.errors import UserError
from research.experiment import Experiment
from research.tokens import View


class Unprepared(UserError):
    """An embedded corpus is not there, and was not to be prepared.

    Args:
        lacking: what is not prepared, in words.
        how: what prepares it.
    """

    def __init__(self, lacking: str, how: str):
        self.lacking = lacking
        super().__init__(f'{lacking}: {how}')


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
        Unprepared: neither the corpus nor its stand-in is there, and nothing may be prepared.
        UserError: an assignment that does not fit, a pinned corpus that is not prepared, or one
            that the task cannot learn from.
    """
    asked = overrides.apply(experiment, assignments)
    own = asked.data.corpus
    insisted = pinned or (own if own != experiment.data.corpus else None)
    name = insisted or own
    directory = data_prep.prepared(name, data_dir)
    stand_in = directory is None and not data_prep.card(name).embedded
    if stand_in:
        how, lacking = command(name, data_dir), unprepared(name, data_dir)
        if insisted:
            raise UserError(f'{lacking}: {how}')
        name = asked.standin.corpus
        directory = data_prep.prepared(name, data_dir)
        if directory is None and not prepare:
            neither = f"{lacking}, nor is its embedded stand-in '{name}'"
            raise Unprepared(neither, command(name, data_dir))
        told = f"{lacking}; the embedded stand-in '{name}' takes its place."
        told += f'\nTo train on the real one: {how}'
        report(told) if report else print(told, flush=True)
    if directory is None and not prepare:
        raise Unprepared(unprepared(name, data_dir), command(name, data_dir))
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
