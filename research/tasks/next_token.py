"""The next token of a piece, told from those before it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int

from research.bounds import Count
from research.corpora import Corpus
from research.errors import UserError
from research.examples import Examples
from research.meaning import Meaning
from research.metrics import per_item
from research.scores import Units
from research.tasks.contract import Predictions, Truth, Tuned

# `tokens` [examples, time, fields] of windows, and the `first` of each that is judged.
Targets = Mapping[str, Array]
# Logits of a window's last tokens [batch, told, outputs], and the window's valid tokens.
Outputs = tuple[Float[Array, 'batch told outputs'], Int[Array, ' batch']]


@dataclasses.dataclass(frozen=True)
class NextToken:
    """Negative log-likelihood of tokens of one field or several, in nats a token.

    A model gives logits of the last tokens of each window, fields side by side; a token's
    likelihood is the product of its fields'. Every token from a view's `first` on is judged once.

    Attributes:
        per: what a token is called among the scores: `nll` is per token, `note_nll` per note; of
            other views than Voices 'token', so that no table sets one beside the other.
        sizes: how many values each field has; bound by the corpus.
    """

    labels: ClassVar[str] = 'tokens'
    progress: ClassVar[str] = 'accuracy'

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

    def targets(
        self, corpus: Corpus, examples: Examples, meaning: Meaning
    ) -> dict[str, np.ndarray]:
        """As research.material has them of windows."""
        return examples.target

    def truth(self, corpus: Corpus, examples: Examples) -> dict[str, np.ndarray]:
        """`start`, a window's first token."""
        return {'start': examples.start}

    def loss(self, outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
        """Nats a judged token; NaN where a model gives no logits of one."""
        return mean(self.losses(outputs, targets), judged(outputs, targets))

    def hits(self, outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
        """Share of the judged tokens of which each field's most probable value is the true one."""
        logits, own = outputs[0], told(outputs, targets['tokens'])
        right = jnp.ones(own.shape[:2], bool)
        for field, part in enumerate(_split(logits, self.sizes)):
            right &= jnp.argmax(part, axis=-1) == own[..., field]
        return mean(right.astype(jnp.float32), judged(outputs, targets))

    def losses(self, outputs: Outputs, targets: Targets) -> Float[Array, 'batch told']:
        """Nats of each of a window's last tokens, judged or not."""
        logits, own = outputs[0], told(outputs, targets['tokens'])
        nats = jnp.zeros(own.shape[:2])
        for field, part in enumerate(_split(logits, self.sizes)):
            nats += optax.softmax_cross_entropy_with_integer_labels(part, own[..., field])
        return nats

    def predict(self, outputs: Outputs, targets: Targets | None) -> dict[str, Array]:
        """`nll`, nats of all judged tokens of a window together, and how many `tokens` that are.

        Nothing where the tokens are not known.
        """
        if targets is None:
            return {}
        return totals(self.losses(outputs, targets), judged(outputs, targets))

    def tune(self, predictions: Predictions, truth: Truth, meaning: Meaning) -> dict[str, float]:
        return {}

    def units(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, Units]:
        """`nll` or `note_nll`, by pieces."""
        return {self.selects_by: by_piece(predictions, truth)}

    def score(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, float]:
        """`loss`, nats a token averaged over windows as in training, and `nll` or `note_nll`."""
        nll = by_piece(predictions, truth).value
        return {'loss': by_window(predictions), self.selects_by: nll}


def told(outputs: Outputs, tokens: Array) -> Array:
    """The tokens that there are logits of."""
    return tokens[:, tokens.shape[1] - outputs[0].shape[1] :]


def judged(outputs: Outputs, targets: Targets) -> Float[Array, 'batch told']:
    """1.0 for each token that is judged, 0.0 for others; NaN in windows where one is not told."""
    logits, lengths = outputs
    earliest = targets['tokens'].shape[1] - logits.shape[1]
    place = earliest + jnp.arange(logits.shape[1])
    first = targets['first'][:, None]
    there: Bool[Array, 'batch told'] = (place >= first) & (place < lengths[:, None])
    return jnp.where(first < earliest, jnp.nan, there.astype(jnp.float32))


def mean(
    losses: Float[Array, 'batch told'], judged: Float[Array, 'batch told']
) -> Float[Array, ' batch']:
    """Over the judged ones."""
    return jnp.sum(losses * judged, axis=1) / jnp.sum(judged, axis=1)


def totals(
    losses: Float[Array, 'batch told'], judged: Float[Array, 'batch told']
) -> dict[str, Array]:
    """`nll` and `tokens` of each window."""
    return {'nll': jnp.sum(losses * judged, axis=1), 'tokens': jnp.sum(judged, axis=1)}


def by_window(predictions: Predictions) -> float:
    """Nats a token, averaged over windows."""
    return float(np.mean(predictions['nll'].astype(np.float64) / predictions['tokens']))


def by_piece(predictions: Predictions, truth: Truth) -> Units:
    """Nats over tokens of each piece.

    A unit's name tells its tokens, so that no run is set beside one that was tested on others.
    """
    items, of = np.unique(truth['item'], return_inverse=True)
    nll, count = (np.bincount(of, predictions[name]) for name in ('nll', 'tokens'))
    names = [f'{item}: {int(n)} tokens' for item, n in zip(items, count, strict=True)]
    return Units(np.array(names), nll, count, per_item(truth['group'], truth['item']))


def _split(logits: Float[Array, 'batch told outputs'], sizes: Sequence[int]) -> list[Array]:
    """Those of each field."""
    return jnp.split(logits, np.cumsum(sizes)[:-1].tolist(), axis=-1)
