from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from research.models import recurrent


def init(module: nn.Module) -> Any:
    return jax.jit(module.init)


def apply(module: nn.Module) -> Any:
    return jax.jit(module.apply)


def test_lstm_equals_the_equations_frame_by_frame():
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 4, 3))
    module = recurrent.LSTM(5)
    variables = init(module)(jax.random.PRNGKey(1), x)
    out = apply(module)(variables, x)
    params = {name: np.asarray(value, np.float64) for name, value in variables['params'].items()}

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    hidden, cell = np.zeros((2, 5)), np.zeros((2, 5))
    for frame in range(4):
        gates = np.asarray(x, np.float64)[:, frame] @ params['input_kernel']
        gates = gates + hidden @ params['recurrent_kernel'] + params['bias']
        into, forget, new, leave = np.split(gates, 4, axis=-1)
        cell = sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)
        hidden = sigmoid(leave) * np.tanh(cell)
        np.testing.assert_allclose(out[:, frame], hidden, atol=1e-5)


def test_the_forget_gate_starts_open():
    variables = init(recurrent.LSTM(2))(jax.random.PRNGKey(0), jnp.zeros((1, 1, 1)))
    assert variables['params']['bias'].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_gru_equals_the_library_cell_frame_by_frame():
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 6, 3))
    module = recurrent.GRU(5)
    variables = init(module)(jax.random.PRNGKey(1), x)
    own = dict(variables['params'])
    # The library's cell has no recurrent bias for update and reset, where it adds to the other.
    own['recurrent_bias'] = jnp.zeros(15).at[10:].set(jnp.arange(5.0))
    own['bias'] = jnp.linspace(-1, 1, 15)
    out = apply(module)({'params': own}, x)
    inward = jnp.split(own['input_kernel'], 3, axis=1)
    inner = jnp.split(own['recurrent_kernel'], 3, axis=1)
    bias = jnp.split(own['bias'], 3)
    # Update, reset, candidate; the library calls them z, r, n.
    cell = {}
    for letter, into, hidden, shift in zip('zrn', inward, inner, bias, strict=True):
        cell[f'i{letter}'] = {'kernel': into, 'bias': shift}
        cell[f'h{letter}'] = {'kernel': hidden}
    cell['hn']['bias'] = own['recurrent_bias'][10:]
    step = jax.jit(lambda carry, frame: nn.GRUCell(5).apply({'params': cell}, carry, frame))
    carry = jnp.zeros((2, 5))
    for frame in range(6):
        carry, _ = step(carry, x[:, frame])
        np.testing.assert_allclose(out[:, frame], carry, atol=1e-5)


def test_reversing_turns_the_valid_frames_round_and_leaves_the_rest():
    x = jnp.arange(8.0).reshape(2, 4, 1)
    turned = recurrent.reverse(x, jnp.array([4, 2]))
    assert turned[:, :, 0].tolist() == [[3, 2, 1, 0], [5, 4, 6, 7]]
    np.testing.assert_array_equal(recurrent.reverse(turned, jnp.array([4, 2])), x)


def test_how_many_frames_are_a_turn_of_the_loop_changes_no_output(monkeypatch):
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 11, 3))
    for kind in (recurrent.LSTM, recurrent.GRU):
        variables = init(kind(4))(jax.random.PRNGKey(1), x)
        one: Any = kind(4).apply(variables, x)
        with monkeypatch.context() as patched:
            patched.setattr(jax, 'default_backend', lambda: 'gpu')
            eight: Any = kind(4).apply(variables, x)
        np.testing.assert_allclose(one, eight, atol=1e-6)
