"""Runs that are stacked against the same runs by themselves, model by model."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments
from research import batches, models, order, overrides, parallel, step, values
from research.meaning import Meaning
from research.tokens import View

COUNT, STEPS = 24, 50
LABELS = ('', 'a', 'b', 'c')
# Experiment, and what makes it small.
SMALL = {
    'MLP': ('genre_mlp', 'model.widths=16,8'),
    'LSTM': ('genre_lstm', 'model.widths=6'),
    'CNN2D': ('genre_cnn2d', 'model.channels=4', 'model.kernels=3', 'model.dense=8'),
    'CNN1D': ('genre_mlp', 'model=CNN1D', 'model.width=4', 'model.levels=2', 'model.dense=8'),
    'PlainCNN2D': (
        'genre_mlp',
        'model=PlainCNN2D',
        'model.channels=4',
        'model.pools=2',
        'model.dense=8',
    ),
    'ResNet': ('genre_mlp', 'model=ResNet', 'model.channels=4', 'model.blocks=1'),
    'SeparableCNN': ('genre_mlp', 'model=SeparableCNN', 'model.stem=4', 'model.channels=6'),
    'CNNBiGRU': (
        'speech_cnn_bigru',
        'data.slice_s=0.8',
        'model.channels=6',
        'model.kernel=5',
        'model.widths=5',
    ),
    'ConformerCTC': (
        'speech_conformer_ctc',
        'data.slice_s=0.8',
        'model.channels=4',
        'model.width=8',
        'model.depth=1',
        'model.heads=2',
        'model.kernel=5',
    ),
    'TokenLSTM': ('notes_lstm', 'frontend.window=33', 'frontend.first=32', 'model.widths=6'),
    'TokenGRU': (
        'notes_gru_names',
        'frontend.window=32',
        'frontend.first=8',
        'model.embedding=6',
        'model.widths=5',
    ),
    'Transformer': (
        'notes_transformer_names',
        'frontend.window=32',
        'frontend.first=8',
        'model.width=8',
        'model.depth=1',
        'model.heads=2',
    ),
    'FrameGRU': ('jsb_rolls_gru', 'frontend.window=32', 'model.widths=6'),
}
# Adam and RMSprop step as far along a gradient that is rounding noise as along any other:
# the rest are compared on Nesterov's momentum.
ADAM = ('MLP', 'LSTM')
# What differs from member to member, where the experiment has it.
DIFFERENT = {
    'seed': (0, 1),
    'optimizer.learning_rate': (1e-3, 2e-3),
    'optimizer.weight_decay': (0.0, 0.1),
    'model.dropout': (0.1, 0.3),
    'task.label_smoothing': (0.0, 0.1),
}
# Of parameters after the steps, against the greatest of their leaf: sums are in another order.
TOLERANCE = 1e-4
# Rounding turned over one of this one's ReLUs or maxima, between its 5th and 20th step.
TURNED = {'ResNet': 2e-2}


def meaning(name):
    if name in ('TokenLSTM', 'TokenGRU', 'Transformer'):
        return Meaning(labels=LABELS, sizes=(len(LABELS),))
    view = experiments.build(SMALL[name][0]).frontend
    return view.meaning([]) if isinstance(view, View) else Meaning(labels=LABELS)


def members(name):
    """Bound experiments that differ in values."""
    base, *own = SMALL[name]
    rule = [] if name in ADAM else ['optimizer=Momentum']
    asked = overrides.apply(experiments.build(base), [*own, *rule, 'batch_size=8'])
    numbers = {'seed', *values.extract(asked)}
    changes = [f'{path}={{}}' for path in DIFFERENT if path in numbers]
    columns = [DIFFERENT[path] for path in DIFFERENT if path in numbers]
    for row in zip(*columns, strict=True):
        told = [text.format(value) for text, value in zip(changes, row, strict=True)]
        yield step.bound(overrides.apply(asked, told), meaning(name))


def drawn(name, experiment):
    """Examples of the shape that the model hears, with something of their targets in them."""
    shape = batches.example(experiment)
    random = np.random.default_rng(0)
    lengths = random.integers(shape.shape[0] // 2, shape.shape[0] + 1, COUNT).astype(np.int32)
    if name in ('CNNBiGRU', 'ConformerCTC'):
        targets = {
            'tokens': random.integers(1, 4, (COUNT, 5)).astype(np.int32),
            'lengths': random.integers(1, 6, COUNT).astype(np.int32),
        }
    elif name in ('TokenLSTM', 'TokenGRU', 'Transformer', 'FrameGRU'):
        high = 2 if name == 'FrameGRU' else 4
        tokens = random.integers(0, high, (COUNT, *shape.shape)).astype(shape.dtype)
        first = np.full(COUNT, 32 if name == 'TokenLSTM' else 8, np.int32)
        whole = np.full(COUNT, shape.shape[0], np.int32)
        return batches.Features(
            jnp.asarray(tokens),
            jnp.asarray(whole),
            {'tokens': jnp.asarray(tokens), 'first': jnp.asarray(first)},
        )
    else:
        targets = (np.arange(COUNT) % len(LABELS)).astype(np.int32)
    x = random.normal(size=(COUNT, *shape.shape)).astype(np.float32)
    return batches.Features(
        jnp.asarray(x), jnp.asarray(lengths), jax.tree.map(jnp.asarray, targets)
    )


def alone(experiment, data):
    devices = parallel.layout('jit', 8)
    dispatch = step.compile_steps(experiment, STEPS, devices)
    scalars = {name: jnp.float32(x) for name, x in values.extract(experiment).items()}
    state = devices.put(step.init(experiment))
    for at in range(STEPS):
        chosen = order.indices(experiment.seed, at, 1, 8, COUNT)
        state, _ = dispatch(state, data, chosen, np.arange(8, dtype=np.int32), (scalars, at == 0))
    return state


def stacked(chosen, data):
    devices = parallel.stack(len(chosen), 8, True)
    dispatch = step.compile_steps(chosen[0], STEPS, devices)
    columns = [values.extract(each) for each in chosen]
    scalars = {name: jnp.array([each[name] for each in columns]) for name in columns[0]}
    state = devices.deal(jax.tree.map(lambda *x: jnp.stack(x), *map(step.init, chosen)))
    for at in range(STEPS):
        own = [order.indices(each.seed, at, 1, 8, COUNT) for each in chosen]
        fresh = np.full(len(chosen), at == 0)
        state, _ = dispatch(
            state, data, np.stack(own, axis=1), np.arange(8, dtype=np.int32), (scalars, fresh)
        )
    return state


def test_every_neural_model_is_tried_here():
    assert set(SMALL) | {'Forest'} == set(models.__all__)


@pytest.mark.parametrize('name', SMALL)
def test_a_stacked_run_equals_its_solo_run(name):
    chosen = [*members(name)]
    assert len({step.canonical(each) for each in chosen}) == 1
    assert len({*chosen}) == len(chosen) == 2
    data, tolerance = drawn(name, chosen[0]), TURNED.get(name, TOLERANCE)
    together = stacked(chosen, data)
    for member, each in enumerate(chosen):
        by_itself, start = alone(each, data), step.init(each)
        wanted = by_itself.params, by_itself.stats
        leaves = map(jax.tree.leaves, ((together.params, together.stats), wanted))
        for ours, theirs in zip(*leaves, strict=True):
            scale = float(jnp.abs(theirs).max())
            np.testing.assert_allclose(ours[member], theirs, rtol=0, atol=tolerance * scale)
        moved = jax.tree.map(lambda a, b: jnp.abs(a - b).max(), wanted[0], start.params)
        assert max(jax.tree.leaves(moved)) > 100 * TOLERANCE
        assert float(together.broken[member]) == float(by_itself.broken) == -1
