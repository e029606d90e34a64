"""The next token of a piece, told from those before it."""

import dataclasses
from typing import Literal

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from research import fields
from research.bounds import Count
from research.corpora import Corpus
from research.errors import UserError
from research.examples import Examples
from research.meaning import Meaning
from research.tasks.likelihood import Likelihood, Outputs, Targets, judged, mean, told


@dataclasses.dataclass(frozen=True)
class NextToken(Likelihood):
    """Negative log-likelihood of tokens of one field or several, in nats a token.

    A model gives logits of the last tokens of each window, fields side by side; a token's
    likelihood is the product of its fields'. Every token from a view's `first` on is judged once.

    Attributes:
        per: what a token is called among the scores: `nll` is per token, `note_nll` per note; of
            other views than Voices 'token', so that no table sets one beside the other.
        sizes: how many values each field has; bound by the corpus.
    """

    per: Literal['token', 'note'] = 'token'
    sizes: tuple[Count, ...] = ()

    @property
    def selects_by(self) -> str:
        return 'note_nll' if self.per == 'note' else 'nll'

    def meaning(self, corpus: Corpus, train: Examples) -> Meaning:
        """UserError: a view of notes has it, sound has none."""
        raise UserError(
            f'{corpus.name} is heard as sound, and NextToken tells tokens of notes: take a corpus '
            'of notes, and a view of them as the front-end'
        )

    def outputs(self, meaning: Meaning) -> int:
        """Values of all fields together; UserError where tokens are frames of keys."""
        if not meaning.sizes:
            raise UserError('NextToken tells one value a field: of frames of keys NextFrame does')
        return sum(meaning.sizes)

    def hits(self, outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
        """Share of the judged tokens of which each field's most probable value is the true one."""
        logits, own = outputs[0], told(outputs, targets['tokens'])
        right = jnp.ones(own.shape[:2], bool)
        for field, part in enumerate(fields.split(logits, self.sizes)):
            right &= jnp.argmax(part, axis=-1) == own[..., field]
        return mean(right.astype(jnp.float32), judged(outputs, targets))

    def losses(self, outputs: Outputs, targets: Targets) -> Float[Array, 'batch told']:
        """Nats of each of a window's last tokens, judged or not."""
        logits, own = outputs[0], told(outputs, targets['tokens'])
        nats = jnp.zeros(own.shape[:2])
        for field, part in enumerate(fields.split(logits, self.sizes)):
            nats += optax.softmax_cross_entropy_with_integer_labels(part, own[..., field])
        return nats
