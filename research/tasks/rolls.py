"""The next frame of keys, told from those before it."""

import dataclasses

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from research.corpora import Corpus
from research.errors import UserError
from research.examples import Examples
from research.meaning import Meaning
from research.tasks.likelihood import Likelihood, Outputs, Targets, judged, told


@dataclasses.dataclass(frozen=True)
class NextFrame(Likelihood):
    """Negative log-likelihood of frames whose keys sound or do not, each by itself.

    Boulanger-Lewandowski et al., 2012, section 7: nats a time step, keys added up.
    """

    @property
    def selects_by(self) -> str:
        return 'step_nll'

    def meaning(self, corpus: Corpus, train: Examples) -> Meaning:
        """UserError: a view of notes has it, sound has none."""
        raise UserError(
            f'{corpus.name} is heard as sound, and NextFrame tells frames of keys: take a corpus '
            'of notes, and frontend=Rolls'
        )

    def outputs(self, meaning: Meaning) -> int:
        """One a key; UserError where tokens are none."""
        if meaning.sizes:
            raise UserError('NextFrame tells which keys sound: take frontend=Rolls, or NextToken')
        return len(meaning.labels)

    def hits(self, outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
        """Of the keys that sound or are said to, the share of which both is so.

        Bay et al., "Evaluation of Multiple-F0 Estimation and Tracking Systems", 2009, section 3;
        over the judged frames of a window together.
        """
        own, over = told(outputs, targets['tokens']) > 0.5, judged(outputs, targets)[..., None]
        said = outputs[0] > 0
        either = jnp.sum((said | own) * over, axis=(1, 2))
        return jnp.sum((said & own) * over, axis=(1, 2)) / jnp.maximum(either, 1)

    def losses(self, outputs: Outputs, targets: Targets) -> Float[Array, 'batch told']:
        """Nats of each of a window's last frames, judged or not."""
        own = told(outputs, targets['tokens'])
        return jnp.sum(optax.sigmoid_binary_cross_entropy(outputs[0], own), axis=-1)
