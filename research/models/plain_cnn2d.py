"""Two-dimensional convolutions without normalisation, as the published detectors have them."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Dtype, Index, RateValue
from research.errors import UserError
from research.models import layers, pooling


class PlainCNN2D(nn.Module):
    """Levels of convolution, ReLU and max-pooling; flattened; dense layers.

    Attributes:
        outputs: units of the last layer; 0: as many as the task asks for.
        channels: filters of each level.
        pools: extent and step of each level's pooling, in frames and in features alike; 1: none.
        kernel: extent of the filters, in frames and in features alike.
        dense: units of each hidden dense layer.
        dropout: rate after each hidden dense layer.
        dtype: of the computation; parameters stay float32.
    """

    convolves: ClassVar[bool] = True

    outputs: Index = 0
    channels: tuple[Count, ...] = (16, 16)
    pools: tuple[Count, ...] = (1, 1)
    kernel: Count = 3
    dense: tuple[Count, ...] = ()
    dropout: RateValue = 0.0
    dtype: Dtype = 'float32'

    @nn.compact
    def __call__(
        self,
        x: Float[Array, 'batch time features'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> Float[Array, 'batch {self.outputs}']:
        dtype = jnp.dtype(self.dtype)
        if len(self.channels) != len(self.pools):
            raise UserError(
                f'`channels` (={self.channels}) and `pools` (={self.pools}) want one entry a level '
                'each: --set=model.channels=... and --set=model.pools=... of one length'
            )
        x = layers.zero_padding(x, lengths)[..., None].astype(dtype)
        for channels, pool in zip(self.channels, self.pools, strict=True):
            x = layers.Conv(channels, (self.kernel,) * 2, dtype=self.dtype)(x)
            lengths = layers.conv_lengths(lengths, self.kernel)
            if pool > 1:
                x = pooling.max_pool(x, (pool, pool), (pool, pool))
                lengths = layers.conv_lengths(lengths, pool, pool)
            x = layers.zero_padding(nn.relu(x), lengths)
        layers.leave(self, lengths)
        x = x.reshape(x.shape[0], -1)
        for width in self.dense:
            x = nn.relu(nn.Dense(width, dtype=dtype, kernel_init=layers.kernel_init)(x))
            x = layers.Dropout(self.dropout)(x, keys)
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32)
