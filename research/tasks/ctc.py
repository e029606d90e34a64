"""Speech to text: characters of an utterance, without knowing when each is said."""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Int16

from research import transcription
from research.corpora import Corpus
from research.errors import UserError
from research.examples import Examples
from research.lengths import valid
from research.meaning import Meaning
from research.scores import Units
from research.tasks.contract import Predictions, Truth, Tuned
from research.transcription import Errors

BLANK = 0
# Logits [batch, frames, labels] and the valid frames of each example.
Outputs = tuple[Float[Array, 'batch frames labels'], Int[Array, ' batch']]
# `tokens` [examples, most labels] and `lengths` [examples].
Targets = dict[str, Int[Array, 'batch *labels']]


@dataclasses.dataclass(frozen=True)
class CTC:
    """Connectionist temporal classification (Graves et al., 2006), labels are characters.

    The loss of an utterance is -log p(transcript | sound) in nats, and is not divided by its
    characters: the sum over utterances is then the log-likelihood of the corpus. An utterance that
    has too few frames for its characters has probability 0 whatever the parameters are; it teaches
    nothing and its loss in training is 0 (`research.reach` counts such utterances).
    """

    labels: ClassVar[str] = 'frames'
    progress: ClassVar[str] = 'blank'

    @property
    def selects_by(self) -> str:
        return 'wer'

    def meaning(self, corpus: Corpus, train: Examples) -> Meaning:
        """The blank, an empty text, and then the characters of the training transcripts.

        Raises:
            UserError: there are no transcripts.
        """
        wanted = 'CTC wants what is said in each recording: take another task or corpus'
        if 'transcript' not in corpus.columns:
            raise UserError(f"{corpus.name} has no column 'transcript', and {wanted}")
        characters = set().union(*_transcripts(corpus, train))
        if not characters:
            raise UserError(f'{corpus.name}: the transcripts to train on are empty, and {wanted}')
        return Meaning(labels=('', *sorted(characters)))

    def outputs(self, meaning: Meaning) -> int:
        return len(meaning.labels)

    def targets(
        self, corpus: Corpus, examples: Examples, meaning: Meaning
    ) -> dict[str, Int[np.ndarray, 'examples *labels']]:
        """Labels of each transcript. Characters that training does not know are left out.

        The scores count those as errors: they compare with the whole transcript.
        """
        number = {label: i for i, label in enumerate(meaning.labels) if i != BLANK}
        known = [
            [number[c] for c in text if c in number] for text in _transcripts(corpus, examples)
        ]
        lengths = np.array([*map(len, known)], np.int32)
        tokens = np.zeros((len(known), max(1, lengths.max())), np.int32)
        for row, labels in zip(tokens, known, strict=True):
            row[: len(labels)] = labels
        return {'tokens': tokens, 'lengths': lengths}

    def truth(self, corpus: Corpus, examples: Examples) -> dict[str, np.ndarray]:
        """`transcript`, in the form in which transcripts are compared."""
        return {'transcript': np.array(_transcripts(corpus, examples), str)}

    def loss(self, outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
        """-log p(transcript | sound) in nats; 0 where the frames cannot hold the labels."""
        exact = _nats(outputs, targets)
        return jnp.where(jnp.isinf(exact), 0, exact)  # a NaN is not hidden

    def hits(self, outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
        """Share of an example's frames in which the blank is the most probable label.

        It is near 1 when a network has learnt to say nothing, the first thing that one learns.
        """
        logits, frames = outputs
        blank = (jnp.argmax(logits, axis=-1) == BLANK) & valid(frames, logits.shape[1])
        return jnp.sum(blank, axis=1) / jnp.maximum(frames, 1)

    def predict(self, outputs: Outputs, targets: Targets | None) -> dict[str, Array]:
        """`labels` [batch, frames], the first `count` [batch] of which are said (decoding.greedy).

        And `loss` [batch] in nats where there are targets: inf where it is for want of frames.
        """
        labels, count = collapse(*outputs)
        found = {'labels': labels, 'count': count}
        return found if targets is None else found | {'loss': _nats(outputs, targets)}

    def tune(self, predictions: Predictions, truth: Truth, meaning: Meaning) -> dict[str, float]:
        """Nothing: the language model's weights are tuned by research.results.ctc."""
        return {}

    def units(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, Units]:
        """`wer` and `cer`: edits of each utterance over its words and its characters."""
        said = texts(predictions['labels'], predictions['count'], meaning.labels)
        return {
            'wer': edits(transcription.word_errors(truth['transcript'].tolist(), said), truth),
            'cer': edits(transcription.character_errors(truth['transcript'].tolist(), said), truth),
        }

    def score(
        self, predictions: Predictions, truth: Truth, meaning: Meaning, tuned: Tuned
    ) -> dict[str, float]:
        """`loss` (nats an utterance, of those whose frames suffice; NaN: none), `wer`, `cer`."""
        losses = predictions['loss'].astype(np.float64)
        units = self.units(predictions, truth, meaning, tuned)
        possible = ~np.isinf(losses)
        return {
            'loss': float(losses[possible].mean()) if possible.any() else float('nan'),
            **{name: each.value for name, each in units.items()},
        }


def collapse(
    logits: Float[Array, 'batch frames labels'], frames: Int[Array, ' batch']
) -> tuple[Int16[Array, 'batch frames'], Int[Array, ' batch']]:
    """Each example's best path, repeats joined and blanks removed, and how many labels it has."""
    best = jnp.argmax(logits, axis=-1)
    before = jnp.pad(best[:, :-1], ((0, 0), (1, 0)), constant_values=BLANK)
    said = (best != before) & (best != BLANK) & valid(frames, best.shape[1])
    first = jnp.argsort(~said, axis=1, stable=True)
    count = jnp.sum(said, axis=1)
    labels = jnp.take_along_axis(best, first, axis=1)
    return jnp.where(valid(count, best.shape[1]), labels, BLANK).astype(jnp.int16), count


def needed(
    tokens: Int[Array | np.ndarray, 'batch labels'], lengths: Int[Array | np.ndarray, ' batch']
) -> Int[Array, ' batch']:
    """Frames without which labels have no alignment: one each, and a blank between equal ones."""
    again = (tokens[:, 1:] == tokens[:, :-1]) & valid(jnp.asarray(lengths) - 1, tokens.shape[1] - 1)
    return jnp.asarray(lengths) + jnp.sum(again, axis=1)


def texts(
    labels: Int[np.ndarray, 'examples frames'],
    count: Int[np.ndarray, ' examples'],
    alphabet: Sequence[str],
) -> list[str]:
    """What predicted labels spell."""
    rows = zip(labels.tolist(), count.tolist(), strict=True)
    return [''.join(alphabet[int(label)] for label in row[:size]) for row, size in rows]


def edits(errors: Errors, truth: Truth) -> Units:
    """An error rate as units: an utterance's edits over its length."""
    numerator, denominator = (each.astype(np.float64) for each in (errors.edits, errors.length))
    return Units(truth['item'], numerator, denominator, truth['group'])


def _nats(outputs: Outputs, targets: Targets) -> Float[Array, ' batch']:
    (logits, frames), tokens, lengths = outputs, targets['tokens'], targets['lengths']
    past, unsaid = (
        (~valid(size, total)).astype(jnp.float32)
        for size, total in ((frames, logits.shape[1]), (lengths, tokens.shape[1]))
    )
    # Optax says 1e5 of what cannot be, which no gradient could tell from a bad guess.
    return jnp.where(
        needed(tokens, lengths) <= frames,
        optax.ctc_loss(logits, past, tokens, unsaid, blank_id=BLANK),
        jnp.inf,
    )


def _transcripts(corpus: Corpus, examples: Examples) -> list[str]:
    return [transcription.normalise(str(t)) for t in corpus.columns['transcript'][examples.record]]
