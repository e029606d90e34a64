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

from research.models import stacking

# Where XLA's own gradient of the filters falls behind on a CPU, with 64 filters and not with 32: by
# 92,000 positions it was seen to, at 79,000 not yet. The power of two below either is the bound.
MANY_POSITIONS = 2**16
MANY_FILTERS = 64


def convolve(
    x: Float[Array, 'batch *space channels'],
    kernel: Float[Array, '*taps inputs filters'],
    strides: Sequence[int],
    padding: Any,
    **rest: Any,
) -> Float[Array, 'batch *convolved filters']:
    """`jax.lax.conv_general_dilated`, lowered by shape and platform; reverse mode only.

    Takes what flax's Conv hands on. Convolutions that are dilated or in groups are XLA's; the
    others have a rule of their own for stacked runs (research.models.stacking), and the gradient of
    their filters is taken in another way than XLA's where that is faster.
    """
    plain = functools.partial(
        jax.lax.conv_general_dilated, window_strides=strides, padding=padding, **rest
    )
    if any(step != 1 for step in _spread(rest)):
        return plain(x, kernel)
    product = functools.partial(stacking.product, strides=strides, padding=padding)
    return _convolve((plain, product, filters_by_rows(x, kernel, strides, padding)), x, kernel)


def _spread(rest: dict[str, Any]) -> list[int]:
    """Dilations and numbers of groups, all of them one in a plain convolution."""
    dilations = [*(rest.get('lhs_dilation') or ()), *(rest.get('rhs_dilation') or ())]
    return [*dilations, rest.get('feature_group_count', 1), rest.get('batch_group_count', 1)]


def filters_by_rows(
    x: Float[Array, 'batch *space channels'],
    kernel: Float[Array, '*taps inputs filters'],
    strides: Sequence[int],
    padding: Any,
) -> bool:
    """Whether the filters' gradient is that of `filter_gradient`: over two axes in float32, by
    steps of one, without padding.
    """
    if jax.default_backend() != 'cpu' or kernel.ndim != 4 or x.dtype != jnp.float32:
        return False
    if padding != 'VALID' or any(step != 1 for step in strides):
        return False
    rows, columns, channels, filters = kernel.shape
    positions = x.shape[0] * (x.shape[1] - rows + 1) * (x.shape[2] - columns + 1)
    return channels == 1 or (positions >= MANY_POSITIONS and filters >= MANY_FILTERS)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _convolve(how, x, kernel):
    plain, product, _ = how
    return stacking.stacked(plain, product)(x, kernel)


def _forward(how, x, kernel):
    return _convolve(how, x, kernel), (x, kernel)


def _backward(how, held, gradient):
    plain, product, by_rows = how
    x, kernel = held
    # Shapes alone: a closure over arrays would not be mapped with the rest.
    inputs, filters = (jax.ShapeDtypeStruct(each.shape, each.dtype) for each in held)

    def of_inputs(function):
        def back(kernel, gradient):
            [found] = jax.linear_transpose(lambda x: function(x, kernel), inputs)(gradient)
            return found

        return back

    def of_filters(function):
        def back(x, gradient):
            [found] = jax.linear_transpose(lambda kernel: function(x, kernel), filters)(gradient)
            return found

        return back

    def rows(x, gradient):
        return filter_gradient(x, gradient, filters.shape)

    of_x = stacking.stacked(of_inputs(plain), of_inputs(product))
    of_kernel = stacking.stacked(rows if by_rows else of_filters(plain), of_filters(product))
    return of_x(kernel, gradient), of_kernel(x, gradient)


_convolve.defvjp(_forward, _backward)


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
