"""Recurrent network that tells frames of keys."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Dtype, Index, RateValue
from research.models import layers, recurrent


class FrameGRU(nn.Module):
    """GRU layers over frames; logits of each frame, told from those before it.

    The first frame is told from nothing. Keys of one frame are told apart from one another.

    Attributes:
        outputs: numbers a frame; 0: as many as the task asks for.
        widths: units of each recurrent layer.
        dropout: rate of each layer's output.
        dtype: of the computation; parameters stay float32.
    """

    labels: ClassVar[str] = 'tokens'

    outputs: Index = 0
    widths: tuple[Count, ...] = (256,)
    dropout: RateValue = 0.5
    dtype: Dtype = 'float32'

    @nn.compact
    def __call__(
        self,
        x: Float[Array, 'batch time features'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> tuple[Float[Array, 'batch time {self.outputs}'], Int[Array, ' batch']]:
        """Logits of each frame, and how many frames are valid."""
        dtype = jnp.dtype(self.dtype)
        x = layers.zero_padding(x, lengths).astype(dtype)
        x = jnp.pad(x, ((0, 0), (1, 0), (0, 0)))[:, :-1]
        for width in self.widths:
            x = recurrent.GRU(width, dtype=self.dtype)(x)
            x = layers.Dropout(self.dropout)(x, keys)
        rare = nn.initializers.constant(-3.0)  # of 88 keys about four sound
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init, bias_init=rare)(x)
        return x.astype(jnp.float32), lengths
