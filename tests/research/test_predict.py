import contextlib
import csv
import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import experiments
from data_prep.cards import VERSION
from research import corpora, overrides, predict

CHANGES = (
    'data.corpus=corpus_styles',
    'data.slices=3',
    'model.widths=8',
    'epochs=2',
    'optimizer.learning_rate=1e-4',
)


@pytest.fixture(scope='module')
def corpus(data_dir):
    return corpora.open_corpus(data_dir / 'corpus_styles' / VERSION)


@pytest.fixture(scope='module')
def run(corpus, go, tmp_path_factory):
    experiment = overrides.apply(experiments.build('genre_mlp'), CHANGES)
    place, _ = go(experiment, corpus, tmp_path_factory.mktemp('runs'))
    return place


@pytest.fixture(scope='module')
def tested(run):
    """The run's own predictions of its test part."""
    with np.load(run.predictions / 'test.npz', allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


@pytest.fixture(scope='module')
def sounds(corpus, tested, tmp_path_factory):
    """The recordings of the test part as wav files."""
    folder = tmp_path_factory.mktemp('sounds')
    for item in np.unique(tested['item']):
        [record] = np.flatnonzero(corpus.columns['item'] == item)
        [samples] = corpus.audio([record])
        soundfile.write(folder / f'{item}.wav', samples, int(corpus.rates_hz[record]))
    return folder


@pytest.fixture
def ask(run, capsys):
    def call(*arguments):
        code = predict.main(['predict', str(run.directory), *map(str, arguments)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_recordings_of_the_corpus_as_files_have_the_run_s_own_predictions(ask, sounds, tested, run):
    code, out, err = ask(sounds, '--slices=training')
    assert code == 0
    assert err.splitlines()[-1] == '6 of 6 files answered'
    temperature = json.loads(run.result.read_text())['tuned']['temperature']
    found = rows(out)
    assert [Path(row['file']).stem for row in found] == sorted(set(tested['item'].tolist()))
    for row in found:
        own = tested['item'] == Path(row['file']).stem
        joined = tested['probabilities'][own].mean(axis=0, dtype=np.float64)
        raised = np.maximum(joined, np.finfo(np.float32).tiny) ** (1 / temperature)
        wanted = raised / raised.sum()
        probabilities = [float(row[f'p({name})']) for name in tested['classes']]
        np.testing.assert_allclose(probabilities, wanted, atol=1e-4)
        assert row['class'] == tested['classes'][np.argmax(wanted)]
        assert int(row['slices']) == own.sum() == 3


def test_json_and_csv_agree(ask, sounds, tmp_path):
    (tmp_path / 'bad.wav').write_text('no sound')
    arguments = (sounds, tmp_path / 'bad.wav')
    code, out, _ = ask(*arguments)
    assert code == 1
    for arguments_more, path in ((['--format=json'], None), ([], tmp_path / 'out.json')):
        more = [*arguments_more, *([f'--out={path}'] if path else [])]
        code, shown, _ = ask(*arguments, *more)
        assert code == 1
        found = json.loads(path.read_text() if path else shown)
        assert found['task'] == 'Classification'
        for line, each in zip(rows(out), found['files'], strict=True):
            assert list(line) == list(each)
            assert list(line.values()) == ['' if x is None else str(x) for x in each.values()]
    assert ask(*arguments, f'--out={tmp_path / "out.csv"}')[0] == 1
    assert (tmp_path / 'out.csv').read_text() == out


def test_bad_files_are_lines_with_the_reason_and_the_others_go_on(ask, sounds, tmp_path):
    good = sorted(sounds.iterdir())[0]
    whole = good.read_bytes()
    for name, content in {
        'a empty.wav': b'',
        'b text.wav': b'hello',
        'c cut.wav': whole[: len(whole) // 2],
        'd ünï 日本.wav': whole,
        'e <b>&"quoted", comma.wav': whole,
        'sub/f.wav': whole,
        '.hidden.wav': whole,
    }.items():
        path = tmp_path / 'in' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    os.symlink(tmp_path / 'in', tmp_path / 'in' / 'sub' / 'loop')
    os.symlink(tmp_path / 'in' / 'sub' / 'f.wav', tmp_path / 'in' / 'z.wav')
    (tmp_path / 'folder.wav').mkdir()
    code, out, err = ask(tmp_path / 'in', tmp_path / 'folder.wav')
    assert code == 1
    found = rows(out)
    assert [Path(row['file']).name for row in found] == [
        'a empty.wav',
        'b text.wav',
        'c cut.wav',
        'd ünï 日本.wav',
        'e <b>&"quoted", comma.wav',
        'f.wav',
        'folder.wav',
    ]
    errors = [row['error'] for row in found]
    assert errors[:2] == ['empty file', 'not readable as audio (Format not recognised.)']
    assert errors[2].startswith('cut short')
    assert errors[3:6] == [''] * 3
    assert errors[6].startswith('a folder without any .wav')
    assert all(row['class'] == '' for row in found if row['error'])
    assert len({row['probability'] for row in found[3:6]}) == 1
    assert '3 of 7 files answered' in err


def test_files_of_which_the_run_is_not_sure_are_listed_least_sure_first(ask, sounds, tmp_path):
    out = tmp_path / 'genres.csv'
    assert ask(sounds, f'--out={out}', '--review=0.9999')[0] == 0
    everything = rows(out.read_text())
    listed = rows((tmp_path / 'genres.review.csv').read_text())
    least = sorted(everything, key=lambda row: float(row['probability']))
    assert listed == [row for row in least if float(row['probability']) < 0.9999]
    assert listed


def test_nothing_is_overwritten_without_force(ask, sounds, tmp_path):
    out, review = tmp_path / 'out.csv', tmp_path / 'out.review.csv'
    for path in (out, review):
        path.write_text('mine')
        code, _, err = ask(sounds, f'--out={out}', '--review=0.5')
        assert (code, path.read_text()) == (2, 'mine')
        assert err.count('\n') == 1
        assert '--force' in err
        path.unlink()
    assert sorted(tmp_path.iterdir()) == []
    out.write_text('mine')
    assert ask(sounds, f'--out={out}', '--force')[0] == 0
    assert out.read_text() != 'mine'


@pytest.mark.parametrize(
    ('arguments', 'told'),
    [
        ([], 'a run and files or folders are wanted'),
        (['nowhere.wav'], 'nowhere.wav: there is no such file or folder'),
        (['.', '--out=x.txt'], 'a name that ends in .csv or .json is wanted'),
        (['.', '--out=gone/x.csv'], 'gone is no folder'),
        (['.', '--review=0.5'], '--out=NAME.csv'),
        (['.', '--hop_s=1'], '--hop_s says nothing to a run of Classification'),
        (['.', '--batch=0'], '--batch=0: 1 or more is wanted'),
        (['.', '--slices=some'], 'training'),
        (['.', '--reviw=1'], 'review'),
        (['.', '--hop_s=nan'], 'a number of seconds above 0'),
        (['.', '--hop_s=inf'], 'a number of seconds above 0'),
        (['.', '--review=60', '--out=a.csv'], 'a probability from 0 to 1'),
    ],
)
def test_a_mistake_is_told_in_one_line_and_nothing_is_written(
    arguments, told, ask, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'a.wav').write_bytes(b'x')
    code, out, err = ask(*arguments)
    assert (code, out) == (2, '')
    assert told in err
    assert err.count('\n') == 1
    assert [path.name for path in tmp_path.iterdir()] == ['a.wav']


def test_an_unknown_run_is_a_mistake(capsys, tmp_path):
    (tmp_path / 'a.wav').write_bytes(b'x')
    argv = ['predict', 'genre_mpl', str(tmp_path), f'--runs_dir={tmp_path}']
    assert predict.main(argv) == 2
    assert 'genre_mpl' in capsys.readouterr().err


@pytest.mark.parametrize('style', ['csv', 'json'])
def test_a_full_disk_behind_standard_output_is_told_in_one_line(run, sounds, capsys, style):
    some = min(sounds.iterdir())
    argv = ['predict', str(run.directory), str(some), f'--format={style}']
    with (
        contextlib.suppress(OSError),  # of closing it
        open('/dev/full', 'w') as full,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, 'stdout', full)
        assert predict.main(argv) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == 'error: the system refused: No space left on device'
