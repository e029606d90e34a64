"""Self-attention with rotary positions, and the feed-forward layer beside it.

Both are the branch beside a residual connection, layer norm first; neither knows of a batch.
Rotary positions (Su et al., "RoFormer", 2021, section 3.2) turn queries and keys by angles that
grow with their place, so that a score depends on the distance alone: no parameters, no longest
length, and a key once turned can be kept.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from research.bounds import Scalar
from research.errors import UserError
from research.models import layers

_SLOWEST = 10_000.0


class Memory(NamedTuple):
    """Keys, turned, and values of the last positions; position p lies in slot p % context."""

    keys: Float[Array, 'batch context heads features']
    values: Float[Array, 'batch context heads features']


def rotate(
    x: Float[Array, 'batch time heads features'], positions: Int[Array, ' time']
) -> Float[Array, 'batch time heads features']:
    """Each pair of features, half of them apart, turned by its own angle times the position."""
    half = x.shape[-1] // 2
    angles = positions[:, None, None] * _SLOWEST ** (-jnp.arange(half) / half)
    left, right = jnp.split(x.astype(jnp.float32), 2, axis=-1)
    sine, cosine = jnp.sin(angles), jnp.cos(angles)
    turned = [left * cosine - right * sine, left * sine + right * cosine]
    return jnp.concatenate(turned, axis=-1).astype(x.dtype)


class SelfAttention(nn.Module):
    """Layer norm, multi-head attention (Vaswani et al., 2017, section 3.2), dropout.

    Attributes:
        width: features that go in and come out.
        heads: how many; each has an even share of the width.
        dropout: rate of the result.
        dtype: of the computation; parameters stay float32.

    Raises:
        UserError: the heads cannot share the width.
    """

    width: int
    heads: int
    dropout: Scalar
    dtype: str = 'float32'

    def setup(self):
        if self.width % (2 * self.heads):
            raise UserError(
                f'`width` (={self.width}) must be a multiple of twice the `heads` (={self.heads}): '
                f'--set=model.width={max(self.width // (2 * self.heads), 1) * 2 * self.heads}'
            )
        self.norm = nn.LayerNorm(dtype=jnp.dtype(self.dtype))
        # No bias of its own: that of the norm comes to queries, keys and values through it.
        self.inward = dense(3 * self.width, self.dtype, use_bias=False)
        self.outward = dense(self.width, self.dtype)
        self.drop = layers.Dropout(self.dropout)

    def __call__(
        self,
        x: Float[Array, 'batch time {self.width}'],
        mask: Bool[Array, '#batch #time time'],
        keys: layers.Keys | None = None,
    ) -> Float[Array, 'batch time {self.width}']:
        """Args: mask is True where a position (second axis) may look at another (last axis)."""
        query, key, value = self._project(x)
        places = jnp.arange(x.shape[1])
        heard = jax.nn.dot_product_attention(
            rotate(query, places), rotate(key, places), value, mask=mask[:, None]
        )
        return self.drop(self.outward(heard.reshape(x.shape)), keys)

    def advance(
        self, x: Float[Array, 'batch {self.width}'], memory: Memory, position: Int[Array, '']
    ) -> tuple[Float[Array, 'batch {self.width}'], Memory]:
        """The result at one position, which sees itself and what the memory holds of the past."""
        query, key, value = self._project(x[:, None])
        context = memory.keys.shape[1]
        slot, place = position % context, position[None]
        memory = Memory(
            memory.keys.at[:, slot].set(rotate(key, place)[:, 0]),
            memory.values.at[:, slot].set(value[:, 0]),
        )
        filled = jnp.arange(context) <= position
        heard = jax.nn.dot_product_attention(
            rotate(query, place), memory.keys, memory.values, mask=filled[None, None, None]
        )
        return self.outward(heard.reshape(x.shape)), memory

    def _project(self, x):
        projected = self.inward(self.norm(x)).reshape(*x.shape[:2], 3, self.heads, -1)
        return jnp.moveaxis(projected, 2, 0)


class FeedForward(nn.Module):
    """Layer norm; a wider dense layer with swish; a dense layer back; dropout after each.

    Attributes:
        expansion: how many times the width lies between the two.
        dropout: rate.
        dtype: of the computation; parameters stay float32.
    """

    expansion: int
    dropout: Scalar
    dtype: str = 'float32'

    @nn.compact
    def __call__(
        self, x: Float[Array, 'batch *time width'], keys: layers.Keys | None = None
    ) -> Float[Array, 'batch *time width']:
        width = x.shape[-1]
        x = nn.LayerNorm(dtype=jnp.dtype(self.dtype))(x)
        x = nn.swish(dense(self.expansion * width, self.dtype)(x))
        x = dense(width, self.dtype)(layers.Dropout(self.dropout)(x, keys))
        return layers.Dropout(self.dropout)(x, keys)


def dense(width: int, dtype: str, use_bias: bool = True) -> nn.Dense:
    return nn.Dense(
        width, use_bias=use_bias, dtype=jnp.dtype(dtype), kernel_init=layers.kernel_init
    )
