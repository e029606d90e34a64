"""A finished run trained a second time."""

import dataclasses
import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

import data_prep
import experiments
from research import checkpoint, corpora, overrides, packed, reproduce, reproduction, runs, trained
from research.gathering import gather

CHANGES = (
    'data.corpus=corpus_styles',
    'data.protocol=piece_folds',
    'data.slice_s=0.5',
    'data.slices=1',
    'frontend=LogMel',
    'frontend.rate_hz=8000',
    'frontend.n_fft=256',
    'model.widths=4',
    'steps=3',
)


@pytest.fixture(scope='module')
def finished(data_dir, go, tmp_path_factory) -> runs.Run:
    directory = data_prep.prepared('corpus_styles', data_dir)
    assert directory, data_dir
    corpus = corpora.open_corpus(directory)
    experiment = overrides.apply(experiments.build('genre_mlp'), CHANGES)
    return go(experiment, corpus, tmp_path_factory.mktemp('runs'))[0]


@pytest.fixture(scope='module')
def out(finished, data_dir, tmp_path_factory) -> Path:
    """Holds the run reproduced, so that a test may compare without training."""
    folder = tmp_path_factory.mktemp('out')
    assert reproduce.main(command(finished.directory, data_dir, folder)) == 0
    return folder


def command(place: Path, data_dir: Path, out: Path) -> list[str]:
    return ['reproduce', str(place), f'--data_dir={data_dir}', f'--out={out}']


@pytest.fixture
def copied(finished, tmp_path) -> runs.Run:
    """A copy of the finished run that a test may change."""
    directory = tmp_path / 'genre_mlp' / finished.directory.name
    shutil.copytree(finished.directory, directory)
    return runs.Run(directory)


def test_a_run_trained_again_on_the_same_machine_is_the_same_to_the_bit(
    finished, out, data_dir, capsys
):
    assert reproduce.main(command(finished.directory, data_dir, out)) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith('is finished: it is compared as it stands')
    assert told[-2:] == ['environment: nothing that is recorded differs', 'the same, to the bit']
    [anew] = runs.find(out)
    assert anew.directory != finished.directory
    one, other = (trained.load(run.directory).weights for run in (finished, anew))
    assert all(map(np.array_equal, jax.tree.leaves(one), jax.tree.leaves(other)))


def test_another_parameter_is_told_with_its_array_and_by_how_much(copied, out, data_dir, capsys):
    loaded = trained.load(copied.directory)
    best = loaded.result['best_step']
    leaf = loaded.weights.params['Dense_0']['kernel']
    loaded.weights.params['Dense_0']['kernel'] = leaf + 0.25 * np.abs(leaf).max()
    shutil.rmtree(copied.checkpoints / 'best')
    folder = checkpoint.Checkpoints(copied.checkpoints)
    folder.save(best, loaded.weights, 'best')
    folder.wait()
    folder.close()
    assert reproduce.main(command(copied.directory, data_dir, out)) == 1
    told = capsys.readouterr().out.splitlines()
    assert any(line.endswith('(params/Dense_0/kernel)') for line in told)
    assert told[-1].startswith('not the same: 0.')
    again = [*command(copied.directory, data_dir, out), '--tolerance=0.3']
    assert reproduce.main(again) == 0
    assert capsys.readouterr().out.splitlines()[-1] == 'the same within 0.3'


def test_another_score_and_what_differs_around_it_are_told(copied, out, data_dir, capsys):
    result, environment = (
        json.loads(path.read_text()) for path in (copied.result, copied.environment)
    )
    result['test']['loss'] += 0.5
    copied.result.write_text(json.dumps(result))
    copied.environment.write_text(json.dumps({**environment, 'jax': '0.4.1', 'cpus': 512}))
    assert reproduce.main(command(copied.directory, data_dir, out)) == 1
    told = capsys.readouterr().out.splitlines()
    [loss] = [line for line in told if line.startswith('test loss')]
    assert loss.endswith('  -0.5')
    assert f'environment: jax was 0.4.1, is {environment["jax"]}' in told
    assert f'environment: cpus was 512, is {environment["cpus"]}' in told
    assert told[-1] == 'not the same: 0.5 apart, more than 0.0001'


def test_of_a_packed_run_the_scores_are_compared(finished, out, data_dir, tmp_path, capsys):
    folder = finished.directory.parent.parent
    packed.write_all(gather([str(folder)], folder).finished, tmp_path)
    [file] = tmp_path.glob('*/*.run.json')
    assert reproduce.main(command(file, data_dir, out)) == 0
    told = capsys.readouterr().out.splitlines()
    assert f'parameters are not compared: {file} is packed, without them' in told
    assert told[-1] == 'the same scores, to the bit'


def test_a_score_that_one_of_the_two_lacks_is_no_reproduction(finished, out):
    [there], [here] = (gather([str(place)], place).finished for place in (finished.directory, out))
    test = {name: value for name, value in here.result['test'].items() if name != 'loss'}
    lacking = dataclasses.replace(here, result={**here.result, 'test': test})
    assert reproduction.compare(there, here).distance == 0
    assert reproduction.compare(there, lacking).distance == np.inf


@pytest.mark.parametrize(
    ('spoil', 'told'),
    [
        ({'fingerprint': 'another'}, 'the run was made with another: prepare the version'),
        (None, 'holds the run itself: give another folder'),
    ],
)
def test_what_cannot_be_reproduced_is_told_in_one_line(
    copied, data_dir, tmp_path, capsys, spoil, told
):
    if spoil:
        environment = json.loads(copied.environment.read_text())
        copied.environment.write_text(json.dumps({**environment, **spoil}))
    assert reproduce.main(command(copied.directory, data_dir, tmp_path)) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_corpus_that_is_not_prepared_is_told_with_the_command(copied, tmp_path, capsys):
    experiment = json.loads(copied.experiment.read_text())
    experiment['data']['corpus'] = 'gtzan'
    copied.experiment.write_text(json.dumps(experiment))
    assert reproduce.main(command(copied.directory, tmp_path / 'none', tmp_path / 'out')) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert 'python -m data_prep gtzan --source=DIR' in line


def test_a_corpus_that_this_version_does_not_know_is_told(copied, data_dir, tmp_path, capsys):
    experiment = json.loads(copied.experiment.read_text())
    experiment['data']['corpus'] = 'gone'
    copied.experiment.write_text(json.dumps(experiment))
    assert reproduce.main(command(copied.directory, data_dir, tmp_path / 'out')) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "'gone'" in line


def test_no_run_or_two_are_a_mistake(tmp_path, capsys):
    assert reproduce.main(['reproduce']) == 2
    assert '0 runs are given' in capsys.readouterr().err
    assert reproduce.main(['reproduce', str(tmp_path)]) == 2
    assert 'no finished run there' in capsys.readouterr().err
