"""What a function becomes over stacked runs, where each run has a kernel of its own.

XLA makes of a mapped convolution one over groups, which a CPU runs several times slower than the
same convolutions in turn (benchmarks/lowering.py). Here it is a member at a time on a CPU, where
each keeps its threads; elsewhere the taps of all members are joined to one batched matrix product.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float


def stacked(alone: Callable[..., Array], together: Callable[..., Array]) -> Callable[..., Array]:
    """`alone`, a function of arrays, with a rule of its own for `jax.vmap`.

    It is not to be differentiated: a backward pass is another such function.

    Args:
        alone: for one run; for several of them on a CPU, one after the other.
        together: equal to it; what is mapped on other platforms.
    """
    mapped = custom_vmap(alone)

    @mapped.def_vmap
    def over_members(count: int, batched: Sequence[bool], *arrays: Array) -> tuple[Array, bool]:
        if jax.default_backend() != 'cpu':
            axes = [0 if each else None for each in batched]
            return jax.vmap(together, axes, axis_size=count)(*arrays), True
        results = [
            mapped(*(x[at] if each else x for x, each in zip(arrays, batched, strict=True)))
            for at in range(count)
        ]
        return jnp.stack(results), True

    return mapped


def product(
    x: Float[Array, 'batch *space channels'],
    kernel: Float[Array, '*taps inputs filters'],
    strides: Sequence[int],
    padding: Any,
) -> Float[Array, 'batch *convolved filters']:
    """A convolution, channels last, as the product of shifted inputs side by side with the filters.

    Args:
        padding: 'VALID', 'SAME', or what stands before and behind each axis of space.
    """
    extent = kernel.shape[:-2]
    if isinstance(padding, str):
        padding = jax.lax.padtype_to_pads(x.shape[1:-1], extent, strides, padding)
    x = jnp.pad(x, [(0, 0), *padding, (0, 0)])
    counts = [
        (size - taps) // step + 1
        for size, taps, step in zip(x.shape[1:-1], extent, strides, strict=True)
    ]
    pieces = []
    for tap in itertools.product(*map(range, extent)):
        ends = [t + (n - 1) * step + 1 for t, n, step in zip(tap, counts, strides, strict=True)]
        bounds = (0, *tap, 0), (len(x), *ends, x.shape[-1])
        pieces.append(jax.lax.slice(x, *bounds, (1, *strides, 1)))
    return jnp.concatenate(pieces, axis=-1) @ kernel.reshape(-1, kernel.shape[-1])
