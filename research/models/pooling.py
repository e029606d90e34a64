"""What is kept of several frames: the greatest of windows or of all, or the last."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.lengths import valid
from research.models.layers import refuse_short


def max_pool(
    x: Float[Array, 'batch *space channels'],
    window: Sequence[int],
    stride: Sequence[int],
    padding: str = 'VALID',
) -> Float[Array, 'batch *pooled channels']:
    """Maximum over windows, an axis at a time, as a maximum of every step-th values.

    On a CPU, XLA differentiates reduce_window by a scatter that is ten times slower, and strided
    slices by a sum of arrays of the whole size; what was split is joined again by one copy. Where
    values tie, the gradient goes to the first of them.

    Args:
        x: channels last.
        window: one extent per axis of space.
        stride: one step per axis of space.
        padding: 'VALID', or 'SAME' for ceil(size / stride) results per axis.

    Raises:
        UserError: without padding, the window is longer than what it is given.
    """
    if padding == 'VALID':
        refuse_short(x.shape[1:-1], window, 'pooling window')
    for axis, (extent, step) in enumerate(zip(window, stride, strict=True), start=1):
        x = _max_along(x, axis, extent, step, padding)
    return x


def _max_along(
    x: Float[Array, '...'], axis: int, extent: int, step: int, padding: str
) -> Float[Array, '...']:
    """Maximum over windows of one axis."""
    size = x.shape[axis]
    count = -(-size // step) if padding == 'SAME' else (size - extent) // step + 1
    before = max((count - 1) * step + extent - size, 0) // 2 if padding == 'SAME' else 0
    # Every step-th frame, from each of `step` offsets on, past the end where windows need it.
    rows = count + (extent - 1) // step
    x = jax.lax.slice_in_dim(x, 0, min(size, rows * step - before), axis=axis)
    pads = [(0, 0)] * x.ndim
    pads[axis] = (before, rows * step - before - x.shape[axis])
    if any(pads[axis]):
        x = jnp.pad(x, pads, constant_values=-jnp.inf)
    x = x.reshape(*x.shape[:axis], rows, step, *x.shape[axis + 1 :])
    phases = jax.lax.split(x, (1,) * step, axis=axis + 1)
    result = None
    for tap in range(extent):
        phase = jnp.squeeze(phases[tap % step], axis + 1)
        piece = jax.lax.slice_in_dim(phase, tap // step, tap // step + count, axis=axis)
        result = piece if result is None else _greater(result, piece)
    assert result is not None, extent
    return result


@jax.custom_jvp
def _greater(x: Float[Array, '...'], y: Float[Array, '...']) -> Float[Array, '...']:
    """The greater of two, element by element.

    JAX's own gradient asks which of them equals the result, and where a compiler works a value
    out twice, rounded otherwise, neither may. This one asks which is greater: one always is.
    """
    return jnp.maximum(x, y)


@_greater.defjvp
def _greater_jvp(values: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    """The tangent of the greater one; of the first, where they tie."""
    (x, y), (towards_x, towards_y) = values, tangents
    return _greater(x, y), jnp.where(x >= y, towards_x, towards_y)


def global_max(
    x: Float[Array, 'batch time channels'], lengths: Int[Array, ' batch']
) -> Float[Array, 'batch channels']:
    """Maximum over valid frames; zero where there is none.

    Taken from where it is, which the gradient goes back to. The gradient of a maximum asks which
    values equal it, and where a compiler works a value out twice, rounded otherwise, none may.
    """
    mask = valid(lengths, x.shape[1])[:, :, None]
    place = jnp.argmax(jnp.where(mask, x, -jnp.inf), axis=1, keepdims=True)
    peak = jnp.take_along_axis(x, place, axis=1)[:, 0]
    return jnp.where(lengths[:, None] > 0, peak, 0).astype(x.dtype)


def last(
    x: Float[Array, 'batch time channels'], lengths: Int[Array, ' batch']
) -> Float[Array, 'batch channels']:
    """The last valid frame; the first where there is none."""
    return x[jnp.arange(x.shape[0]), jnp.maximum(lengths - 1, 0)]
