"""Tokens of several fields in, and their likelihood out: what models of notes begin and end with.

A token is a whole number, or one a field (pitch, onset, ...). At position t a model sees the
tokens before t and gives the logits of token t itself, so that targets are inputs and the first
token has a likelihood too. Within a token each field is told from the true ones before it, so that
the fields' log-likelihoods add up to that of the token.
"""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.errors import UserError
from research.lengths import valid
from research.models.attention import dense


def sizes(vocabulary: tuple[int, ...], outputs: int) -> tuple[int, ...]:
    """How many values each field may have; `outputs` is their sum.

    Raises:
        UserError: it is not.
    """
    if vocabulary and sum(vocabulary) != outputs:
        raise UserError(
            f'`vocabulary` (={vocabulary}) adds up to {sum(vocabulary)}, the corpus has {outputs} '
            'values: --set=model.vocabulary=... with one size a field'
        )
    return vocabulary or (outputs,)


def rows(
    x: Int[Array, 'batch time *fields'], lengths: Int[Array, ' batch']
) -> Int[Array, 'batch time fields']:
    """Tokens as rows of fields, zero past their lengths."""
    mask = valid(lengths, x.shape[1])[:, :, None]
    return jnp.where(mask, x.reshape(*x.shape[:2], -1), 0)


class Past(nn.Module):
    """At each position the sum of the embeddings of the token before it; a start at the first.

    Attributes:
        sizes: how many values each field may have. What lies outside comes to NaN.
        width: features of an embedding.
        dtype: of the result; parameters stay float32.

    Raises:
        UserError: tokens have more or fewer fields.
    """

    sizes: tuple[int, ...]
    width: int
    dtype: str = 'float32'

    def setup(self):
        self.fields = [nn.Embed(size, self.width) for size in self.sizes]
        self.start = self.param('start', nn.initializers.normal(self.width**-0.5), (self.width,))

    def __call__(
        self, tokens: Int[Array, 'batch time fields']
    ) -> Float[Array, 'batch time {self.width}']:
        start = jnp.broadcast_to(self.start, (tokens.shape[0], 1, self.width))
        past = jnp.concatenate([start, self._embed(tokens[:, :-1])], axis=1)
        return past.astype(self.dtype)

    def advance(
        self, previous: Int[Array, 'batch fields'], position: Int[Array, '']
    ) -> Float[Array, 'batch {self.width}']:
        """The same at one position; at the first, `previous` is not looked at."""
        return jnp.where(position == 0, self.start, self._embed(previous)).astype(self.dtype)

    def _embed(self, tokens):
        if tokens.shape[-1] != len(self.sizes):
            raise UserError(
                f'tokens of {tokens.shape[-1]} fields, `vocabulary` has {len(self.sizes)} sizes '
                f'(={self.sizes}): --set=model.vocabulary=... with one size a field'
            )
        return sum(embed(tokens[..., i]) for i, embed in enumerate(self.fields))


class Heads(nn.Module):
    """Logits of every field of a token, each conditioned on the fields before it.

    From field to field the hidden state takes in the true value: h + swish(W (h + embedding)).

    Attributes:
        sizes: how many values each field may have.
        dtype: of the computation; parameters stay float32.
    """

    sizes: tuple[int, ...]
    dtype: str = 'float32'

    @nn.compact
    def __call__(
        self, hidden: Float[Array, '*positions width'], tokens: Int[Array, '*positions fields']
    ) -> Float[Array, '*positions outputs']:
        """Logits side by side; those of a field depend on `tokens` through earlier fields alone."""
        width, logits = hidden.shape[-1], []
        for field, size in enumerate(self.sizes):
            if field:
                embed = nn.Embed(self.sizes[field - 1], width, dtype=jnp.dtype(self.dtype))
                told = hidden + embed(tokens[..., field - 1])
                hidden = hidden + nn.swish(dense(width, self.dtype)(told))
            logits.append(dense(size, self.dtype)(hidden))
        return jnp.concatenate(logits, axis=-1).astype(jnp.float32)
