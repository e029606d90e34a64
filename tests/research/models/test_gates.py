"""Backward passes by hand against those of jax, of the same equations written as one scan."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.models import gates

TIME, BATCH, FEATURES = 7, 3, 4


def normal(seed: int, *shape: int):
    return jax.random.normal(jax.random.PRNGKey(seed), shape)


def lstm(drives, recurrent):
    def frame(carry, drive):
        hidden, cell = carry
        into, forget, new, out = jnp.split(drive + hidden @ recurrent, 4, axis=-1)
        cell = jax.nn.sigmoid(forget) * cell + jax.nn.sigmoid(into) * jnp.tanh(new)
        hidden = jax.nn.sigmoid(out) * jnp.tanh(cell)
        return (hidden, cell), hidden

    start = jnp.zeros((BATCH, FEATURES))
    return jax.lax.scan(frame, (start, start), drives)[1]


def gru(drives, recurrent, bias, start):
    def frame(hidden, drive):
        update, reset, new = jnp.split(drive, 3, axis=-1)
        own = jnp.split(hidden @ recurrent + bias, 3, axis=-1)
        keep = jax.nn.sigmoid(update + own[0])
        new = jnp.tanh(new + jax.nn.sigmoid(reset + own[1]) * own[2])
        hidden = keep * hidden + (1 - keep) * new
        return hidden, hidden

    return jax.lax.scan(frame, start, drives)[1]


LSTM = normal(0, TIME, BATCH, 4 * FEATURES), normal(1, FEATURES, 4 * FEATURES)
GRU = (
    normal(2, TIME, BATCH, 3 * FEATURES),
    normal(3, FEATURES, 3 * FEATURES),
    normal(4, 3 * FEATURES),
    normal(5, BATCH, FEATURES),
)
PAIRS = [(gates.lstm, lstm, LSTM), (gates.gru, gru, GRU)]


@pytest.mark.parametrize(('ours', 'reference', 'inputs'), PAIRS)
@pytest.mark.parametrize('unroll', [1, 3])
def test_outputs_and_all_gradients_equal_those_of_a_differentiated_scan(
    ours, reference, inputs, unroll
):
    found, backward = jax.vjp(lambda *each: ours(*each, unroll), *inputs)
    expected, differentiated = jax.vjp(reference, *inputs)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    weights = normal(6, *expected.shape)
    own, other = backward(weights), differentiated(weights)
    assert len(own) == len(inputs)
    for one, two in zip(own, other, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(('ours', 'reference', 'inputs'), PAIRS)
def test_a_stack_of_them_has_the_gradients_of_each(ours, reference, inputs):
    drives, recurrent, *rest = inputs
    stacked = jnp.stack([recurrent, -recurrent / 2])

    def gradient(function):
        def total(recurrent):
            return jnp.sum(function(drives, recurrent, *rest) ** 2)

        return jax.grad(total)

    found = jax.vmap(gradient(ours))(stacked)
    for own, each in zip(found, stacked, strict=True):
        np.testing.assert_allclose(own, gradient(reference)(each), rtol=1e-4, atol=1e-5)


def test_half_precision_stays_half_precision():
    half = [each.astype(jnp.bfloat16) for each in GRU]
    found, backward = jax.vjp(gates.gru, *half)
    assert found.dtype == jnp.bfloat16
    assert {each.dtype for each in backward(found)} == {jnp.dtype(jnp.bfloat16)}
