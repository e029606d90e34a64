"""Commands that are killed, stopped or out of space end as one that nothing happened to."""

import dataclasses
import json
import shutil
import signal

import jax
import numpy as np
import pytest
import soundfile

from research import predict
from tests.research.predicting import interrupted
from tests.research.predicting.interrupted import ANSWER, BLOCK, RENAME

pytestmark = pytest.mark.slow

# Windows of half a second, five a batch: files end anywhere in a batch.
CALLS = ('data.slice_s=0.5', 'model.widths=8', 'task=Detection', 'task.positive=a')
FLAGS = ('--batch=5', '--hop_s=0.25', '--labels=audacity')
LENGTHS_S = (1.9, 0.3, 2.6, 0.7, 40.0, 1.1, 0.5)


@pytest.fixture(scope='module')
def run(drawn, untrained, on_disk, tmp_path_factory):
    tuned = {'threshold': 0.95, 'enter': 0.95, 'leave': 0.9}
    loaded = untrained('genre_mlp', drawn([(8_000, 1.0)] * 6), tuned, *CALLS)
    tame = jax.tree.map(lambda leaf: leaf / 3, loaded.weights.params)  # so that nothing is certain
    loaded = dataclasses.replace(loaded, weights=loaded.weights._replace(params=tame))
    return on_disk(loaded, tmp_path_factory.mktemp('runs'))


@pytest.fixture(scope='module')
def sounds(tmp_path_factory):
    """Of two rates, one of several blocks, a bad one amid them."""
    folder = tmp_path_factory.mktemp('sounds')
    for number, seconds in enumerate(LENGTHS_S):
        rate_hz = (22_050, 8_000)[number % 2]
        size = round(rate_hz * seconds)
        rng = np.random.default_rng(number)
        loudness = np.repeat(10 ** rng.uniform(-2, 0, size // 2_000 + 1), 2_000)[:size]
        sound = loudness * rng.uniform(-1, 1, size)
        soundfile.write(folder / f'{number} ünï.wav', sound, rate_hz)
    (folder / '3 bad.wav').write_text('no sound')
    return folder


@pytest.fixture
def ask(run, sounds, capsys):
    """Asks in this process; what is returned is the exit code and standard error."""

    def call(out, *flags, folder=sounds, place=run):
        code = predict.main(['predict', str(place), str(folder), f'--out={out}', *FLAGS, *flags])
        return code, capsys.readouterr().err

    return call


@pytest.fixture
def interrupt(run, sounds):
    """Asks in a process of its own, which gets a signal after the n-th call of a method."""

    def call(out, method, number, sent, *flags, folder=sounds, **limits):
        asked = [str(run), str(folder), f'--out={out}', *FLAGS, *flags]
        return interrupted.predict(asked, method, number, sent, **limits)

    return call


def written(folder):
    """Every file below a folder."""
    paths = (path for path in folder.rglob('*') if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope='module')
def undisturbed(run, sounds, tmp_path_factory):
    folder = tmp_path_factory.mktemp('undisturbed')
    asked = ['predict', str(run), str(sounds), f'--out={folder / "calls.csv"}', *FLAGS]
    assert predict.main(asked) == 1
    found = written(folder)
    assert len(found) == 2 + len(LENGTHS_S)
    assert len(found['calls.csv'].splitlines()) > 20, found['calls.csv']
    return found


@pytest.mark.parametrize(
    ('method', 'number', 'done'),
    [
        pytest.param(ANSWER, 3, '3 of 8', id='after an answer'),
        pytest.param(ANSWER, 7, '6 of 8', id='after the last but one'),
        pytest.param(BLOCK, 6, '4 of 8', id='within a long file'),
        pytest.param(RENAME, 3 + len(LENGTHS_S), '7 of 8', id='between the outputs'),
    ],
)
def test_a_killed_command_goes_on_and_ends_as_an_undisturbed_one(
    method, number, done, interrupt, ask, undisturbed, tmp_path
):
    out = tmp_path / 'calls.csv'
    code, err = interrupt(out, method, number, signal.SIGKILL)
    assert code == -signal.SIGKILL, err
    assert (tmp_path / 'calls.csv.journal').exists()
    assert not out.exists()
    code, err = ask(out)
    assert code == 1
    assert f'resumed: {done} files are done\n' in err
    assert written(tmp_path) == undisturbed


def test_a_command_killed_again_and_again_ends_as_an_undisturbed_one(
    interrupt, ask, undisturbed, tmp_path
):
    for number in range(3):
        assert interrupt(tmp_path / 'calls.csv', ANSWER, 2, signal.SIGKILL)[0] < 0, number
    code, err = ask(tmp_path / 'calls.csv')
    assert code == 1
    assert 'resumed: 4 of 8 files are done\n' in err
    assert written(tmp_path) == undisturbed


@pytest.mark.parametrize(('sent', 'code'), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_command_says_in_one_line_how_to_go_on(
    sent, code, interrupt, ask, undisturbed, tmp_path
):
    out = tmp_path / 'calls.csv'
    kept = f'stopped: 3 of 8 files are kept in {out}.journal; the same command goes on from there'
    assert interrupt(out, ANSWER, 3, sent) == (code, f'{kept}\n')
    assert ask(out)[0] == 1
    assert written(tmp_path) == undisturbed


def test_a_full_disk_keeps_what_is_done_and_says_so_in_one_line(
    interrupt, ask, undisturbed, tmp_path
):
    out = tmp_path / 'calls.csv'
    code, err = interrupt(out, ANSWER, 99, signal.SIGKILL, most=4_000)
    assert code == 2
    [line] = err.splitlines()
    assert line.startswith(f'error: {out}.journal cannot be written (File too large); ')
    assert line.endswith('the same command goes on from there')
    code, err = ask(out)
    assert (code, 'resumed: ' in err) == (1, True)
    assert written(tmp_path) == undisturbed


def test_files_that_changed_came_or_went_are_as_in_a_command_that_finds_them_so(
    interrupt, ask, sounds, tmp_path
):
    folder, out = tmp_path / 'in', tmp_path / 'out' / 'calls.csv'
    shutil.copytree(sounds, folder)
    out.parent.mkdir()
    interrupt(out, ANSWER, 6, signal.SIGKILL, folder=folder)
    shutil.copy(folder / '5 ünï.wav', folder / '0 ünï.wav')
    shutil.copy(folder / '5 ünï.wav', folder / '3 bad.wav')
    shutil.copy(folder / '5 ünï.wav', folder / '1 new.wav')
    (folder / '2 ünï.wav').unlink()
    code, err = ask(out, folder=folder)
    assert code == 0
    assert 'resumed: 3 of 8 files are done, 1 that changed since is done again\n' in err
    anew = tmp_path / 'anew' / 'calls.csv'
    anew.parent.mkdir()
    assert ask(anew, folder=folder)[0] == 0
    assert written(out.parent) == written(anew.parent)


def test_another_run_or_setting_is_not_mixed_in(interrupt, ask, run, tmp_path):
    out = tmp_path / 'calls.csv'
    interrupt(out, ANSWER, 4, signal.SIGKILL)
    before = written(tmp_path)
    other = tmp_path / 'other'
    shutil.copytree(run, other)
    result = json.loads((other / 'result.json').read_text())
    result['tuned']['enter'] = 0.99
    (other / 'result.json').write_text(json.dumps(result))
    for flags, place, told in (
        (['--hop_s=0.5'], run, 'hop_s 0.25 there, 0.5 here'),
        (['--batch=6'], run, 'batch 5 there, 6 here'),
        ([], other, f'keeps answers of {run} with other settings (weights '),
    ):
        code, err = ask(out, *flags, place=place)
        assert code == 2
        assert told in err
        assert err.count('\n') == 1
    shutil.rmtree(other)
    assert written(tmp_path) == before
    code, err = ask(out, '--batch=6', '--force')
    assert code == 1
    assert 'resumed' not in err
    assert not (tmp_path / 'calls.csv.journal').exists()


def test_the_run_may_be_moved_and_told_otherwise_what_turns_no_answer_may_change(
    interrupt, ask, run, undisturbed, tmp_path
):
    out = tmp_path / 'out' / 'calls.csv'
    out.parent.mkdir()
    interrupt(out, ANSWER, 4, signal.SIGKILL)
    shutil.copytree(run, tmp_path / 'moved')
    code, err = ask(out, '--labels=raven', place=tmp_path / 'moved')
    assert code == 1
    assert 'resumed: 3 of 8' in err
    for name in ('calls.csv', 'calls.files.csv'):
        assert (out.parent / name).read_bytes() == undisturbed[name]


def test_an_output_of_the_user_s_is_refused_also_where_a_journal_is(interrupt, ask, tmp_path):
    out = tmp_path / 'calls.csv'
    interrupt(out, RENAME, 3 + len(LENGTHS_S), signal.SIGKILL)
    (tmp_path / 'calls.files.csv').write_text('mine')
    code, err = ask(out)
    assert code == 2
    assert 'calls.files.csv is there already: --force replaces it' in err
    assert (tmp_path / 'calls.files.csv').read_text() == 'mine'
    assert ask(out, '--force')[0] == 1
    assert (tmp_path / 'calls.files.csv').read_text() != 'mine'


def test_json_of_a_killed_command_is_that_of_an_undisturbed_one(interrupt, ask, tmp_path):
    out = tmp_path / 'calls.json'
    labels = tmp_path / 'calls.labels'
    interrupt(out, BLOCK, 6, signal.SIGKILL)
    assert ask(out)[0] == 1
    found = out.read_bytes()
    shutil.rmtree(labels)
    assert ask(out, '--force')[0] == 1
    assert out.read_bytes() == found
