"""Recurrent network over frames."""

import dataclasses

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import LATER, Count, Dtype, Index, RateValue, Recurrence
from research.models import layers, pooling, recurrent


class LSTM(nn.Module):
    """LSTM layers; the last valid frame's output; a dense layer.

    Attributes:
        outputs: units of the last layer; 0: as many as the task asks for.
        widths: units of each recurrent layer.
        dense: units of each hidden dense layer.
        dropout: rate after each hidden dense layer.
        dtype: of the computation; parameters stay float32.
        recurrence: 'scan', or cuDNN's kernel on an NVIDIA GPU: see research.models.cudnn.
    """

    outputs: Index = 0
    widths: tuple[Count, ...] = (64, 64)
    dense: tuple[Count, ...] = (64,)
    dropout: RateValue = 0.3
    dtype: Dtype = 'float32'
    recurrence: Recurrence = dataclasses.field(default='scan', metadata=LATER)

    @nn.compact
    def __call__(
        self,
        x: Float[Array, 'batch time features'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> Float[Array, 'batch {self.outputs}']:
        dtype = jnp.dtype(self.dtype)
        x = layers.zero_padding(x, lengths).astype(dtype)
        for width in self.widths:
            x = recurrent.LSTM(width, dtype=self.dtype, recurrence=self.recurrence)(x)
        x = pooling.last(x, lengths)
        for width in self.dense:
            x = nn.relu(nn.Dense(width, dtype=dtype, kernel_init=layers.kernel_init)(x))
            x = layers.Dropout(self.dropout)(x, keys)
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32)
