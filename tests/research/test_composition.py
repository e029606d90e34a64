import dataclasses
import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.notes import DURATION, ONSET, arrange
from research import composition, step
from research.composition import Wish
from research.errors import UserError
from research.experiment import Data, Experiment, StandIn, network
from research.frontends import LogMel
from research.generation import Choice
from research.models import MLP, FrameGRU, TokenGRU, TokenLSTM, Transformer
from research.optimizers import Adam
from research.runs import Run
from research.tasks import Classification, NextFrame, NextToken
from research.tokens import Events, Names, Rolls, Voices
from research.trained import Loaded

TRANSFORMER = Transformer(width=8, depth=1, heads=1, expansion=1, context=64)
# Each program runs once: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})
KINDS = {
    'words': (Names(window=5, context=4, first=4), TokenLSTM(widths=(4,)), NextToken()),
    'events': (Events(window=8, context=4), TokenGRU(embedding=4, widths=(4,)), NextToken()),
    'voices': (Voices(window=8, context=4), TRANSFORMER, NextToken()),
    'rolls': (Rolls(window=6, context=2), FrameGRU(widths=(4,)), NextFrame()),
}


def chorale(seed):
    """Four parts that go up and down in quarters and halves."""
    rng = np.random.default_rng(seed)
    rows = []
    for part, low in enumerate((64, 57, 52, 45)):
        at = 0
        for _ in range(24):
            lasting = int(rng.choice([480, 960]))
            rows.append((at, low + int(rng.integers(0, 8)), lasting, 64, part))
            at += lasting
    return arrange(np.array(rows), 480, np.zeros((0, 2), int), 'SATB', [52] * 4)


PIECES = [chorale(seed) for seed in range(3)]


@functools.cache
def made(kind, scale=1.0):
    """As if trained: parameters as they are drawn, by the scale."""
    view, model, task = KINDS[kind]
    meaning = view.meaning([view.encode(piece) for piece in PIECES])
    experiment = Experiment('drawn', Data('none'), view, model, task, Adam(), StandIn('none'))
    bound = step.bound(experiment, meaning)
    x = jnp.zeros((1, view.window, view.fields), view.dtype)
    variables = jit(network(bound).init)(jax.random.PRNGKey(0), x, jnp.full(1, view.window))
    params = jax.tree.map(lambda p: scale * p, variables['params'])
    return Loaded(Run(Path('nowhere')), bound, meaning, step.Weights(params, {}), {}, {})


@pytest.mark.parametrize('kind', KINDS)
def test_a_piece_is_its_prompt_and_the_notes_that_were_wished_for(kind):
    loaded = made(kind)
    before = composition.continued(loaded, PIECES[1], 2)
    told = composition.view(loaded).decode(before[0], loaded.meaning)
    pieces = composition.compose(loaded, Wish(notes=40, pieces=2), before, kept=True)
    assert pieces[0].events.tolist() != pieces[1].events.tolist()
    for piece in pieces:
        assert len(piece.events) == len(told.events) + 40
        onsets = piece.events[: len(told.events), ONSET]
        np.testing.assert_array_equal(onsets, told.events[:, ONSET])
        assert np.all(piece.events[:, DURATION] > 0)
    bare = composition.compose(loaded, Wish(notes=40, pieces=2), before, kept=False)
    assert [len(piece.events) for piece in bare] == [40, 40]


def test_only_values_that_stand_for_something_may_be_drawn():
    words, events, voices = (made(kind) for kind in ('words', 'events', 'voices'))
    kept = composition.drawable(words.experiment.frontend, words.meaning)
    assert [words.meaning.labels[i] for i in np.flatnonzero(~kept)] == ['<rare>']
    kept = composition.drawable(events.experiment.frontend, events.meaning)
    assert np.flatnonzero(~kept).tolist() == [256 + 193]  # after pitches and onsets: no duration
    assert composition.drawable(voices.experiment.frontend, voices.meaning).all()


def test_music_that_never_goes_on_is_told_of(monkeypatch):
    monkeypatch.setattr(composition, 'MOST_TOKENS_A_NOTE', 4)
    loaded = made('rolls', scale=0.0)  # the probable is silence
    before = composition.continued(loaded, PIECES[0], 1)
    wish = Wish(notes=9, choice=Choice(temperature=0.0))
    with pytest.raises(UserError, match=r'^36 tokens gave 0 notes of 9: .*temperature'):
        composition.compose(loaded, wish, before, kept=False)


def test_a_choice_among_tokens_is_refused_where_keys_are_drawn():
    loaded = made('rolls')
    before = composition.continued(loaded, PIECES[0], 1)
    with pytest.raises(UserError, match='--top_k and --top_p'):
        composition.compose(loaded, Wish(choice=Choice(top_k=3)), before, kept=False)


def test_a_prompt_without_tokens_is_refused():
    two = arrange(PIECES[0].events[:2], 480, np.zeros((0, 2), int), ('', ''), (0, 0))
    with pytest.raises(UserError, match='the prompt has 0 tokens as Voices has them'):
        composition.continued(made('voices'), two, 1)


def test_a_run_on_sound_is_refused():
    sound = Experiment(
        'genre', Data('none'), LogMel(), MLP(), Classification(), Adam(), StandIn('none')
    )
    loaded = dataclasses.replace(made('events'), experiment=sound)
    with pytest.raises(UserError, match=r'hears sound \(LogMel\)'):
        composition.view(loaded)
