"""Convolution-augmented transformer with a label a frame: speech for CTC."""

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Dtype, Index, RateValue, Scalar
from research.lengths import valid
from research.models import layers
from research.models.attention import FeedForward, SelfAttention, dense
from research.models.convolution import Depthwise, Padded


class ConformerCTC(nn.Module):
    """Subsampling by strided convolutions; Conformer blocks; a dense layer.

    Gulati et al., "Conformer", 2020, section 2, but for three things. Features are standardised
    over each utterance. Positions are rotary, which Zhang et al., "Benchmarking Rotary Position
    Embeddings for Automatic Speech Recognition", 2025, find as good as the relative ones or better.
    And layer norm takes the place of batch norm, so that no utterance hears of the others in its
    batch, in training either.

    Attributes:
        outputs: labels, the blank among them; 0: as many as the task asks for.
        channels: filters of each level of subsampling, which halves frames and features.
        width: features a frame inside the blocks.
        depth: how many blocks.
        heads: of attention.
        kernel: extent of the blocks' convolutions, in frames after subsampling.
        expansion: of the feed-forward layers, in widths.
        dropout: rate of every branch beside a residual connection.
        dtype: of the computation; parameters stay float32.
    """

    convolves: ClassVar[bool] = True
    labels: ClassVar[str] = 'frames'

    outputs: Index = 0
    channels: tuple[Count, ...] = (32, 32)
    width: Count = 144
    depth: Count = 4
    heads: Count = 4
    kernel: Count = 31
    expansion: Count = 4
    dropout: RateValue = 0.1
    dtype: Dtype = 'float32'

    @nn.compact
    def __call__(
        self,
        x: Float[Array, 'batch time features'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> tuple[Float[Array, 'batch frames {self.outputs}'], Int[Array, ' batch']]:
        """Logits a frame, and how many frames of each example are valid."""
        x = _standardise(x, lengths)[..., None]
        for channels in self.channels:
            x = nn.relu(Padded(channels, (3, 3), (2, 2), dtype=self.dtype)(x))
            lengths = layers.conv_lengths(lengths, 3, 2, padding='SAME')
            x = layers.zero_padding(x, lengths)
        x = dense(self.width, self.dtype)(x.reshape(*x.shape[:2], -1))
        x = layers.Dropout(self.dropout)(x, keys)
        for _ in range(self.depth):
            x = _Block(self.heads, self.kernel, self.expansion, self.dropout, self.dtype)(
                x, lengths, keys
            )
        x = dense(self.outputs, self.dtype)(layers.zero_padding(x, lengths))
        return x.astype(jnp.float32), lengths


class _Block(nn.Module):
    heads: int
    kernel: int
    expansion: int
    dropout: Scalar
    dtype: str

    @nn.compact
    def __call__(self, x, lengths, keys):
        mask = valid(lengths, x.shape[1])[:, None]
        x = x + 0.5 * FeedForward(self.expansion, self.dropout, self.dtype)(x, keys)
        x = x + SelfAttention(x.shape[-1], self.heads, self.dropout, self.dtype)(x, mask, keys)
        x = x + _Convolution(self.kernel, self.dropout, self.dtype)(x, lengths, keys)
        x = x + 0.5 * FeedForward(self.expansion, self.dropout, self.dtype)(x, keys)
        return nn.LayerNorm(dtype=jnp.dtype(self.dtype))(x)


class _Convolution(nn.Module):
    kernel: int
    dropout: Scalar
    dtype: str

    @nn.compact
    def __call__(self, x, lengths, keys):
        width, dtype = x.shape[-1], jnp.dtype(self.dtype)
        x = nn.glu(dense(2 * width, self.dtype)(nn.LayerNorm(dtype=dtype)(x)))
        x = Depthwise((self.kernel,), (1,), dtype=self.dtype)(layers.zero_padding(x, lengths))
        x = dense(width, self.dtype)(nn.swish(nn.LayerNorm(dtype=dtype)(x)))
        return layers.Dropout(self.dropout)(x, keys)


def _standardise(
    x: Float[Array, 'batch time features'], lengths: Int[Array, ' batch']
) -> Float[Array, 'batch time features']:
    """Mean 0 and variance 1 of each feature over an example's valid frames; zero past them."""
    count = jnp.maximum(lengths, 1)[:, None, None]
    mean = jnp.sum(layers.zero_padding(x, lengths), axis=1, keepdims=True) / count
    x = layers.zero_padding(x - mean, lengths)
    variance = jnp.sum(x**2, axis=1, keepdims=True) / count
    return x / jnp.sqrt(variance + 1e-5)
