"""Convolutions over time, a bidirectional GRU and a label a frame: speech for CTC."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Decay, Dtype, Index, RateValue
from research.models import layers
from research.models.recurrent import GRU, reverse


class CNNBiGRU(nn.Module):
    """Batch norm; strided convolutions, ReLU and batch norm; GRUs both ways; a dense layer.

    Attributes:
        outputs: labels, the blank among them; 0: as many as the task asks for.
        channels: filters of each level.
        kernel: extent of the filters, in frames.
        stride: their step.
        widths: units of each recurrent layer, in each direction.
        dropout: rate before the last layer.
        norm_momentum: share of its running statistics that batch norm keeps a step.
        dtype: of the computation; parameters stay float32.
        batch_axis: name of the axis over devices, where a step is mapped.
    """

    convolves: ClassVar[bool] = True
    labels: ClassVar[str] = 'frames'

    outputs: Index = 0
    channels: tuple[Count, ...] = (220, 220)
    kernel: Count = 11
    stride: Count = 2
    widths: tuple[Count, ...] = (512,)
    dropout: RateValue = 0.0
    norm_momentum: Decay = 0.99
    dtype: Dtype = 'float32'
    batch_axis: str | None = None

    @nn.compact
    def __call__(
        self,
        x: Float[Array, 'batch time features'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> tuple[Float[Array, 'batch frames {self.outputs}'], Int[Array, ' batch']]:
        """Logits a frame, and how many frames of each example are valid."""
        dtype = jnp.dtype(self.dtype)

        def norm(x, lengths):
            layer = layers.BatchNorm(
                self.norm_momentum, axis_name=self.batch_axis, dtype=self.dtype
            )
            return layers.zero_padding(layer(x, lengths, training=keys is not None), lengths)

        x = norm(layers.zero_padding(x, lengths).astype(dtype), lengths)
        for channels in self.channels:
            x = layers.Conv(channels, (self.kernel,), (self.stride,), dtype=self.dtype)(x)
            lengths = layers.conv_lengths(lengths, self.kernel, self.stride)
            x = norm(nn.relu(x), lengths)
        for width in self.widths:
            forward = GRU(width, dtype=self.dtype)(x)
            backward = reverse(GRU(width, dtype=self.dtype)(reverse(x, lengths)), lengths)
            x = norm(jnp.concatenate([forward, backward], axis=-1), lengths)
        x = layers.Dropout(self.dropout)(x, keys)
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32), lengths
