"""The published model of notes: a token's number is all that is heard of it."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Dtype, Index, RateValue
from research.models import layers, recurrent


class TokenLSTM(nn.Module):
    """Each token's number over the largest, as one input; LSTM layers; the token after the last.

    Attributes:
        outputs: how many tokens there are; 0: as many as the task asks for.
        widths: units of each recurrent layer.
        dropout: rate before the last layer.
        dtype: of the computation; parameters stay float32.
    """

    labels: ClassVar[str] = 'tokens'

    outputs: Index = 0
    widths: tuple[Count, ...] = (256,)
    dropout: RateValue = 0.3
    dtype: Dtype = 'float32'

    @nn.compact
    def __call__(
        self,
        x: Int[Array, 'batch time'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> Float[Array, 'batch {self.outputs}']:
        """Logits of the token that follows the valid ones."""
        dtype = jnp.dtype(self.dtype)
        x = (x / max(self.outputs - 1, 1))[:, :, None]
        x = layers.zero_padding(x, lengths).astype(dtype)
        for width in self.widths:
            x = recurrent.LSTM(width, dtype=self.dtype)(x)
        x = layers.Dropout(self.dropout)(layers.last(x, lengths), keys)
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32)
