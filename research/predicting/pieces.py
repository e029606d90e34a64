"""How probable a piece of music is to a model of notes."""

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Int, Shaped

from data_prep.errors import Unreadable
from data_prep.sources import midi
from research.experiment import Model
from research.predicting.answers import How, Options, Reported, Watch
from research.predicting.places import Place
from research.step import Weights
from research.tasks import Task
from research.tokens import View, windows
from research.trained import Loaded

AT_ONCE = 64  # pieces in memory, of which short ones share a batch


class Read(NamedTuple):
    """A piece, or why there is none.

    Attributes:
        place: its file.
        rows: tokens as the model hears them.
        seconds: how long it is.
        error: '' where there is a piece.
    """

    place: Place
    rows: np.ndarray
    seconds: float
    error: str


class Likelihoods:
    """Nats a token (or note, or time step) of each piece, tokens judged as in the test part."""

    event_columns: tuple[str, ...] = ()
    event: str = ''
    how: How | None = None
    suffixes: tuple[str, ...] = ('.mid', '.midi')

    def __init__(self, loaded: Loaded, options: Options, batch: int):
        experiment = loaded.experiment
        model, task, view = experiment.model, experiment.task, experiment.frontend
        options.only(task)
        assert isinstance(view, View), view
        self.columns = (task.selects_by, 'tokens', 'length_s')
        self._view, self._batch, self._meaning = view, batch, loaded.meaning
        self._weights = jax.device_put(loaded.weights)
        self._predict = functools.partial(_predictions, model=model, task=task)

    def ask(self, places: Sequence[Place], watch: Watch, slot: int = 0) -> Iterator[Reported]:
        """An answer, or the reason why not, for each place, in order."""
        waiting = iter(places)
        while some := [self._read(place, watch) for place in itertools.islice(waiting, AT_ONCE)]:
            judged = self._judged([piece.rows for piece in some], slot)
            columns = (column.tolist() for column in judged)
            for piece, total, count, slot in zip(some, *columns, strict=True):
                error = piece.error
                if not error and not count:
                    error = f'{len(piece.rows)} tokens, of which none is judged: too short a piece'
                values = (total / count, int(count), piece.seconds) if not error else ()
                row = dict(zip(self.columns, values, strict=False))
                yield Reported(piece.place, row, [], error, slot).finite()

    def _read(self, place: Place, watch: Watch) -> Read:
        none = np.zeros((0, self._view.fields), self._view.dtype)
        if place.error:
            return Read(place, none, 0.0, place.error)
        try:
            notes = midi.read(place.path)
        except Unreadable as error:
            return Read(place, none, 0.0, str(error))
        except OSError as error:
            return Read(place, none, 0.0, f'cannot be read ({error.strerror or error})')
        watch(place, 1.0, notes.seconds())
        rows = self._view.rows(self._view.encode(notes), self._meaning)
        lacking = '' if len(rows) else f'{type(self._view).__name__} makes no token of it'
        return Read(place, rows, notes.seconds(), lacking)

    def _judged(self, rows: list[np.ndarray], slot: int) -> tuple[np.ndarray, ...]:
        """Nats of the judged tokens of each piece, how many those are, and the slot after it."""
        cut = windows.cut(np.array([*map(len, rows)]), self._view)
        nats, tokens = np.zeros(len(rows)), np.zeros(len(rows))
        after = slot + np.cumsum(np.bincount(cut.piece, minlength=len(rows)))
        begin = 0
        while begin < len(cut.piece):
            end = begin + self._batch - slot
            piece, start, length = (column[begin:end] for column in cut)
            first = windows.first(start, self._view).astype(np.int32)
            x = windows.fill(rows, piece, start, length, self._view)
            # Repeated, so that one program serves all batches.
            around = (slot, self._batch - slot - len(piece))
            full = [
                np.pad(each, (around, *[(0, 0)] * (each.ndim - 1)), mode='edge')
                for each in (x, length.astype(np.int32), first)
            ]
            said = jax.device_get(self._predict(self._weights, *full))
            own = slice(slot, slot + len(piece))
            np.add.at(nats, piece, said['nll'][own].astype(np.float64))
            np.add.at(tokens, piece, said['tokens'][own])
            begin, slot = end, 0
        return nats, tokens, after % self._batch


@functools.partial(jax.jit, static_argnames=('model', 'task'))
def _predictions(
    weights: Weights,
    tokens: Shaped[Array, 'batch time fields'],
    lengths: Int[Array, ' batch'],
    first: Int[Array, ' batch'],
    *,
    model: Model,
    task: Task,
) -> dict[str, Array]:
    variables = {'params': weights.params, 'batch_stats': weights.stats}
    outputs = model.apply(variables, tokens, lengths, None)
    return task.predict(outputs, {'tokens': tokens, 'first': first})
