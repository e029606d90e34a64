import json

import numpy as np
import pytest

import experiments
from data_prep.cards import VERSION
from research import codec, corpora, overrides, runs, stats, train
from research.loggers.jsonl import MetricsFile
from research.measures import Ratio


@pytest.fixture(scope='module')
def corpus(data_dir):
    return corpora.open_corpus(data_dir / 'corpus_styles' / VERSION)


def experiment(*changes):
    own = ['data.corpus=corpus_styles', 'data.slices=4', 'model.widths=16,8', 'batch_size=8']
    return overrides.apply(experiments.build('genre_mlp'), [*own, *changes])


@pytest.fixture(scope='module')
def finished(corpus, go, tmp_path_factory):
    return go(experiment('epochs=6'), corpus, tmp_path_factory.mktemp('runs'), pictures=True)


def test_the_directory_is_the_whole_truth(finished, corpus):
    place, result = finished
    assert json.loads(place.result.read_text()) == result
    assert codec.from_json(json.loads(place.experiment.read_text())) == experiment('epochs=6')
    environment = json.loads(place.environment.read_text())
    assert environment['fingerprint'] == corpus.fingerprint
    assert (
        environment['parameters'] == result['parameters'] == 1625 * 16 + 16 + 16 * 8 + 8 + 8 * 6 + 6
    )
    assert environment['device']['count'] >= 1
    plots = {path.name for path in place.plots.iterdir()}
    drawn = {'curves.png', 'confusion.png', 'reliability.png', 'spectrograms.png'}
    assert plots - {'map.png', 'map.html'} == drawn


def test_the_scores_are_those_of_the_predictions_on_disk(finished):
    place, result = finished
    with np.load(place.predictions / 'test.npz', allow_pickle=False) as test:
        right = np.argmax(test['probabilities'], axis=1) == test['target']
        items = np.unique(test['item'])
        means = [test['probabilities'][test['item'] == item].mean(axis=0) for item in items]
        truth = [test['target'][test['item'] == item][0] for item in items]
        ratio = Ratio(right.astype(float), np.ones(len(right)), test['group'])
        interval = stats.interval(ratio, share=True)
        count = len(right)
    assert result['test']['slice_accuracy'] == pytest.approx(right.mean())
    item_accuracy = np.mean(np.argmax(means, axis=1) == np.array(truth))
    assert result['test']['item_accuracy'] == pytest.approx(item_accuracy)
    assert result['test']['slice_accuracy_interval'] == pytest.approx(list(interval))
    assert (result['test']['slices'], result['test']['items']) == (count, len(items)) == (24, 6)


def test_validation_picks_the_checkpoint_that_is_scored(finished):
    place, result = finished
    records = MetricsFile(place.metrics).records()
    valid = [record for record in records if record['split'] == 'valid']
    best = max(valid, key=lambda r: (r['item_accuracy'], -r['loss'], -r['step']))
    assert result['best_step'] == best['step']
    assert result['valid']['item_accuracy'] == best['item_accuracy']
    assert result['valid']['loss'] == pytest.approx(best['loss'], rel=1e-6)
    assert [record['step'] for record in valid] == [6, 12, 18, 24, 30, 36]


def test_training_lowers_the_training_loss(finished):
    records = MetricsFile(finished[0].metrics).records()
    losses = [record['loss'] for record in records if record['split'] == 'train']
    assert losses[-1] < 0.5 * losses[0]


def test_patience_ends_a_run_that_no_longer_improves(corpus, go, tmp_path):
    place, result = go(experiment('epochs=500', 'patience=3'), corpus, tmp_path)
    valid = [r for r in MetricsFile(place.metrics).records() if r['split'] == 'valid']
    assert result['steps'] < 3000
    assert valid[-1]['step'] == result['steps']
    assert sum(record['step'] > result['best_step'] for record in valid) == 3


def test_a_loss_that_is_not_finite_stops_the_run_with_its_step(corpus, go, tmp_path):
    chosen = experiment('epochs=6', 'optimizer=Momentum', 'optimizer.learning_rate=1e30')
    with pytest.raises(train.Diverged, match='not finite at step') as told:
        go(chosen, corpus, tmp_path, checkpoint_every_s=0.0)
    [place] = runs.find(tmp_path)
    failure = json.loads(place.failure.read_text())
    assert f'step {failure["step"]}' in str(told.value)
    assert place.status() == 'failed'
    assert not place.result.exists()
    assert failure['last_good'] is None or failure['last_good'] <= failure['step']
