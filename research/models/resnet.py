"""Residual network over time and frequency."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Decay, Dtype, Index, RateValue
from research.errors import UserError
from research.models import layers, pooling
from research.models.convolution import Padded


class ResNet(nn.Module):
    """Residual blocks of two convolutions, norm and ReLU first, for sounds of any length.

    The blocks are those of He et al., "Identity Mappings in Deep Residual Networks", 2016, figure
    1b. Norm a feature before, mean over frequency and both mean and maximum over time after them
    are those of Kong et al., "PANNs", 2020, section III; here the two stand side by side.
    The first convolution and the first block of each stage halve frames and features.

    Attributes:
        outputs: units of the last layer; 0: as many as the task asks for.
        channels: filters of each stage.
        blocks: residual blocks of each stage.
        kernel: extent of the filters, in frames and in features alike.
        dropout: rate before the last layer.
        norm_momentum: share of its running statistics that batch norm keeps a step.
        dtype: of the computation; parameters stay float32.
        batch_axis: name of the axis over devices, where a step is mapped.
    """

    convolves: ClassVar[bool] = True

    outputs: Index = 0
    channels: tuple[Count, ...] = (32, 64, 128, 256)
    blocks: tuple[Count, ...] = (1, 1, 1, 1)
    kernel: Count = 3
    dropout: RateValue = 0.3
    norm_momentum: Decay = 0.9
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
        if len(self.channels) != len(self.blocks):
            raise UserError(
                f'`channels` (={self.channels}) and `blocks` (={self.blocks}) want one entry a '
                'stage each: --set=model.channels=... and --set=model.blocks=... of one length'
            )

        def norm(x, lengths, activate=nn.relu):
            layer = layers.BatchNorm(
                self.norm_momentum, axis_name=self.batch_axis, dtype=self.dtype
            )
            x = activate(layer(x, lengths, training=keys is not None))
            return layers.zero_padding(x, lengths)

        def conv(x, channels, stride, extent=self.kernel):
            return Padded(channels, (extent,) * 2, (stride,) * 2, dtype=self.dtype)(x)

        x = norm(layers.zero_padding(x, lengths), lengths, activate=lambda x: x)[..., None]
        x = conv(x, self.channels[0], 2)
        lengths = layers.conv_lengths(lengths, self.kernel, 2, padding='SAME')
        for channels, blocks in zip(self.channels, self.blocks, strict=True):
            for stride in (2,) + (1,) * (blocks - 1):
                ready = norm(x, lengths)
                lengths = layers.conv_lengths(lengths, self.kernel, stride, padding='SAME')
                past = x if stride == 1 else conv(ready, channels, stride, extent=1)
                x = norm(conv(ready, channels, stride), lengths)
                x = past + conv(x, channels, 1)
        x = jnp.mean(norm(x, lengths), axis=2)
        x = jnp.concatenate([_global_mean(x, lengths), pooling.global_max(x, lengths)], axis=-1)
        x = layers.Dropout(self.dropout)(x, keys)
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32)


def _global_mean(
    x: Float[Array, 'batch time channels'], lengths: Int[Array, ' batch']
) -> Float[Array, 'batch channels']:
    """Mean over valid frames, of which those past them are zero; zero where there is none."""
    total = jnp.sum(x, axis=1, dtype=jnp.float32)
    return (total / jnp.maximum(lengths, 1)[:, None]).astype(x.dtype)
