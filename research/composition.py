"""Pieces of music from a finished run: what they begin with, tokens drawn, notes counted."""

import dataclasses
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Shaped

import data_prep
from data_prep.notes import Notes
from data_prep.pages.wording import many
from research import corpora, generation, material, runs
from research.errors import UserError
from research.experiment import Inputs, network
from research.generation import Choice
from research.meaning import Meaning
from research.models import Transformer
from research.tokens import Events, Names, Rolls, View
from research.tokens import events as fields
from research.trained import Loaded

# A token or a step may give no note, as one of a rest or of a note that is held.
MOST_TOKENS_A_NOTE = 64
ANY = Choice()


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is to be written.

    Attributes:
        notes: of each piece, beside those of what it goes on from.
        pieces: how many.
        seed: of all that is drawn.
        choice: how a token is chosen.
    """

    notes: int = 500
    pieces: int = 1
    seed: int = 0
    choice: Choice = ANY


def view(loaded: Loaded) -> View:
    """The view of notes that a run was trained with.

    Raises:
        UserError: it hears sound.
    """
    experiment = loaded.experiment
    if not isinstance(experiment.frontend, View):
        raise UserError(
            f'{loaded.place.directory} hears sound ({type(experiment.frontend).__name__}): wanted '
            'is a run on notes, such as one of notes_gru'
        )
    return experiment.frontend


def continued(loaded: Loaded, piece: Notes, pieces: int) -> Shaped[np.ndarray, 'pieces told _']:
    """A piece as the beginning of all.

    Raises:
        UserError: the run's view finds fewer tokens in it than the run learnt to go on from.
    """
    own = view(loaded)
    rows = own.rows(own.encode(piece), loaded.meaning)
    if len(rows) < max(own.first, 1):
        raise UserError(
            f'the prompt has {len(rows)} tokens as {type(own).__name__} has them, and '
            f'{loaded.experiment.name} goes on from {max(own.first, 1)} or more: give another piece'
        )
    return np.broadcast_to(rows, (pieces, *rows.shape))


def opening(loaded: Loaded, wish: Wish, data_dir: Path) -> Shaped[np.ndarray, 'pieces told _']:
    """What the run never learnt to tell: for each piece the tokens of a training piece, drawn.

    Nothing where the view's `first` is 0. As in the tutorials a window is drawn evenly of all.

    Raises:
        UserError: the corpus of the run is not prepared in `data_dir`, or is another now.
    """
    own, experiment = view(loaded), loaded.experiment
    if not own.first:
        return np.zeros((wish.pieces, 0, own.fields), own.dtype)
    name = experiment.data.corpus
    directory = data_prep.prepared(name, data_dir)
    wanted = f'{experiment.name} goes on from {many(own.first, "token")}: give --prompt=FILE.mid'
    if directory is None:
        raise UserError(f'{wanted}, or the --data_dir of {name} (not in {data_dir}/)')
    corpus = corpora.open_corpus(directory)
    fingerprint = runs.read_json(loaded.place.environment).get('fingerprint')
    if corpus.fingerprint != fingerprint:
        raise UserError(f'{wanted}: {name} in {data_dir}/ is not what the run was trained on')
    train = material.prepare(experiment, corpus).parts['train']
    whole = np.flatnonzero(train.samples >= own.first)
    # A generator a piece: the openings of the first pieces are the same, however many there are.
    draws = [np.random.default_rng([wish.seed, each]).choice(whole) for each in range(wish.pieces)]
    found = []
    for row, piece in zip(draws, corpus.notes(train.record[draws].tolist()), strict=True):
        start = train.start[row]
        found.append(own.rows(own.encode(piece), loaded.meaning)[start : start + own.first])
    return np.stack(found)


def compose(
    loaded: Loaded, wish: Wish, before: Shaped[np.ndarray, 'pieces told _'], kept: bool
) -> list[Notes]:
    """Pieces of as many notes as are wished for, however many tokens those take.

    Args:
        loaded: a run on notes.
        wish: what is to be written.
        before: the tokens that each piece goes on from.
        kept: the pieces begin with the notes of `before`, which are not counted.

    Raises:
        UserError: the tokens drawn give too few notes, as silence for ever does; or the choice
            is among tokens, where each key of a frame is drawn by itself.
    """
    own, count = view(loaded), wish.notes
    if isinstance(own, Rolls) and (wish.choice.top_k, wish.choice.top_p) != (0, 1.0):
        raise UserError(
            f'--top_k and --top_p choose among tokens, and {loaded.experiment.name} draws each key '
            'by itself: leave them out; a lower --temperature keeps to the probable'
        )
    head = before if kept else before[:, :0]
    wanted = [wish.notes + len(own.decode(each, loaded.meaning).events) for each in head]
    while True:
        drawn = _tokens(loaded, wish, before, count)
        whole = np.concatenate([head, drawn], axis=1)
        pieces = [own.decode(each, loaded.meaning) for each in whole]
        fewest = min(len(piece.events) - n for piece, n in zip(pieces, wanted, strict=True))
        if fewest >= 0:
            return [
                piece._replace(events=piece.events[:n])
                for piece, n in zip(pieces, wanted, strict=True)
            ]
        if count >= MOST_TOKENS_A_NOTE * wish.notes:
            raise UserError(
                f'{count:,} tokens gave {wish.notes + fewest} notes of {wish.notes}: '
                'give a higher --temperature or another --seed'
            )
        # What was drawn is drawn again: more tokens of a seed begin with the same ones. A program
        # is compiled for each count, so that few are tried.
        count *= 4


def drawable(own: Inputs, meaning: Meaning) -> Bool[np.ndarray, ' outputs']:
    """Which values stand for something: not RARE among words, no duration of zero steps."""
    allowed = np.ones(sum(meaning.sizes) or len(meaning.labels), bool)
    if isinstance(own, Names):
        allowed[0] = False
    if isinstance(own, Events):
        allowed[sum(meaning.sizes[: fields.FIELDS.index('duration')])] = False
    return allowed


def _tokens(loaded: Loaded, wish: Wish, before: np.ndarray, count: int) -> np.ndarray:
    model, own = network(loaded.experiment), view(loaded)
    variables = {'params': loaded.weights.params, 'batch_stats': loaded.weights.stats}
    keys = generation.keys(wish.seed, wish.pieces)
    allowed = jnp.asarray(drawable(own, loaded.meaning))
    given = variables, keys, jnp.asarray(before), count, allowed, wish.choice
    if isinstance(model, Transformer):
        # What lies further back than a window's length the model has never looked at.
        model = model.clone(context=min(model.context, own.window))
    if generation.stepwise(model):
        return np.asarray(generation.draw(model, *given))
    return np.asarray(generation.draw_windowed(model, *given, window=own.window - 1))
