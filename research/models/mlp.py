"""Fully connected network on flattened features."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Dtype, Index, RateValue
from research.models import layers


class MLP(nn.Module):
    """Dense layers with ReLU, then a linear output.

    Attributes:
        outputs: units of the last layer; 0: as many as the task asks for.
        widths: units of each hidden layer.
        dropout: rate after each hidden layer.
        dtype: of the computation; parameters stay float32.
    """

    outputs: Index = 0
    widths: tuple[Count, ...] = (512, 512, 256, 128, 64)
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
        x = layers.zero_padding(x, lengths).reshape(x.shape[0], -1).astype(dtype)
        for width in self.widths:
            x = nn.relu(nn.Dense(width, dtype=dtype, kernel_init=layers.kernel_init)(x))
            x = layers.Dropout(self.dropout)(x, keys)
        x = nn.Dense(self.outputs, dtype=dtype, kernel_init=layers.kernel_init)(x)
        return x.astype(jnp.float32)
