"""Building blocks: masks for ragged lengths, convolution, normalisation, dropout.

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
        refuse_short(x.shape[1:-1], self.kernel, 'filter')
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


def refuse_short(space: Sequence[int], extent: Sequence[int], what: str) -> None:
    """Raises UserError for an input that is shorter along an axis than a filter or a window."""
    if any(size < least for size, least in zip(space, extent, strict=True)):
        raise UserError(
            f'input of {" x ".join(map(str, space))} (time first) is shorter than the {what} of '
            f'{" x ".join(map(str, extent))}: give longer slices (data.slice_s) or fewer levels'
        )
