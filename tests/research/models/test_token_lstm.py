import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.errors import UserError
from research.models import TokenLSTM

jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})
MODEL = TokenLSTM(outputs=11, widths=(6,), told=3)
X = jnp.array([[3, 0, 10, 5, 7], [1, 2, 9, 9, 9]])


@functools.cache
def variables() -> Any:
    return jit(MODEL.init)(jax.random.PRNGKey(0), X, jnp.array([5, 5]))


def by_hand(numbers):
    """Logits after these numbers, gate by gate."""
    own = jax.tree.map(lambda p: np.asarray(p, np.float64), variables()['params'])
    lstm, dense = own['layers_0'], own['dense']

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    hidden, cell = np.zeros(6), np.zeros(6)
    for number in numbers:
        gates = number / 10 * lstm['input_kernel'][0]
        gates = gates + hidden @ lstm['recurrent_kernel'] + lstm['bias']
        into, forget, new, leave = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)
        hidden = sigmoid(leave) * np.tanh(cell)
    return hidden @ dense['kernel'] + dense['bias']


def test_each_of_the_last_tokens_is_told_from_the_numbers_before_it_over_the_largest():
    apply: Any = jit(MODEL.apply)
    logits, lengths = apply(variables(), X, jnp.array([5, 5]))
    assert lengths.tolist() == [5, 5]
    expected = [by_hand([3, 0]), by_hand([3, 0, 10]), by_hand([3, 0, 10, 5])]
    np.testing.assert_allclose(logits[0], expected, atol=1e-5)


def test_what_is_told_does_not_depend_on_it_or_on_what_follows():
    apply: Any = jit(MODEL.apply)
    logits, _ = apply(variables(), X, jnp.array([5, 5]))
    other, _ = apply(variables(), X.at[:, 3:].set(8), jnp.array([5, 5]))
    np.testing.assert_array_equal(logits[:, :2], other[:, :2])
    assert np.abs(logits[:, 2] - other[:, 2]).min() > 0


def test_the_token_after_the_valid_ones_is_told_from_them():
    after: Any = jit(functools.partial(MODEL.apply, method='after'))
    logits = after(variables(), X, jnp.array([4, 2]))
    np.testing.assert_allclose(logits, [by_hand([3, 0, 10, 5]), by_hand([1, 2])], atol=1e-5)


def test_windows_as_short_as_what_is_told_and_several_fields_are_refused():
    for shape, told in (
        ((1, 3), r'frontend.window \(=3\) must be more than model.told \(=3\)'),
        ((1, 5, 4), 'here tokens have 4 fields: take frontend=Names'),
    ):
        with pytest.raises(UserError, match=told):
            MODEL.init(jax.random.PRNGKey(0), jnp.zeros(shape, jnp.int32), jnp.array([3]))
