from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from research.models import TokenLSTM


def test_the_next_token_is_told_from_each_number_over_the_largest():
    x = jnp.array([[3, 0, 10, 5]])
    model = TokenLSTM(outputs=11, widths=(6,))
    variables: Any = jax.jit(model.init)(jax.random.PRNGKey(0), x, jnp.array([4]))
    own = jax.tree.map(lambda p: np.asarray(p, np.float64), variables['params'])
    lstm, dense = own['LSTM_0'], own['Dense_0']

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    hidden, cell = np.zeros(6), np.zeros(6)
    for number in (0.3, 0.0, 1.0):
        gates = number * lstm['input_kernel'][0] + hidden @ lstm['recurrent_kernel'] + lstm['bias']
        into, forget, new, leave = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)
        hidden = sigmoid(leave) * np.tanh(cell)
    out: Any = jax.jit(model.apply)(variables, x, jnp.array([3]))
    expected = hidden @ dense['kernel'] + dense['bias']
    np.testing.assert_allclose(out[0], expected, atol=1e-5)
