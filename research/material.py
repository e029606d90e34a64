"""What an experiment makes of a corpus: the examples of each part, and what outputs stand for."""

import dataclasses
import functools
from typing import Any

import numpy as np

from research import corpora
from research.corpora import Corpus
from research.data import Data
from research.errors import UserError
from research.examples import Examples
from research.experiment import Experiment, sound
from research.meaning import Meaning
from research.tasks import NextToken
from research.tokens import Transposable, View, Voices, windows


@dataclasses.dataclass(frozen=True)
class Material:
    """A corpus, cut for an experiment.

    Attributes:
        corpus: open.
        parts: 'train', 'valid' and 'test', with their targets.
        meaning: learnt from the training part alone.
    """

    corpus: Corpus
    parts: dict[str, Examples]
    meaning: Meaning


def prepare(experiment: Experiment, corpus: Corpus) -> Material:
    """Cuts the parts and learns what outputs stand for.

    Raises:
        UserError: the task cannot learn from the corpus, or the parts cannot be cut so.
    """
    _refuse_unfit(experiment)
    if isinstance(experiment.frontend, View):
        return _of_notes(experiment, corpus, experiment.frontend)
    parts = corpora.cut(corpus, experiment.data, sound(experiment).rate_hz)
    task = experiment.task
    if task.labels == 'frames':
        _refuse_cut(corpus, experiment.data, parts)
    meaning = task.meaning(corpus, parts['train'])
    return Material(
        corpus,
        {
            name: dataclasses.replace(part, target=task.targets(corpus, part, meaning))
            for name, part in parts.items()
        },
        meaning,
    )


@functools.lru_cache(maxsize=4)
def encoded(corpus: Corpus, view: View) -> list[Any]:
    """Each piece of a corpus in the view's words; kept for whoever asks for them again."""
    return [view.encode(notes) for notes in corpus.notes(range(len(corpus.columns['item'])))]


def unjudged(view: View, corpus: Corpus) -> list[str]:
    """A line for the user on the pieces without a token that is judged, if there are any."""
    pieces = encoded(corpus, view)
    short = sum(len(piece) <= view.first for piece in pieces)
    why = f'{short} of {len(pieces)} pieces have no more than {view.first} tokens'
    return [f'note      left out: {why} in frontend={type(view).__name__}'] if short else []


def _of_notes(experiment: Experiment, corpus: Corpus, view: View) -> Material:
    """Windows of pieces; targets are `tokens`, which are what is heard, and the `first` judged.

    Raises:
        UserError: no token of any piece is judged.
    """
    pieces = encoded(corpus, view)
    cut = windows.cut(np.array([*map(len, pieces)]), view)
    if not len(cut.piece):
        raise UserError(
            f'frontend={type(view).__name__} finds no more than frontend.first (={view.first}) '
            f'tokens in any piece of {corpus.name}: take another view, or a smaller first'
        )
    parts = corpora.deal(corpus, experiment.data, cut.piece, cut.start, cut.length)
    meaning = view.meaning([pieces[record] for record in np.unique(parts['train'].record)])
    rows = [view.rows(piece, meaning) for piece in pieces]

    def targeted(part: Examples) -> Examples:
        tokens = windows.fill(rows, part.record, part.start, part.samples, view)
        first = windows.first(part.start, view).astype(np.int32)
        part = dataclasses.replace(part, target={'tokens': tokens, 'first': first})
        targets = experiment.task.targets(corpus, part, meaning)
        return dataclasses.replace(part, target=targets)

    return Material(corpus, {name: targeted(part) for name, part in parts.items()}, meaning)


def _refuse_unfit(experiment: Experiment) -> None:
    """What does not go with a front-end on sound, or with a view of notes."""
    view, task, model = experiment.frontend, experiment.task, experiment.model
    name = f'frontend={type(view).__name__}'
    notes = isinstance(view, View)
    for each in experiment.augment:
        if notes != (each.domain == 'tokens'):
            hears = 'notes' if notes else 'sound'
            raise UserError(f'augment={type(each).__name__} does not change {hears}: leave it out')
        if notes and not isinstance(view, Transposable):
            raise UserError(f'augment={type(each).__name__}: {name} has no keys: leave it out')
    if not notes:
        return
    if task.labels != 'tokens':
        raise UserError(f'task={type(task).__name__} does not tell the tokens of {name}')
    if isinstance(task, NextToken) and task.per == 'note' and not isinstance(view, Voices):
        raise UserError(
            f'task.per=note: a token of {name} is no note of a voice, and only those of Voices are '
            'compared by note_nll: --set=task.per=token'
        )
    if experiment.data.buckets > 1:
        raise UserError('data.buckets: windows of notes are of one length: leave it out')
    told, wanted = getattr(model, 'told', view.window), view.window - windows.earliest(view)
    if told < wanted:
        raise UserError(
            f'model.told (={told}) is less than the {wanted} last tokens of a window that {name} '
            f'may judge: --set=model.told={wanted}'
        )
    period, stride = getattr(model, 'period', 0), view.window - view.context
    if period and stride % period:
        raise UserError(
            f'model.period (={period}): windows begin every frontend.window - frontend.context '
            f'(={stride}) tokens, and each begins a period where that is a multiple of it'
        )


def _refuse_cut(corpus: Corpus, data: Data, parts: dict[str, Examples]) -> None:
    """What is said of a whole recording is not what is said in a slice of it."""
    records = np.unique(np.concatenate([part.record for part in parts.values()]))
    seconds = corpus.seconds()[records]
    cut = seconds > data.slice_s
    if cut.any():
        raise UserError(
            f'data.slice_s={data.slice_s:g} cuts {cut.sum()} of {len(cut)} recordings of '
            f'{corpus.name}, and transcripts are of whole ones: give data.max_s={data.slice_s:g} '
            f'to leave those out, or data.slice_s={np.ceil(seconds.max()):g} to hear them all'
        )
