"""Recurrent network over tokens."""

from typing import ClassVar, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Count, Dtype, Index, RateValue
from research.models import layers, recurrent, tokens


class Heard(NamedTuple):
    """What a TokenGRU keeps of the tokens so far: how many there were, a state a layer."""

    position: Int[Array, '']
    states: tuple[Float[Array, 'batch _'], ...]


class TokenGRU(nn.Module):
    """Embeddings; GRU layers; logits a field.

    The contract is Transformer's: logits at t are those of token t, given the ones before it and
    its own earlier fields; `begin`, `advance` and `logits` go one token at a time.

    Attributes:
        outputs: values of all fields together; 0: as many as the task asks for.
        vocabulary: values of each field; empty: a token is one field.
        embedding: features of a token.
        widths: units of each recurrent layer.
        dropout: rate of the embeddings and of each layer's output.
        dtype: of the computation; parameters stay float32.
    """

    labels: ClassVar[str] = 'tokens'

    outputs: Index = 0
    vocabulary: tuple[Count, ...] = ()
    embedding: Count = 128
    widths: tuple[Count, ...] = (256,)
    dropout: RateValue = 0.2
    dtype: Dtype = 'float32'

    def setup(self):
        sizes = tokens.sizes(self.vocabulary, self.outputs)
        self.past = tokens.Past(sizes, self.embedding, self.dtype)
        self.layers = [recurrent.GRU(width, dtype=self.dtype) for width in self.widths]
        self.drops = [layers.Dropout(self.dropout) for _ in range(len(self.widths) + 1)]
        self.fields = tokens.Heads(sizes, self.dtype)

    def __call__(
        self,
        x: Int[Array, 'batch time *fields'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> tuple[Float[Array, 'batch time {self.outputs}'], Int[Array, ' batch']]:
        """Logits of each token, fields side by side, and how many tokens are valid."""
        rows = tokens.rows(x, lengths)
        hidden = self.drops[0](self.past(rows), keys)
        for layer, drop in zip(self.layers, self.drops[1:], strict=True):
            hidden = drop(layer(hidden), keys)
        return self.fields(hidden, rows), lengths

    def begin(self, batch: int) -> Heard:
        """The cache before the first token."""
        states = tuple(jnp.zeros((batch, width), self.dtype) for width in self.widths)
        return Heard(jnp.zeros((), jnp.int32), states)

    def advance(
        self, previous: Int[Array, 'batch *fields'], cache: Heard
    ) -> tuple[Float[Array, 'batch width'], Heard]:
        """The hidden state that the next token is told from, and the cache with `previous` in it.

        Before the first token `previous` is not looked at.
        """
        states = []
        hidden = self.past.advance(previous.reshape(previous.shape[0], -1), cache.position)
        for layer, state in zip(self.layers, cache.states, strict=True):
            hidden = layer(hidden[:, None], state)[:, 0]
            states.append(hidden)
        return hidden, Heard(cache.position + 1, tuple(states))

    def logits(
        self, hidden: Float[Array, 'batch width'], token: Int[Array, 'batch *fields']
    ) -> Float[Array, 'batch {self.outputs}']:
        """Logits of the next token's fields; those of a field are right once earlier ones are."""
        return self.fields(hidden, token.reshape(token.shape[0], -1))
