"""Transcripts of a run: greedy, by a beam search, and by one with a language model."""

import csv
import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from data_prep.building.progress import duration
from research import transcription
from research.decoding import ngram
from research.decoding.transcriber import Transcriber
from research.loggers.console import PLAIN_INTERVAL_S
from research.results import Trained, alignments
from research.scores import Units
from research.tasks import ctc

ORDER = 3
# What is tried on validation: the weights at the first bonus, the bonuses at the best of them, and
# the weights again at the best of those: ten settings.
ALPHAS, BETAS = (0.25, 0.5, 1.0, 2.0), (1.0, 0.0, 2.0, 4.0)
TUNED_ON = 100  # validation utterances, spread evenly over all
# What is searched by a beam: the column of its text and the ending of its scores.
SEARCHED = {'beam': 'beam', 'with_lm': 'lm'}
TEXTS = ('item', 'speaker', 'reference', 'greedy', *SEARCHED)
COLUMNS = (*TEXTS, 'words', 'edits', *(f'edits_{column}' for column in SEARCHED))

Say = Callable[[str], None]


class Heard(NamedTuple):
    """What a network says of a part: log-probabilities, valid frames, and what was said."""

    log_probs: Float[np.ndarray, 'examples frames labels']
    lengths: Int[np.ndarray, ' examples']
    references: list[str]


def more(trained: Trained) -> dict[str, dict[str, Units]]:
    """Word and character error rates of beam searches, of both parts.

    `wer_lm` and `cer_lm` are with a language model; `wer_beam` and `cer_beam` of the same search
    without one, so that what the search gives is not taken for what the model does. The model is of
    words, of the training transcripts of this run alone; its weight and the bonus of a word are
    tuned on validation, on 100 utterances at most.

    Writes `lm.json` (decoding.transcriber) and `predictions/<part>_transcripts.csv`, a line an
    utterance. Where no transcript has two words there is nothing to model: a line says so, and the
    columns of the searches stay empty.
    """
    labels = trained.made.meaning.labels
    greedy = {
        name: ctc.texts(said['labels'], said['count'], labels)
        for name, said in trained.predictions.items()
    }
    searched: dict[str, dict[str, list[str]]] = {name: {} for name in greedy}
    if ' ' not in labels:
        trained.say('no transcript to train on has two words: decoded without a language model')
    else:
        heard = {name: _heard(trained, name) for name in trained.evaluators}
        transcriber = _tuned(_language(trained), labels, heard['valid'], trained.say)
        transcriber.write(trained.place.directory / 'lm.json')
        alone = dataclasses.replace(transcriber, alpha=0.0, beta=0.0)
        for name, each in heard.items():
            for column, own, how in (
                ('beam', alone, 'without'),
                ('with_lm', transcriber, 'with'),
            ):
                doing = f'{name} {how} language model'
                searched[name][column] = list(_decoded(own, each, doing, trained.say))
    found: dict[str, dict[str, Units]] = {}
    for name, part in trained.evaluators.items():
        references = part.truth['transcript'].tolist()
        found[name] = {
            f'{score}_{SEARCHED[column]}': ctc.edits(errors(references, said), part.truth)
            for column, said in searched[name].items()
            for score, errors in (
                ('wer', transcription.word_errors),
                ('cer', transcription.character_errors),
            )
        }
        _write(trained, name, references, {'greedy': greedy[name], **searched[name]})
    return found


def _write(
    trained: Trained, name: str, references: list[str], said: Mapping[str, list[str]]
) -> None:
    """The transcripts of a part, and how many words each of them has wrong."""
    errors = {column: transcription.word_errors(references, own) for column, own in said.items()}
    none = [''] * len(references)
    columns = [trained.evaluators[name].truth['item'], _speakers(trained, name), references]
    columns += [said.get(column, none) for column in ('greedy', *SEARCHED)]
    columns.append(errors['greedy'].length)
    columns += [
        errors[column].edits if column in errors else none for column in ('greedy', *SEARCHED)
    ]
    path = trained.place.predictions / f'{name}_transcripts.csv'
    with path.open('w', encoding='utf-8', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(zip(*columns, strict=True))


def draw(trained: Trained) -> None:
    """Writes plots/alignments.html of the test part: see results.alignments."""
    path = trained.place.predictions / 'test_transcripts.csv'
    with path.open(encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    corpus, name = trained.made.corpus.name, trained.experiment.name
    page = alignments.page(f'{name} on {corpus}, test part', rows)
    trained.place.plots.joinpath('alignments.html').write_text(page, encoding='utf-8')


def _speakers(trained: Trained, name: str) -> list[str]:
    made = trained.made
    groups = made.corpus.columns.get('speaker')
    part = made.parts[name]
    return (part.group if groups is None else groups[part.record]).tolist()


def _heard(trained: Trained, name: str) -> Heard:
    part = trained.evaluators[name]
    logits, lengths = part.outputs(trained.weights.params, trained.weights.stats)
    log_probs = np.asarray(jax.nn.log_softmax(logits))
    return Heard(log_probs, lengths, part.truth['transcript'].tolist())


def _language(trained: Trained) -> ngram.Model:
    made = trained.made
    said = trained.experiment.task.truth(made.corpus, made.parts['train'])['transcript']
    model = ngram.build([text.split() for text in said.tolist()], ORDER)
    words = sum(1 for gram in model.log_probs if len(gram) == 1)
    trained.say(f'language model of {len(said):,} training transcripts, {words:,} words')
    return model


def _tuned(model: ngram.Model, labels: Sequence[str], valid: Heard, say: Say) -> Transcriber:
    count = len(valid.references)
    chosen = np.unique(np.linspace(0, count - 1, min(count, TUNED_ON)).round().astype(int))
    few = Heard(
        valid.log_probs[chosen], valid.lengths[chosen], [valid.references[i] for i in chosen]
    )
    edits: dict[tuple[float, float], int] = {}

    def best(settings) -> tuple[float, float]:
        for alpha, beta in settings:
            if (alpha, beta) not in edits:
                transcriber = Transcriber(model, labels, alpha, beta)
                doing = f'tuning alpha {alpha:g}, beta {beta:g}'
                said = list(_decoded(transcriber, few, doing, say))
                errors = transcription.word_errors(few.references, said)
                edits[alpha, beta] = int(errors.edits.sum())
        return min(edits, key=lambda setting: edits[setting])

    alpha, _ = best((alpha, BETAS[0]) for alpha in ALPHAS)
    _, beta = best((alpha, beta) for beta in BETAS)
    alpha, beta = best((alpha, beta) for alpha in ALPHAS)
    words = int(transcription.word_errors(few.references, few.references).length.sum())
    say(
        f'language model: alpha {alpha:g}, beta {beta:g} by {len(few.references)} utterances of '
        f'validation, {edits[alpha, beta]} edits in {words} words'
    )
    return Transcriber(model, labels, alpha, beta)


def _decoded(transcriber: Transcriber, heard: Heard, doing: str, say: Say) -> Iterator[str]:
    """Each utterance's text; a line of progress every ten seconds."""
    began_s = shown_s = time.monotonic()
    lengths = heard.lengths.tolist()
    for done, (log_probs, length) in enumerate(zip(heard.log_probs, lengths, strict=True), 1):
        yield transcriber(log_probs, length)
        now_s = time.monotonic()
        if now_s - shown_s >= PLAIN_INTERVAL_S:
            shown_s, left_s = now_s, (now_s - began_s) / done * (len(lengths) - done)
            say(f'{doing}: {done} of {len(lengths)}  {duration(left_s)} left')
