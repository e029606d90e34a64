"""Convolution lowered as the platform wants it: what XLA does, but where another way is faster.

On a CPU, XLA's convolutions reach 80% of a matrix product's speed and more, with two exceptions in
the gradient of the filters. Over one input channel, and over many positions with many filters, it
falls to a fifth (benchmarks/lowering.py). There each row of a filter's taps is a matrix product of
shifted inputs with the gradient, an example at a time.
"""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Where XLA's own gradient of the filters falls behind on a CPU: seen between 79,000 and 92,000
# positions, with 64 filters and not with 32.
MANY_POSITIONS = 2**16
MANY_FILTERS = 64


def convolve(
    x: Float[Array, 'batch *space channels'],
    kernel: Float[Array, '*taps inputs filters'],
    strides: Sequence[int],
    padding: Any,
    **rest: Any,
) -> Float[Array, 'batch *convolved filters']:
    """`jax.lax.conv_general_dilated`, with a gradient of the filters chosen by shape and platform.

    Takes what flax's Conv hands on. Only convolutions over two axes in float32 are lowered in
    another way than XLA's: by steps of one, without padding, dilation or groups.
    """
    plain = functools.partial(
        jax.lax.conv_general_dilated, window_strides=strides, padding=padding, **rest
    )
    simple = padding == 'VALID' and all(step == 1 for step in (*strides, *_spread(rest)))
    if simple and _by_rows(x.shape, kernel.shape, x.dtype):
        return by_rows(plain, x, kernel)
    return plain(x, kernel)


def _spread(rest: dict[str, Any]) -> list[int]:
    """Dilations and numbers of groups, all of them one in a plain convolution."""
    dilations = [*(rest.get('lhs_dilation') or ()), *(rest.get('rhs_dilation') or ())]
    return [*dilations, rest.get('feature_group_count', 1), rest.get('batch_group_count', 1)]


def _by_rows(shape: tuple[int, ...], kernel: tuple[int, ...], dtype: Any) -> bool:
    if jax.default_backend() != 'cpu' or len(kernel) != 4 or dtype != jnp.float32:
        return False
    rows, columns, channels, filters = kernel
    positions = shape[0] * (shape[1] - rows + 1) * (shape[2] - columns + 1)
    return channels == 1 or (positions >= MANY_POSITIONS and filters >= MANY_FILTERS)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def by_rows(plain, x, kernel):
    """`plain(x, kernel)`, a convolution by steps of one without padding; see `filter_gradient`."""
    return plain(x, kernel)


def _forward(plain, x, kernel):
    return plain(x, kernel), (x, kernel)


def _backward(plain, held, gradient):
    x, kernel = held
    _, back = jax.vjp(lambda x: plain(x, kernel), x)
    return *back(gradient), filter_gradient(x, gradient, kernel.shape)


by_rows.defvjp(_forward, _backward)


def filter_gradient(
    x: Float[Array, 'batch height width channels'],
    gradient: Float[Array, 'batch convolved_height convolved_width filters'],
    kernel: tuple[int, int, int, int],
) -> Float[Array, 'rows columns channels filters']:
    """The gradient of a convolution's filters, a row of taps at a time."""
    rows, columns, _, _ = kernel
    height, width = gradient.shape[1:3]
    beside = jnp.concatenate([x[:, :, at : at + width] for at in range(columns)], axis=-1)
    found = [
        jnp.einsum('bhwc,bhwf->bcf', beside[:, at : at + height], gradient).sum(axis=0)
        for at in range(rows)
    ]
    return jnp.stack(found).reshape(kernel)
