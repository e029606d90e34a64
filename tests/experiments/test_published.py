"""The published networks, layer by layer in plain lax, against the models with the same parameters.

A count of parameters says nothing of the order of layers; this does.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments
from research import step
from research.experiment import network
from research.meaning import Meaning
from research.optimizers import Adam, RMSprop

GENRES = Meaning(labels=tuple('abcdefghij'))
TWO = Meaning(labels=('a', 'b'))
Variables = dict[str, Any]


def conv(x, at: Variables, stride: int = 1):
    space = 'HW'[: x.ndim - 2]
    layout = f'N{space}C', f'{space}IO', f'N{space}C'
    strides = (stride,) * len(space)
    own = at['Conv_0']
    out = jax.lax.conv_general_dilated(x, own['kernel'], strides, 'VALID', dimension_numbers=layout)
    return out + own['bias']


def pool(x, extent: int, stride: int, padding: str = 'VALID'):
    window, steps = ((1, *(n,) * (x.ndim - 2), 1) for n in (extent, stride))
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, steps, padding)


def norm(x, variables: Variables, number: int):
    place = f'BatchNorm_{number}'
    own = variables['params'][place]['BatchNorm_0']
    seen = variables['batch_stats'][place]['BatchNorm_0']
    return (x - seen['mean']) / jnp.sqrt(seen['var'] + 1e-3) * own['scale'] + own['bias']


def dense(x, at: Variables):
    return x @ at['kernel'] + at['bias']


def lstm(x, at: Variables):
    hidden = cell = jnp.zeros((x.shape[0], at['recurrent_kernel'].shape[0]))
    heard = []
    for frame in range(x.shape[1]):
        gates = x[:, frame] @ at['input_kernel'] + hidden @ at['recurrent_kernel'] + at['bias']
        into, forget, new, out = jnp.split(gates, 4, axis=-1)
        cell = jax.nn.sigmoid(forget) * cell + jax.nn.sigmoid(into) * jnp.tanh(new)
        hidden = jax.nn.sigmoid(out) * jnp.tanh(cell)
        heard.append(hidden)
    return jnp.stack(heard, axis=1)


def gru(x, at: Variables):
    hidden = jnp.zeros((x.shape[0], at['recurrent_kernel'].shape[0]))
    heard = []
    for frame in range(x.shape[1]):
        into = jnp.split(x[:, frame] @ at['input_kernel'] + at['bias'], 3, axis=-1)
        own = jnp.split(hidden @ at['recurrent_kernel'] + at['recurrent_bias'], 3, axis=-1)
        keep, reset = (jax.nn.sigmoid(into[n] + own[n]) for n in (0, 1))
        hidden = keep * hidden + (1 - keep) * jnp.tanh(into[2] + reset * own[2])
        heard.append(hidden)
    return jnp.stack(heard, axis=1)


def genre_cnn1d(x, variables: Variables):
    own = variables['params']
    for level in range(7):
        x = pool(norm(jax.nn.relu(conv(x, own[f'Conv_{level}'])), variables, level), 2, 2)
    x = x.max(axis=1)
    for layer in range(2):
        x = jax.nn.relu(dense(x, own[f'Dense_{layer}']))
    return dense(x, own['Dense_2'])


def genre_cnn2d(x, variables: Variables):
    own, x = variables['params'], x[..., None]
    for level in range(3):
        x = pool(jax.nn.relu(conv(x, own[f'Conv_{level}'])), 3, 2, 'SAME')
        x = norm(x, variables, level)
    x = jax.nn.relu(dense(x.reshape(len(x), -1), own['Dense_0']))
    return dense(x, own['Dense_1'])


def genre_mlp(x, variables: Variables):
    own, x = variables['params'], x.reshape(len(x), -1)
    for layer in range(5):
        x = jax.nn.relu(dense(x, own[f'Dense_{layer}']))
    return dense(x, own['Dense_5'])


def genre_lstm(x, variables: Variables):
    own = variables['params']
    x = lstm(lstm(x, own['LSTM_0']), own['LSTM_1'])[:, -1]
    return dense(jax.nn.relu(dense(x, own['Dense_0'])), own['Dense_1'])


def tracks_cnn2d(x, variables: Variables):
    own, x = variables['params'], x[..., None]
    for level in range(3):
        x = jax.nn.relu(conv(x, own[f'Conv_{level}']))
        x = pool(x, 2, 2) if level < 2 else x
    x = jax.nn.relu(dense(x.reshape(len(x), -1), own['Dense_0']))
    return dense(x, own['Dense_1'])


def capuchin_cnn2d(x, variables: Variables):
    own, x = variables['params'], x[..., None]
    for level in range(2):
        x = jax.nn.relu(conv(x, own[f'Conv_{level}']))
    return dense(x.reshape(len(x), -1), own['Dense_0'])


def speech_cnn_bigru(x, variables: Variables):
    own, x = variables['params'], norm(x, variables, 0)
    for level in range(2):
        x = norm(jax.nn.relu(conv(x, own[f'Conv_{level}'], stride=2)), variables, level + 1)
    back = gru(x[:, ::-1], own['GRU_1'])[:, ::-1]
    x = norm(jnp.concatenate([gru(x, own['GRU_0']), back], axis=-1), variables, 3)
    return dense(x, own['Dense_0'])


PUBLISHED: list[tuple[Callable[..., Any], Meaning, tuple[int, int]]] = [
    (genre_cnn1d, GENRES, (900, 128)),
    (genre_cnn2d, GENRES, (125, 13)),
    (genre_mlp, GENRES, (125, 13)),
    (genre_lstm, GENRES, (12, 13)),
    (tracks_cnn2d, TWO, (50, 40)),
    (capuchin_cnn2d, TWO, (40, 30)),
    (speech_cnn_bigru, Meaning(labels=('', *'abc')), (40, 161)),
]


def _drawn(variables: Variables) -> Variables:
    """Everything different from everything else, so that no layer passes for another."""
    rng = np.random.default_rng(0)

    def weights(leaf: jax.ShapeDtypeStruct) -> np.ndarray:
        fan_in = int(np.prod(leaf.shape[:-1]))
        return rng.standard_normal(leaf.shape, np.float32) / np.float32(fan_in**0.5)

    def moments(leaf: jax.ShapeDtypeStruct) -> np.ndarray:
        return rng.uniform(0.5, 1.5, leaf.shape).astype(np.float32)  # variances are positive

    drawn = {'params': jax.tree.map(weights, variables['params'])}
    stats = variables.get('batch_stats', {})
    return drawn | {'batch_stats': jax.tree.map(moments, stats)}


@pytest.mark.parametrize(
    ('published', 'meaning', 'shape'), PUBLISHED, ids=[each[0].__name__ for each in PUBLISHED]
)
def test_a_network_is_the_published_one_layer_by_layer(published, meaning, shape):
    experiment = step.bound(experiments.build(published.__name__), meaning)
    model = network(experiment)
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    lengths = jnp.full(2, shape[0])
    variables = _drawn(jax.eval_shape(model.init, jax.random.PRNGKey(0), x, lengths))
    found = jax.jit(model.apply)(variables, x, lengths)
    found = found[0] if isinstance(found, tuple) else found
    expected = jax.jit(published)(x, variables)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-4 * np.abs(expected).max())


RECIPES = [
    ('genre_cnn1d', Adam(learning_rate=1e-4), 128, 100.0),
    ('genre_cnn2d', RMSprop(learning_rate=1e-3), 32, 30.0),
    ('genre_mlp', Adam(learning_rate=1e-3), 32, 50.0),
    ('genre_lstm', Adam(learning_rate=1e-3), 32, 50.0),
    ('tracks_cnn2d', RMSprop(learning_rate=1e-3), 32, 10.0),
    ('capuchin_cnn2d', Adam(learning_rate=1e-3), 16, 4.0),
    ('notes_lstm', Adam(learning_rate=1e-3), 32, 100.0),
    ('speech_cnn_bigru', Adam(learning_rate=1e-3), 32, 2500),  # batches, not epochs
]


@pytest.mark.parametrize(('name', 'optimizer', 'batch_size', 'course'), RECIPES)
def test_a_published_experiment_is_trained_as_published(name, optimizer, batch_size, course):
    experiment = experiments.build(name)
    assert experiment.optimizer == optimizer
    assert (experiment.batch_size, experiment.steps or experiment.epochs) == (batch_size, course)
    assert (experiment.steps is None) == isinstance(course, float)
    assert experiment.augment == ()
