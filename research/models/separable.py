"""A small detector: depthwise-separable convolutions over time and frequency."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Decay, Dtype, Index, RateValue
from research.models import layers, pooling
from research.models.convolution import Depthwise, Padded


class SeparableCNN(nn.Module):
    """Levels of two depthwise-separable convolutions; the maximum over time of dense features.

    The layers are those of Howard et al., "MobileNets", 2017, section 3: each convolution is a
    filter a channel and a mixing of channels, either with batch norm and ReLU. The first one and
    each level halve frames and features. Features and channels of a frame are then mixed by one
    dense layer, so that the height of a sound is known, and each unit keeps its loudest frame: a
    short call counts in a long window as it does in a short one.

    Attributes:
        outputs: units of the last layer; 0: as many as the task asks for.
        stem: filters of the first, whole, convolution.
        channels: filters of each level.
        kernel: extent of the filters, in frames and in features alike.
        dense: units a frame before the maximum over time.
        dropout: rate before the last layer.
        norm_momentum: share of its running statistics that batch norm keeps a step.
        dtype: of the computation; parameters stay float32.
        batch_axis: name of the axis over devices, where a step is mapped.
    """

    convolves: ClassVar[bool] = True

    outputs: Index = 0
    stem: Count = 16
    channels: tuple[Count, ...] = (32, 64, 96)
    kernel: Count = 3
    dense: tuple[Count, ...] = (64,)
    dropout: RateValue = 0.2
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
        window = (self.kernel,) * 2

        def norm(x, lengths, activate=nn.relu):
            layer = layers.BatchNorm(
                self.norm_momentum, axis_name=self.batch_axis, dtype=self.dtype
            )
            x = activate(layer(x, lengths, training=keys is not None))
            return layers.zero_padding(x, lengths)

        def dense(x, width):
            return nn.Dense(width, use_bias=False, dtype=dtype, kernel_init=layers.kernel_init)(x)

        x = norm(layers.zero_padding(x, lengths), lengths, activate=lambda x: x)[..., None]
        x = Padded(self.stem, window, (2, 2), dtype=self.dtype)(x)
        lengths = layers.conv_lengths(lengths, self.kernel, 2, padding='SAME')
        x = norm(x, lengths)
        for channels in self.channels:
            for stride in (2, 1):
                x = Depthwise(window, (stride, stride), dtype=self.dtype)(x)
                lengths = layers.conv_lengths(lengths, self.kernel, stride, padding='SAME')
                x = norm(dense(norm(x, lengths), channels), lengths)
        x = x.reshape(*x.shape[:2], -1)
        for width in self.dense:
            x = norm(dense(x, width), lengths)
        x = layers.Dropout(self.dropout)(pooling.global_max(x, lengths), keys)
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32)
