import json
import os
import re
import shutil

import numpy as np
import pytest

import experiments
from research import evaluate, material, overrides, runs, trained
from research.errors import UserError

CHANGES = (
    'data.corpus=drawn',
    'data.slice_s=0.5',
    'data.slices=2',
    'frontend=LogMel',
    'frontend.rate_hz=8000',
    'frontend.n_fft=256',
    'model.widths=8',
    'epochs=3',
)


@pytest.fixture(scope='module')
def corpus(drawn):
    return drawn([(8000, 1.0)] * 24, classes=('a', 'b', 'c'))


@pytest.fixture(scope='module')
def finished(corpus, go, tmp_path_factory):
    experiment = overrides.apply(experiments.build('genre_mlp'), CHANGES)
    place, _ = go(experiment, corpus, tmp_path_factory.mktemp('runs'))
    return place


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished run that a test may break."""
    directory = tmp_path / 'genre_mlp' / finished.directory.name
    shutil.copytree(finished.directory, directory)
    return runs.Run(directory)


def test_a_loaded_run_predicts_what_it_predicted_when_it_ended(finished, corpus):
    loaded = trained.load(finished.directory)
    made = material.prepare(loaded.experiment, corpus)
    test = evaluate.Evaluator(loaded.experiment, made, made.parts['test'])
    with np.load(finished.predictions / 'test.npz', allow_pickle=False) as kept:
        stored, classes = kept['probabilities'], tuple(kept['classes'].tolist())
    np.testing.assert_array_equal(test(*loaded.weights)['probabilities'], stored)
    assert loaded.meaning.labels == classes == tuple(corpus.classes)
    assert loaded.tuned == json.loads(finished.result.read_text())['tuned']
    assert set(loaded.tuned) == {'temperature'}


def test_a_run_of_the_version_without_meaning_and_tuning_is_read(copied, finished):
    copied.meaning.unlink()
    result = json.loads(copied.result.read_text())
    del result['tuned']
    copied.result.write_text(json.dumps(result))
    old, new = trained.load(copied.directory), trained.load(finished.directory)
    assert old.meaning == new.meaning
    assert old.experiment == new.experiment
    assert old.tuned == {'temperature': 1.0}


def test_what_was_trained_by_cudnns_lstm_is_asked_by_the_scan_on_any_device(corpus, go, tmp_path):
    changes = 'model=LSTM', 'model.widths=4', 'model.dense=4', 'epochs=1'
    experiment = overrides.apply(experiments.build('genre_mlp'), [*CHANGES, *changes])
    place, result = go(experiment, corpus, tmp_path)
    payload = json.loads(place.experiment.read_text())
    payload['model']['recurrence'] = 'cudnn'
    place.experiment.write_text(json.dumps(payload))
    loaded = trained.load(place.directory)
    made = material.prepare(loaded.experiment, corpus)
    valid = evaluate.Evaluator(loaded.experiment, made, made.parts['valid'])
    assert valid.score(*loaded.weights)['loss'] == result['valid']['loss']


def test_a_lost_meaning_is_not_made_up(copied):
    copied.meaning.unlink()
    with pytest.raises(runs.RunError, match=r'meaning\.json'):
        trained.load(copied.directory)


def test_a_flipped_bit_in_the_best_checkpoint_is_refused_in_one_line(copied):
    best = json.loads(copied.result.read_text())['best_step']
    folder = copied.checkpoints / 'best' / f'{best:08d}'
    largest = max(folder.rglob('*'), key=lambda p: p.stat().st_size if p.is_file() else 0)
    bits = bytearray(largest.read_bytes())
    bits[len(bits) // 2] ^= 1
    largest.write_bytes(bits)
    with pytest.raises(runs.RunError, match=f'step {best} is damaged .*train it again') as told:
        trained.load(copied.directory)
    assert '\n' not in str(told.value)


def test_a_run_without_its_best_checkpoint_is_refused(copied):
    shutil.rmtree(copied.checkpoints / 'best')
    with pytest.raises(runs.RunError, match=r'is not there: .*train it again'):
        trained.load(copied.directory)


def test_an_unfinished_run_says_how_it_goes_on(copied):
    copied.result.unlink()
    environment = json.loads(copied.environment.read_text())
    environment['argv'] = ['launch.py', '--experiment=genre_mlp', '--set=model.widths=8, 4']
    copied.environment.write_text(json.dumps(environment))
    told = re.escape("`python launch.py --experiment=genre_mlp '--set=model.widths=8, 4'` goes on")
    with pytest.raises(runs.RunError, match=f'unfinished: {told}'):
        trained.load(copied.directory)


def test_a_failed_run_says_why(copied):
    copied.result.unlink()
    copied.fail('loss is not finite at step 3', 3, None)
    with pytest.raises(runs.RunError, match='failed: loss is not finite at step 3'):
        trained.load(copied.directory)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(runs.RunError, match='no run'):
        trained.load(tmp_path)
    with pytest.raises(UserError, match='no run'):
        trained.find(str(tmp_path), tmp_path)


def test_a_run_is_found_by_directory_by_id_and_by_name(copied, tmp_path):
    place = copied.directory
    for text in (str(place), f'genre_mlp/{place.name}', 'genre_mlp', str(place.parent)):
        assert trained.find(text, tmp_path) == copied
    with pytest.raises(UserError, match="did you mean 'genre_mlp'"):
        trained.find('genre_mpl', tmp_path)


def test_of_several_finished_runs_the_newest_is_taken_and_named(copied, tmp_path):
    newer, broken = (copied.directory.with_name(name) for name in ('a-newer', 'z-broken'))
    for path in (newer, broken):
        shutil.copytree(copied.directory, path)
    os.utime(copied.result, (1_000_000, 1_000_000))
    os.utime(newer / 'result.json', (2_000_000, 2_000_000))
    (broken / 'result.json').unlink()
    said = []
    assert trained.find('genre_mlp', tmp_path, said.append) == runs.Run(newer)
    [line] = said
    assert line.startswith('genre_mlp: 2 finished runs')
    assert str(newer) in line


def test_a_name_with_unfinished_runs_alone_says_how_to_finish_one(copied, tmp_path):
    copied.result.unlink()
    with pytest.raises(runs.RunError, match='is unfinished'):
        trained.find('genre_mlp', tmp_path)
