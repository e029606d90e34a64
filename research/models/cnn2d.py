"""Two-dimensional convolutions over time and frequency."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Decay, Dtype, Index, RateValue
from research.errors import UserError
from research.models import layers, pooling


class CNN2D(nn.Module):
    """Levels of convolution, ReLU, max-pooling and batch norm; flattened; dense layers.

    Attributes:
        outputs: units of the last layer; 0: as many as the task asks for.
        channels: filters of each level.
        kernels: extent of each level's filters, in frames and in features alike.
        pool: extent of the pooling windows.
        pool_stride: step of the pooling windows.
        dense: units of each hidden dense layer.
        dropout: rate before the first dense layer.
        norm_momentum: share of its running statistics that batch norm keeps a step.
        dtype: of the computation; parameters stay float32.
        batch_axis: name of the axis over devices, where a step is mapped.
    """

    convolves: ClassVar[bool] = True

    outputs: Index = 0
    channels: tuple[Count, ...] = (32, 32, 32)
    kernels: tuple[Count, ...] = (3, 3, 2)
    pool: Count = 3
    pool_stride: Count = 2
    dense: tuple[Count, ...] = (64,)
    dropout: RateValue = 0.3
    norm_momentum: Decay = 0.99
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
        if len(self.channels) != len(self.kernels):
            raise UserError(
                f'`channels` (={self.channels}) and `kernels` (={self.kernels}) want one entry '
                'a level each: --set=model.channels=... and --set=model.kernels=... of one length'
            )
        window, stride = (self.pool,) * 2, (self.pool_stride,) * 2
        x = layers.zero_padding(x, lengths)[..., None].astype(dtype)
        for channels, kernel in zip(self.channels, self.kernels, strict=True):
            x = layers.Conv(channels, (kernel, kernel), dtype=self.dtype)(x)
            lengths = layers.conv_lengths(lengths, kernel)
            x = nn.relu(pooling.max_pool(x, window, stride, padding='SAME'))
            lengths = layers.conv_lengths(lengths, self.pool, self.pool_stride, padding='SAME')
            x = layers.BatchNorm(self.norm_momentum, axis_name=self.batch_axis, dtype=self.dtype)(
                x, lengths, training=keys is not None
            )
        layers.leave(self, lengths)
        x = layers.zero_padding(x, lengths).reshape(x.shape[0], -1)
        x = layers.Dropout(self.dropout)(x, keys)
        for width in self.dense:
            x = nn.relu(nn.Dense(width, dtype=dtype, kernel_init=layers.kernel_init)(x))
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32)
