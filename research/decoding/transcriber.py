"""From the outputs of a CTC network to text, with a language model over words; kept as JSON."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from research.decoding import beam, ngram
from research.runs import RunError, write_json

BEAM = 16


@dataclasses.dataclass(frozen=True)
class Transcriber:
    """A prefix beam search with all that it wants.

    Attributes:
        model: over the words of the transcripts.
        labels: what each output stands for; the blank first, one of the others is ' '.
        alpha: weight of the language model.
        beta: bonus of a word, in nats.
        beam: prefixes kept after each frame.
    """

    model: ngram.Model
    labels: Sequence[str]
    alpha: float
    beta: float
    beam: int = BEAM

    def __call__(self, log_probs: Float[np.ndarray, 'frames labels'], length: int) -> str:
        """What is most probably said in the first `length` frames: see decoding.beam."""
        spelled = beam.Spelled(self.model, self.labels)
        best = beam.decode(log_probs, length, self.beam, spelled, self.alpha, self.beta)
        return ''.join(self.labels[label] for label in best)

    def write(self, path: Path) -> None:
        """As JSON, whole or not at all: n-grams are words parted by spaces."""
        grams = {
            name: {' '.join(gram): value for gram, value in getattr(self.model, name).items()}
            for name in ('log_probs', 'backoffs')
        }
        own = {'labels': list(self.labels), 'alpha': self.alpha, 'beta': self.beta}
        write_json(path, own | {'beam': self.beam, 'order': self.model.order} | grams)


def read(path: Path) -> Transcriber:
    """What `write` wrote, to the bit.

    Raises:
        RunError: the file is missing or holds something else; names it.
    """
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding='utf-8'))
        log_probs, backoffs = (
            {tuple(gram.split()): float(value) for gram, value in found[name].items()}
            for name in ('log_probs', 'backoffs')
        )
        return Transcriber(
            ngram.Model(int(found['order']), log_probs, backoffs),
            tuple(map(str, found['labels'])),
            float(found['alpha']),
            float(found['beta']),
            int(found['beam']),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f'{path} cannot be read ({error}): train the run anew') from error
