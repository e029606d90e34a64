"""Convolutions with zeros around them: any length goes in, ceil(length / stride) comes out.

The zeros stand where they do whatever the batch's length is ('SAME' moves them with its parity), so
that an example comes to the same alone and in a batch, as long as what lies past its length is
zero. No bias: a norm follows, and would leave its gradient to rounding noise.
"""

import itertools
import math
from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from research.models import layers
from research.models.lowering import convolve


class Padded(nn.Module):
    """Convolution over one or two axes of space; the last axis of the input is its channels.

    Attributes:
        features: filters.
        kernel: their extent, one number per axis of space.
        stride: their step, likewise.
        dtype: of the computation; parameters stay float32.
    """

    features: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: str = 'float32'

    @nn.compact
    def __call__(
        self, x: Float[Array, 'batch *space channels']
    ) -> Float[Array, 'batch *strided {self.features}']:
        return nn.Conv(
            self.features,
            self.kernel,
            self.stride,
            padding=around(self.kernel),
            use_bias=False,
            dtype=jnp.dtype(self.dtype),
            kernel_init=layers.kernel_init,
            conv_general_dilated=convolve,
        )(x)


class Depthwise(nn.Module):
    """One filter a channel, as a sum of shifted inputs: on a CPU, grouped convolutions are slow.

    Attributes:
        kernel: extent of the filters, one number per axis of space.
        stride: their step, likewise.
        dtype: of the computation; parameters stay float32.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: str = 'float32'

    @nn.compact
    def __call__(
        self, x: Float[Array, 'batch *space channels']
    ) -> Float[Array, 'batch *strided channels']:
        channels = x.shape[-1]
        start = nn.initializers.normal(math.prod(self.kernel) ** -0.5)
        kernel = self.param('kernel', start, (*self.kernel, channels)).astype(self.dtype)
        counts = [-(-size // step) for size, step in zip(x.shape[1:-1], self.stride, strict=True)]
        x = jnp.pad(x.astype(self.dtype), [(0, 0), *around(self.kernel), (0, 0)])
        total = jnp.zeros((), self.dtype)
        for tap in itertools.product(*map(range, self.kernel)):
            ends = [t + (n - 1) * s + 1 for t, n, s in zip(tap, counts, self.stride, strict=True)]
            piece = jax.lax.slice(
                x, (0, *tap, 0), (x.shape[0], *ends, channels), (1, *self.stride, 1)
            )
            total = total + piece * kernel[tap]
        return total


def around(kernel: Sequence[int]) -> list[tuple[int, int]]:
    """What is padded before and behind each axis, for a window to be around every position."""
    return [((extent - 1) // 2, extent // 2) for extent in kernel]
