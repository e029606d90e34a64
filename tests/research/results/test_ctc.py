"""A small run to its end: the files it leaves agree with each other and with jiwer."""

import csv
import functools
import json
import tempfile
import types
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import jiwer
import numpy as np
import pytest

import experiments
from research import codec, overrides, runs, train
from research.decoding import ngram, transcriber
from research.decoding.transcriber import Transcriber
from research.loggers import Loggers
from research.loggers.wandb import WandbLogger
from research.meaning import Meaning
from research.results import Trained, ctc

SMALL = (
    'data.corpus=drawn',
    'data.max_chars=none',
    'data.slice_s=1.2',
    'frontend.rate_hz=8000',
    'frontend.hop=80',
    'frontend.n_fft=160',
    'model.channels=4',
    'model.kernel=3',
    'model.widths=4',
    'batch_size=4',
    'steps=2',
)
TEXTS = ('the cat sat', "a dog's cat", 'the dog sat')


@pytest.fixture(scope='module')
def corpus(drawn):
    lengths = np.linspace(0.6, 1.2, 18).round(3).tolist()
    return drawn(
        [(8000, seconds) for seconds in lengths],
        classes=(),
        transcript=[TEXTS[i % 3] for i in range(18)],
        speaker=[f'speaker {i % 6}' for i in range(18)],
    )


@pytest.fixture(scope='module')
def run(corpus, tmp_path_factory):
    chosen = overrides.apply(experiments.build('speech_cnn_bigru'), SMALL)
    folder = tmp_path_factory.mktemp('runs')
    place = runs.locate(folder, codec.to_json(chosen), corpus.fingerprint)
    loggers = Loggers(
        lambda say: WandbLogger(place.directory, 'off', 'p', 'g', [], 'n', 'i', {}, say)
    )
    train.run(chosen, corpus, place, train.Options(), loggers)
    loggers.close()
    return place


def rows_of(run, part):
    with (run.predictions / f'{part}_transcripts.csv').open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_scores_are_jiwers_of_the_transcripts_that_are_kept(run):
    result = json.loads(run.result.read_text())
    for part in ('valid', 'test'):
        rows = rows_of(run, part)
        references, greedy, beam, with_lm = (
            [row[name] for row in rows] for name in ('reference', 'greedy', 'beam', 'with_lm')
        )
        assert set(references) <= {'THE CAT SAT', "A DOG'S CAT", 'THE DOG SAT'}
        assert result[part]['wer'] == pytest.approx(jiwer.wer(references, greedy))
        assert result[part]['cer'] == pytest.approx(jiwer.cer(references, greedy))
        assert result[part]['wer_lm'] == pytest.approx(jiwer.wer(references, with_lm))
        assert result[part]['cer_lm'] == pytest.approx(jiwer.cer(references, with_lm))
        assert result[part]['wer_beam'] == pytest.approx(jiwer.wer(references, beam))
        assert result[part]['cer_beam'] == pytest.approx(jiwer.cer(references, beam))
        for score in ('wer_beam', 'cer_beam', 'wer_lm', 'cer_lm'):
            low, high = result[part][f'{score}_interval']
            assert low <= result[part][score] <= high
        assert sum(int(row['edits_with_lm']) for row in rows) == pytest.approx(
            result[part]['wer_lm'] * sum(int(row['words']) for row in rows)
        )
        assert sum(int(row['edits_beam']) for row in rows) == pytest.approx(
            result[part]['wer_beam'] * sum(int(row['words']) for row in rows)
        )
        assert {row['speaker'].split()[0] for row in rows} == {'speaker'}
        with np.load(run.predictions / f'{part}_units.npz') as units:
            for score in ('wer_beam', 'wer_lm', 'cer_lm'):
                assert units[f'{score}/unit'].tolist() == [row['item'] for row in rows]


@pytest.mark.slow
def test_the_language_model_is_of_the_training_transcripts_alone(run):
    kept = transcriber.read(run.directory / 'lm.json')
    meaning = json.loads(run.meaning.read_text())
    assert kept.labels == tuple(meaning['labels'])
    assert kept.alpha in ctc.ALPHAS
    assert kept.beta in ctc.BETAS
    words = {'THE', 'CAT', 'SAT', 'A', 'DOG', "DOG'S"}
    assert set(kept.model.vocabulary) == words | {ngram.END, ngram.UNKNOWN}


@pytest.mark.slow
def test_the_page_of_alignments_is_drawn(run):
    page = (run.plots / 'alignments.html').read_text(encoding='utf-8')
    assert page.count('<article') == len(rows_of(run, 'test'))


class Noted(Transcriber):
    """Says its own weights."""

    def __call__(self, log_probs, length):
        return f'{self.alpha:g} {self.beta:g}'


def test_a_beam_alone_is_searched_with_no_weight_on_the_language_model(monkeypatch):
    """And what is tuned comes from validation: the test part here would choose otherwise."""
    monkeypatch.setattr(ctc, 'Transcriber', Noted)
    monkeypatch.setattr(ctc, '_language', lambda trained: ngram.build([['A']]))
    monkeypatch.setattr(ctc, '_speakers', lambda trained, name: ['x', 'x'])
    parts = {'valid': '0.5 4', 'test': '2 0'}  # each says the weights that it would choose
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        (directory / 'predictions').mkdir()
        evaluators = {}
        for name, said in parts.items():
            log_probs = np.zeros((2, 3, 4), np.float32)
            outputs = (log_probs, np.full(2, 3))
            truth = {
                'transcript': np.array([said] * 2),
                'item': np.array(['a', 'b']),
                'group': np.array(['x', 'y']),
            }
            given = functools.partial(lambda given, *weights: given, outputs)
            evaluators[name] = types.SimpleNamespace(outputs=given, truth=truth)
        said = {'labels': np.zeros((2, 3), np.int16), 'count': np.zeros(2, int)}
        trained: Any = mock.Mock(
            spec=Trained,
            made=types.SimpleNamespace(meaning=Meaning(labels=('', ' ', 'A'))),
            predictions=dict.fromkeys(parts, said),
            evaluators=evaluators,
            weights=types.SimpleNamespace(params=None, stats=None),
            place=types.SimpleNamespace(directory=directory, predictions=directory / 'predictions'),
            say=lambda line: None,
        )
        found = ctc.more(trained)
        assert transcriber.read(directory / 'lm.json').alpha == 0.5
        with (directory / 'predictions' / 'test_transcripts.csv').open() as file:
            rows = list(csv.DictReader(file))
    assert [(row['beam'], row['with_lm']) for row in rows] == [('0 0', '0.5 4')] * 2
    # Of two words '2 0' one is wrong in '0 0', and three are in '0.5 4', which is three words.
    assert found['test']['wer_beam'].value == 0.5
    assert found['test']['wer_lm'].value == 1.5


class Worded(Transcriber):
    """Makes the fewer errors the nearer its weights are to 1 and 2."""

    asked: ClassVar[list[tuple[float, float]]] = []

    def __call__(self, log_probs, length):
        self.asked.append((self.alpha, self.beta))
        wrong = round(abs(self.alpha - 1) + abs(self.beta - 2))
        return ' '.join(['X'] * wrong + ['A'] * (5 - wrong))


def heard(count, reference):
    return ctc.Heard(np.zeros((count, 2, 3), np.float32), np.full(count, 2), [reference] * count)


def test_the_weights_are_those_with_the_fewest_edits(monkeypatch):
    monkeypatch.setattr(ctc, 'Transcriber', Worded)
    model, told = ngram.build([['A']]), []
    found = ctc._tuned(model, ('', ' ', 'A'), heard(250, 'A A A A A'), told.append)
    assert (found.alpha, found.beta) == (1.0, 2.0)
    tried = set(Worded.asked)
    weights = {(alpha, beta) for alpha in ctc.ALPHAS for beta in (1.0, 2.0)}
    assert tried == weights | {(1.0, beta) for beta in ctc.BETAS}
    assert len(Worded.asked) == 100 * len(tried)
    edits = 'alpha 1, beta 2 by 100 utterances of validation, 0 edits in 500 words'
    assert told == [f'language model: {edits}']


def test_progress_is_a_line_every_ten_seconds(monkeypatch):
    lines: list[str] = []
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(ctc.time, 'monotonic', lambda: next(clock))
    own = Worded(ngram.build([['A']]), ('', ' ', 'A'), alpha=1.0, beta=2.0)
    assert list(ctc._decoded(own, heard(9, ''), 'test', lines.append)) == ['A A A A A'] * 9
    assert lines == [
        'test: 3 of 9  0:24 left',
        'test: 6 of 9  0:12 left',
        'test: 9 of 9  0:00 left',
    ]
