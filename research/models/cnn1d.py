"""One-dimensional convolutions over time."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Decay, Dtype, Index, RateValue
from research.models import layers, pooling


class CNN1D(nn.Module):
    """Levels of convolution, ReLU, batch norm and pooling; maximum over time; dense layers.

    Channels double from level to level, frames halve.

    Attributes:
        outputs: units of the last layer; 0: as many as the task asks for.
        width: channels of the first level.
        levels: how many.
        kernel: frames a filter spans.
        dense: units of each hidden dense layer.
        dropout: rate after each hidden dense layer.
        norm_momentum: share of its running statistics that batch norm keeps a step; None: no norm.
        dtype: of the computation; parameters stay float32.
        batch_axis: name of the axis over devices, where a step is mapped.
    """

    convolves: ClassVar[bool] = True

    outputs: Index = 0
    width: Count = 64
    levels: Count = 7
    kernel: Count = 3
    dense: tuple[Count, ...] = (256, 256)
    dropout: RateValue = 0.5
    norm_momentum: Decay | None = 0.99
    dtype: Dtype = 'float32'
    batch_axis: str | None = None

    @nn.compact
    def __call__(
        self,
        x: Float[Array, 'batch time features'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> Float[Array, 'batch {self.outputs}']:
        dtype = jnp.dtype(self.dtype)
        x = layers.zero_padding(x, lengths).astype(dtype)
        for level in range(self.levels):
            x = layers.Conv(self.width * 2**level, (self.kernel,), dtype=self.dtype)(x)
            lengths = layers.conv_lengths(lengths, self.kernel)
            x = nn.relu(x)
            if self.norm_momentum is not None:
                x = layers.BatchNorm(
                    self.norm_momentum, axis_name=self.batch_axis, dtype=self.dtype
                )(x, lengths, training=keys is not None)
            x = pooling.max_pool(x, (2,), (2,))
            lengths = layers.conv_lengths(lengths, 2, 2)
        layers.leave(self, lengths)
        x = pooling.global_max(x, lengths)
        for width in self.dense:
            x = nn.relu(nn.Dense(width, dtype=dtype, kernel_init=layers.kernel_init)(x))
            x = layers.Dropout(self.dropout)(x, keys)
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32)
