"""Building blocks: masks for ragged lengths, convolution, pooling, normalisation, dropout.

Three conventions hold in every model. `lengths` counts valid frames; what lies past them never
influences a result. A batch comes with one raw PRNG key per example while training and with None
otherwise, so that dropout does not depend on how examples are laid out over devices. Dropout rates
may be traced scalars, so that runs with different rates train as one program.
"""

import contextlib
import contextvars
import zlib
from collections.abc import Iterator, Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from research.bounds import Scalar
from research.errors import UserError
from research.lengths import valid
from research.models.lowering import convolve

Keys = UInt32[Array, 'batch 2']

# Keras's default, which the published models were trained with.
kernel_init = nn.initializers.glorot_uniform()

_GUARDED = contextvars.ContextVar('guarded', default=False)


def zero_padding(
    x: Float[Array, 'batch time *features'], lengths: Int[Array, ' batch']
) -> Float[Array, 'batch time *features']:
    mask = valid(lengths, x.shape[1])
    return jnp.where(mask.reshape(mask.shape + (1,) * (x.ndim - 2)), x, 0)


def conv_lengths(
    lengths: Int[Array, ' batch'], window: int, stride: int = 1, padding: str = 'VALID'
) -> Int[Array, ' batch']:
    """Valid frames after a convolution or a pooling of the time axis."""
    if padding == 'SAME':
        return -(-lengths // stride)
    return jnp.maximum((lengths - window) // stride + 1, 0)


def leave(module: nn.Module, lengths: Int[Array, ' batch']) -> None:
    """Tells whoever asks (`research.reach`) how many valid frames a model's layers have left.

    Models that answer for whole recordings say so; those that label frames return it.
    """
    module.sow('intermediates', 'left', lengths)


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
        _require(x.shape[1:-1], window, 'pooling window')
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


class Conv(nn.Module):
    """Convolution over one or two axes of space, with bias, without padding.

    Attributes:
        features: filters.
        kernel: their extent, one number per axis of space.
        stride: their step, likewise; empty: one.
        dtype: of the computation.

    Raises:
        UserError: the filter is longer than what it is given.
    """

    features: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...] = ()
    dtype: str = 'float32'

    @nn.compact
    def __call__(
        self, x: Float[Array, 'batch *space channels']
    ) -> Float[Array, 'batch *convolved {self.features}']:
        _require(x.shape[1:-1], self.kernel, 'filter')
        return nn.Conv(
            self.features,
            self.kernel,
            self.stride or 1,
            padding='VALID',
            dtype=jnp.dtype(self.dtype),
            kernel_init=kernel_init,
            conv_general_dilated=convolve,
        )(x)


class BatchNorm(nn.Module):
    """Batch normalisation over valid positions (Ioffe and Szegedy, 2015), statistics in float32.

    A batch without a single valid position wants `guarded`: a mean of nothing is NaN.

    Attributes:
        momentum: share of the running statistics that a step keeps.
        axis_name: name of the axis over devices to average over, where a step is mapped.
        dtype: of the result.
    """

    momentum: float = 0.99
    epsilon: float = 1e-3
    axis_name: str | None = None
    dtype: str = 'float32'

    @nn.compact
    def __call__(
        self, x: Float[Array, 'batch time ...'], lengths: Int[Array, ' batch'], training: bool
    ) -> Float[Array, 'batch time ...']:
        heard = None
        if training and _GUARDED.get() and not self.is_initializing():
            # What lies past the lengths stands in where nothing else does.
            heard = jnp.any(lengths > 0)
            lengths = jnp.where(heard, lengths, x.shape[1])
        mask = valid(lengths, x.shape[1])
        norm = nn.BatchNorm(
            use_running_average=not training,
            momentum=self.momentum,
            epsilon=self.epsilon,
            axis_name=None if self.is_initializing() else self.axis_name,
            dtype=jnp.dtype(self.dtype),
        )
        kept = {} if heard is None else dict(norm.variables['batch_stats'])
        result = norm(x, mask=mask.reshape(mask.shape + (1,) * (x.ndim - 2)) if training else None)
        for name, old in kept.items():
            assert heard is not None, name
            changed = norm.get_variable('batch_stats', name)
            norm.put_variable('batch_stats', name, jnp.where(heard, changed, old))
        return result


@contextlib.contextmanager
def guarded(wanted: bool) -> Iterator[None]:
    """Whether batch norm, while it is traced in here, stands a batch without any valid position.

    Then the running statistics stay as they are, and nothing comes out that is not finite. XLA
    rounds such a program otherwise, so that it is asked for where there may be such a batch alone.
    """
    token = _GUARDED.set(wanted)
    try:
        yield
    finally:
        _GUARDED.reset(token)


class Dropout(nn.Module):
    """Zeroes activations with probability `rate` and scales the others up (Srivastava, 2014)."""

    rate: Scalar

    @nn.compact
    def __call__(
        self, x: Float[Array, 'batch ...'], keys: Keys | None
    ) -> Float[Array, 'batch ...']:
        if keys is None:
            return x
        # Every layer draws its own numbers from the example's key; crc32 is stable, hash() is not.
        salt = np.uint32(zlib.crc32('/'.join(self.path).encode()))

        def draw(key):
            return jax.random.uniform(jax.random.fold_in(key, salt), x.shape[1:])

        kept = jax.vmap(draw)(keys) >= self.rate
        return jnp.where(kept, x / (1 - self.rate), 0).astype(x.dtype)


def _require(space: Sequence[int], extent: Sequence[int], what: str) -> None:
    if any(size < least for size, least in zip(space, extent, strict=True)):
        raise UserError(
            f'input of {" x ".join(map(str, space))} (time first) is shorter than the {what} of '
            f'{" x ".join(map(str, extent))}: give longer slices (data.slice_s) or fewer levels'
        )
