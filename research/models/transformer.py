"""Transformer decoder over tokens."""

import dataclasses
from typing import ClassVar, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import LATER, Count, Dtype, Index, RateValue, Scalar
from research.models import layers, tokens
from research.models.attention import FeedForward, Memory, SelfAttention


class Attended(NamedTuple):
    """What a Transformer keeps of the tokens so far: how many there were, a memory a block."""

    position: Int[Array, '']
    memories: tuple[Memory, ...]


class Transformer(nn.Module):
    """Embeddings; blocks of causal attention and feed-forward, norm first; logits a field.

    Vaswani et al., "Attention Is All You Need", 2017, as a decoder alone, with layer norm first
    (Xiong et al., 2020) and rotary positions. Logits at t are those of token t, given the ones
    before it and its own earlier fields: see research.models.tokens.

    One token at a time: `begin` a cache, `advance` it by the token before, ask `logits` for one
    field after the other. The cost of a token does not grow with their number.

    Attributes:
        outputs: values of all fields together; 0: as many as the task asks for.
        vocabulary: values of each field; empty: a token is one field.
        context: tokens that attention looks at, the present position among them.
        width: features a position.
        depth: how many blocks.
        heads: of attention.
        expansion: of the feed-forward layers, in widths.
        period: positions after which an embedding of the position, added to that of the token,
            repeats: the voices told in turn, say, times the steps of a bar. Windows must begin at
            multiples of it. 0: none, and only distances count.
        dropout: rate of embeddings and of every branch beside a residual connection.
        dtype: of the computation; parameters stay float32.
    """

    labels: ClassVar[str] = 'tokens'

    outputs: Index = 0
    vocabulary: tuple[Count, ...] = ()
    context: Count = 512
    width: Count = 128
    depth: Count = 4
    heads: Count = 4
    expansion: Count = 4
    period: Index = dataclasses.field(default=0, metadata=LATER)
    dropout: RateValue = 0.1
    dtype: Dtype = 'float32'

    def setup(self):
        sizes = tokens.sizes(self.vocabulary, self.outputs)
        self.past = tokens.Past(sizes, self.width, self.dtype)
        self.phase = nn.Embed(self.period, self.width) if self.period else None
        self.drop = layers.Dropout(self.dropout)
        self.blocks = [
            _Block(self.width, self.heads, self.expansion, self.dropout, self.dtype)
            for _ in range(self.depth)
        ]
        self.norm = nn.LayerNorm(dtype=jnp.dtype(self.dtype))
        self.fields = tokens.Heads(sizes, self.dtype)

    def __call__(
        self,
        x: Int[Array, 'batch time *fields'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> tuple[Float[Array, 'batch time {self.outputs}'], Int[Array, ' batch']]:
        """Logits of each token, fields side by side, and how many tokens are valid."""
        rows = tokens.rows(x, lengths)
        back = jnp.arange(x.shape[1])[:, None] - jnp.arange(x.shape[1])
        mask = ((back >= 0) & (back < self.context))[None]
        hidden = self.drop(self._placed(self.past(rows), jnp.arange(x.shape[1])), keys)
        for block in self.blocks:
            hidden = block(hidden, mask, keys)
        return self.fields(self.norm(hidden), rows), lengths

    def begin(self, batch: int) -> Attended:
        """The cache before the first token."""
        shape = (batch, self.context, self.heads, self.width // self.heads)
        empty = jnp.zeros(shape, self.dtype)
        return Attended(jnp.zeros((), jnp.int32), (Memory(empty, empty),) * self.depth)

    def advance(
        self, previous: Int[Array, 'batch *fields'], cache: Attended
    ) -> tuple[Float[Array, 'batch {self.width}'], Attended]:
        """The hidden state that the next token is told from, and the cache with `previous` in it.

        Before the first token `previous` is not looked at.
        """
        memories = []
        hidden = self.past.advance(previous.reshape(previous.shape[0], -1), cache.position)
        hidden = self._placed(hidden, cache.position)
        for block, memory in zip(self.blocks, cache.memories, strict=True):
            hidden, memory = block.advance(hidden, memory, cache.position)
            memories.append(memory)
        return self.norm(hidden), Attended(cache.position + 1, tuple(memories))

    def logits(
        self, hidden: Float[Array, 'batch {self.width}'], token: Int[Array, 'batch *fields']
    ) -> Float[Array, 'batch {self.outputs}']:
        """Logits of the next token's fields; those of a field are right once earlier ones are."""
        return self.fields(hidden, token.reshape(token.shape[0], -1))

    def _placed(self, past, position):
        if self.phase is None:
            return past
        return past + self.phase(position % self.period).astype(self.dtype)


class _Block(nn.Module):
    width: int
    heads: int
    expansion: int
    dropout: Scalar
    dtype: str

    def setup(self):
        self.attention = SelfAttention(self.width, self.heads, self.dropout, self.dtype)
        self.feed_forward = FeedForward(self.expansion, self.dropout, self.dtype)

    def __call__(self, x, mask, keys):
        x = x + self.attention(x, mask, keys)
        return x + self.feed_forward(x, keys)

    def advance(self, x, memory, position):
        change, memory = self.attention.advance(x, memory, position)
        x = x + change
        return x + self.feed_forward(x), memory
