"""LSTM and GRU frame by frame, given the input's part of all gates; backward passes by hand.

What differentiating a scan adds up frame by frame, the gradient of the recurrent kernel, is here
one product over all frames behind the loop: the loop backward has one product a frame left, as it
has forward (Appleyard et al., "Optimizing performance of recurrent neural networks on GPUs", 2016,
section 3). Reverse mode only.
"""

import functools

import jax
import jax.numpy as jnp
from flax.linen import sigmoid
from jaxtyping import Array, Float


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def lstm(
    drives: Float[Array, 'time batch gates'],
    recurrent: Float[Array, 'features gates'],
    unroll: int = 1,
) -> Float[Array, 'time batch features']:
    """The hidden state after each frame, from zeros.

    Args:
        drives: what input and bias give to the four gates: input, forget, new, output.
        recurrent: the kernel of the hidden state, the gates beside one another.
        unroll: frames in one turn of the loop.
    """
    return _lstm(drives, recurrent, unroll)[0]


def _lstm(drives, recurrent, unroll):
    def frame(carry, drive):
        hidden, cell = carry
        into, forget, new, out = jnp.split(drive + hidden @ recurrent, 4, axis=-1)
        into, forget, new, out = sigmoid(into), sigmoid(forget), jnp.tanh(new), sigmoid(out)
        cell = forget * cell + into * new
        hidden = out * jnp.tanh(cell)
        return (hidden, cell), (hidden, cell, jnp.concatenate([into, forget, new, out], axis=-1))

    start = jnp.zeros((drives.shape[1], recurrent.shape[0]), drives.dtype)
    return jax.lax.scan(frame, (start, start), drives, unroll=unroll)[1]


def _lstm_forward(drives, recurrent, unroll):
    hidden, cells, gates = _lstm(drives, recurrent, unroll)
    return hidden, (hidden, cells, gates, recurrent)


def _lstm_backward(unroll, held, gradient):
    hidden, cells, gates, recurrent = held

    def frame(carry, given):
        of_hidden, of_cell = carry
        gradient, cell, before, gates = given
        into, forget, new, out = jnp.split(gates, 4, axis=-1)
        of_hidden = of_hidden + gradient
        bent = jnp.tanh(cell)
        of_cell = of_cell + of_hidden * out * (1 - bent * bent)
        of_gates = jnp.concatenate(
            [
                of_cell * new * into * (1 - into),
                of_cell * before * forget * (1 - forget),
                of_cell * into * (1 - new * new),
                of_hidden * bent * out * (1 - out),
            ],
            axis=-1,
        )
        return (of_gates @ recurrent.T, of_cell * forget), of_gates

    start = jnp.zeros_like(hidden[0])
    given = gradient, cells, _earlier(cells, start), gates
    _, of_gates = jax.lax.scan(frame, (start, start), given, reverse=True, unroll=unroll)
    return of_gates, _product(_earlier(hidden, start), of_gates)


lstm.defvjp(_lstm_forward, _lstm_backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(4,))
def gru(
    drives: Float[Array, 'time batch gates'],
    recurrent: Float[Array, 'features gates'],
    bias: Float[Array, ' gates'],
    start: Float[Array, 'batch features'],
    unroll: int = 1,
) -> Float[Array, 'time batch features']:
    """The hidden state after each frame; the reset gate acts behind the product.

    Args:
        drives: what input and its bias give to the three gates: update, reset, new.
        recurrent: the kernel of the hidden state, the gates beside one another.
        bias: added to its product.
        start: the hidden state before the first frame.
        unroll: frames in one turn of the loop.
    """
    return _gru(drives, recurrent, bias, start, unroll)[0]


def _gru(drives, recurrent, bias, start, unroll):
    def frame(hidden, drive):
        update, reset, new = jnp.split(drive, 3, axis=-1)
        own = jnp.split(hidden @ recurrent + bias, 3, axis=-1)
        keep, reset = sigmoid(update + own[0]), sigmoid(reset + own[1])
        new = jnp.tanh(new + reset * own[2])
        hidden = keep * hidden + (1 - keep) * new
        return hidden, (hidden, jnp.concatenate([keep, reset, new, own[2]], axis=-1))

    return jax.lax.scan(frame, start, drives, unroll=unroll)[1]


def _gru_forward(drives, recurrent, bias, start, unroll):
    hidden, gates = _gru(drives, recurrent, bias, start, unroll)
    return hidden, (hidden, gates, recurrent, start)


def _gru_backward(unroll, held, gradient):
    hidden, gates, recurrent, start = held

    def frame(of_hidden, given):
        gradient, before, gates = given
        keep, reset, new, own = jnp.split(gates, 4, axis=-1)
        of_hidden = of_hidden + gradient
        of_keep = of_hidden * (before - new) * keep * (1 - keep)
        of_new = of_hidden * (1 - keep) * (1 - new * new)
        of_reset = of_new * own * reset * (1 - reset)
        of_own = jnp.concatenate([of_keep, of_reset, of_new * reset], axis=-1)
        return of_hidden * keep + of_own @ recurrent.T, (of_own, of_new)

    earlier = _earlier(hidden, start)
    of_start, (of_own, of_new) = jax.lax.scan(
        frame,
        jnp.zeros_like(start),
        (gradient, earlier, gates),
        reverse=True,
        unroll=unroll,
    )
    both = 2 * recurrent.shape[0]
    of_drives = jnp.concatenate([of_own[..., :both], of_new], axis=-1)
    return of_drives, _product(earlier, of_own), of_own.sum(axis=(0, 1)), of_start


gru.defvjp(_gru_forward, _gru_backward)


def _earlier(
    states: Float[Array, 'time batch features'], start: Float[Array, 'batch features']
) -> Float[Array, 'time batch features']:
    """The state before each frame."""
    return jnp.concatenate([start[None], states[:-1]])


def _product(
    states: Float[Array, 'time batch features'], gradient: Float[Array, 'time batch gates']
) -> Float[Array, 'features gates']:
    return jnp.einsum('tbf,tbg->fg', states, gradient)
