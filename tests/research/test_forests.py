"""A forest's run from its directory to its result, on recordings that lie in memory."""

import json
import os
import signal

import jax
import numpy as np
import pytest
from skops import io

import experiments
from research import (
    codec,
    finished,
    forests,
    growing,
    material,
    nodes,
    overrides,
    runs,
    step,
    trained,
)
from research.choosing import Chosen
from research.errors import UserError
from research.evaluate import Evaluator
from research.gathering import gather
from research.interrupts import ENDING, Interrupted, Interrupts
from research.loggers.jsonl import MetricsFile
from research.plan import plan
from research.results import mapping

SMALL = (
    'data.corpus=drawn',
    'data.protocol=folds',
    'data.slice_s=0.5',
    'data.slices=2',
    'frontend=LogMel',
    'frontend.rate_hz=8000',
    'frontend.n_fft=256',
    'frontend.hop=128',
    'frontend.n_mels=8',
    'model.trees=3,8',
    'model.depth=1,6',
    'model.folds=2',
)


def experiment(name, *changes):
    return overrides.apply(experiments.build(name), [*SMALL, *changes])


@pytest.fixture(scope='module')
def corpus(drawn):
    """Recordings of one or two slices; the target follows the length, which is heard as padding."""
    recordings = [(8000, (0.3, 0.4, 1.0)[i // 2 % 3]) for i in range(36)]
    return drawn(recordings, target=[f'{100 * seconds:.0f}' for _, seconds in recordings])


@pytest.fixture(scope='module')
def genre(corpus, go, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapping, 'draw', lambda trained: None)  # the dearest, and tested on its own
        return go(
            experiment('genre_forest'), corpus, tmp_path_factory.mktemp('runs'), pictures=True
        )


@pytest.fixture(scope='module')
def tempo(corpus, go, tmp_path_factory):
    return go(
        experiment('tempo_flux_forest'), corpus, tmp_path_factory.mktemp('runs'), pictures=True
    )


def test_the_directory_is_that_of_any_run(genre, corpus):
    place, result = genre
    assert place.status() == 'finished'
    assert json.loads(place.result.read_text()) == result
    chosen = experiment('genre_forest')
    assert codec.from_json(json.loads(place.experiment.read_text())) == chosen
    environment = json.loads(place.environment.read_text())
    assert environment['fingerprint'] == corpus.fingerprint
    assert environment['scikit-learn']
    assert json.loads(place.meaning.read_text())['labels'] == corpus.classes
    pictures = {path.name for path in place.plots.iterdir()}
    assert pictures >= {'search.png', 'confusion.png', 'spectrograms.png'}
    for part in ('valid', 'test'):
        assert (place.predictions / f'{part}.npz').exists()
        assert (place.predictions / f'{part}_units.npz').exists()


def test_a_step_is_a_forest_and_the_last_is_the_one_that_was_chosen(genre):
    place, result = genre
    records = MetricsFile(place.metrics).records()
    assert [(record['step'], record['split']) for record in records] == [
        *((number, 'search') for number in (1, 2, 3, 4)),
        (5, 'valid'),
    ]
    best = max(records[:4], key=lambda r: (r['item_accuracy'], -r['loss'], -r['step']))
    assert result['chosen'] == {name: best[name] for name in ('trees', 'depth')}
    assert result['best_step'] == result['steps'] == 5
    assert result['valid']['item_accuracy'] == records[-1]['item_accuracy']
    assert len(result['test']['item_accuracy_interval']) == 2
    assert result['parameters'] > 0


@pytest.mark.parametrize('kind', ['genre', 'tempo'])
def test_a_run_read_back_says_what_is_in_its_predictions(kind, corpus, request):
    place, _ = request.getfixturevalue(kind)
    loaded = trained.load(place.directory)
    made = material.prepare(loaded.experiment, corpus)
    test = Evaluator(loaded.experiment, made, made.parts['test'])
    said = test(loaded.weights.params, loaded.weights.stats)
    with np.load(place.predictions / 'test.npz', allow_pickle=False) as kept:
        for name, values in said.items():
            np.testing.assert_array_equal(kept[name], values)


def test_what_is_said_on_the_device_is_what_scikit_learn_says(genre, corpus):
    place, _ = genre
    grown = io.load(place.checkpoints / 'forest' / nodes.FILE, trusted=nodes.TRUSTED)
    chosen = experiment('genre_forest')
    made = material.prepare(chosen, corpus)
    bound = step.bound(chosen, made.meaning)
    heard = growing.statistics(bound, corpus, made.parts['test'])
    with np.load(place.predictions / 'test.npz', allow_pickle=False) as kept:
        probabilities = kept['probabilities']
    np.testing.assert_allclose(probabilities, grown.predict_proba(heard), atol=1e-5)
    outputs = growing.told(grown, heard, 2)
    np.testing.assert_allclose(jax.nn.softmax(outputs), probabilities, atol=1e-5)


def test_a_tempo_is_told_in_its_own_unit_and_drawn(tempo):
    place, result = tempo
    assert {'mae', 'rmse', 'r2', 'within_4', 'within_4_octaves'} <= result['test'].keys()
    assert {path.name for path in place.plots.iterdir()} >= {'search.png', 'scatter.png'}
    with np.load(place.predictions / 'test_units.npz', allow_pickle=False) as units:
        assert np.mean(units['mae/numerator']) == pytest.approx(result['test']['mae'])
    meaning = json.loads(place.meaning.read_text())
    assert 30 < meaning['centre'] < 100
    assert result['test']['mae'] < 2 * meaning['scale']


def test_an_interrupted_run_starts_again_and_ends_as_one_that_was_not(
    tempo, corpus, go, tmp_path, monkeypatch
):
    once = growing.search

    def cut_short(*arguments):
        yield next(once(*arguments))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(growing, 'search', cut_short)
        with pytest.raises(KeyboardInterrupt):
            go(experiment('tempo_flux_forest'), corpus, tmp_path)
    [begun] = runs.find(tmp_path)
    assert begun.status() == 'started'
    assert len(MetricsFile(begun.metrics).records()) == 1
    place, result = go(experiment('tempo_flux_forest'), corpus, tmp_path)

    def numbers(place):
        records = MetricsFile(place.metrics).records()
        return [{k: v for k, v in record.items() if k != 'time_s'} for record in records]

    assert place == begun
    assert numbers(place) == numbers(tempo[0])
    assert {**result, 'seconds': 0} == {**tempo[1], 'seconds': 0}


@pytest.mark.parametrize(
    ('owner', 'name', 'said'),
    [(growing, 'grow', forests.LEAVING), (nodes, 'save', ENDING)],
    ids=['before', 'after'],
)
def test_a_stop_before_the_last_forest_is_kept_starts_again_and_a_later_one_lets_the_run_end(
    owner, name, said, corpus, go, tmp_path, monkeypatch, capsys
):
    real = getattr(owner, name)

    def done(*arguments):
        came = real(*arguments)
        os.kill(os.getpid(), signal.SIGTERM)
        return came

    monkeypatch.setattr(owner, name, done)
    chosen = experiment('tempo_flux_forest', 'model.trees=5', 'model.depth=3')
    with Interrupts() as around:
        if said == ENDING:
            go(chosen, corpus, tmp_path)
        else:
            with pytest.raises(Interrupted, match='stopped after 0 of 1 forests'):
                go(chosen, corpus, tmp_path)
        assert around.number == signal.SIGTERM
    [place] = runs.find(tmp_path)
    assert place.status() == ('finished' if said == ENDING else 'started')
    out = capsys.readouterr().out
    assert [line for line in (forests.LEAVING, ENDING) if line in out] == [said]


def test_tables_read_a_forest_as_they_read_a_network(genre):
    [run] = gather([str(genre[0].directory)], genre[0].directory).finished
    assert run.texts(['name', 'model.trees']) == ('genre_forest', '[3, 8]')
    pooled = finished.pooled([run], 'item_accuracy')
    assert pooled.value == pytest.approx(genre[1]['test']['item_accuracy'])


def test_one_number_each_leaves_nothing_to_search(corpus):
    chosen = experiment('tempo_flux_forest', 'model.trees=5', 'model.depth=3')
    bound = step.bound(chosen, material.prepare(chosen, corpus).meaning)
    assert forests.count(bound) == 1
    assert forests.plan(bound, 12)[-1] == 'search    none: depth 3; trees 5'


def test_a_plan_tells_what_would_be_heard_and_tried(corpus, tmp_path):
    chosen = Chosen(experiment('genre_forest', 'model.lags=9'), corpus, stand_in=False)
    said = '\n'.join(plan(chosen, tmp_path, 'jit'))
    # Mean, deviation and three quantiles of eight bands, and nine lags.
    assert 'heard     49 statistics of 32 frames x 8 features' in said
    assert 'search    4 forests of depth 1, 6; trees 3, 8; 2 folds of whole groups' in said
    assert not list(tmp_path.iterdir())


def test_augmentation_is_refused(corpus, go, tmp_path):
    with pytest.raises(UserError, match='a forest hears each example once'):
        go(experiment('genre_forest', 'augment=SpecAugment'), corpus, tmp_path)


def test_a_network_learns_a_number_through_the_loop(corpus, go, tmp_path):
    own = ('model=MLP', 'model.widths=16', 'batch_size=8', 'epochs=30', 'eval_epochs=10')
    chosen = experiment('tempo_flux_forest', *own)
    place, result = go(chosen, corpus, tmp_path)
    records = MetricsFile(place.metrics).records()
    losses = [record['loss'] for record in records if record['split'] == 'train']
    assert losses[-1] < 0.5 * losses[0]
    assert result['test'].keys() >= {'mae', 'mae_interval', 'rmse', 'r2', 'within_4'}
