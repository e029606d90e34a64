import subprocess
import sys

import numpy as np
import pytest
import soundfile

import data_prep
import experiments
from data_prep.notes import PITCH, VELOCITY, arrange
from data_prep.sources import midi as reading
from research import composition, corpora, generate, midi, overrides, trained
from research.composition import Wish

SCALE = (0, 2, 4, 5, 7, 9, 11)
CHANGES = (
    'data.corpus=midi_notes',
    'frontend.window=13',
    'frontend.context=12',
    'frontend.first=12',
    'model.widths=8',
    'steps=3',
)


@pytest.fixture(scope='module')
def notes_dir(tmp_path_factory):
    """Holds midi_notes, prepared, with eight walks up and down a scale."""
    folder, source = tmp_path_factory.mktemp('notes'), tmp_path_factory.mktemp('midi')
    for seed in range(8):
        steps = np.cumsum(np.random.default_rng(seed).choice([-2, -1, 1, 2], 60)) % 14
        rows = [
            (240 * at, 60 + 12 * (step // 7) + SCALE[step % 7], 240, 64, 0)
            for at, step in enumerate(steps.tolist())
        ]
        piece = arrange(np.array(rows), 480, np.zeros((0, 2), int), [''], [0])
        midi.write(source / f'{"abcdefgh"[seed]}.mid', piece)
    data_prep.prepare('midi_notes', folder, source=source, jobs=1, report=lambda line: None)
    return folder


@pytest.fixture(scope='module')
def run(notes_dir, go, tmp_path_factory):
    """A notes_lstm that goes on from 12 words, hardly trained."""
    corpus = corpora.open_corpus(data_prep.place('midi_notes', notes_dir))
    experiment = overrides.apply(experiments.build('notes_lstm'), CHANGES)
    place, _ = go(experiment, corpus, tmp_path_factory.mktemp('runs'))
    return place


@pytest.fixture
def ask(run, notes_dir, tmp_path, monkeypatch, capsys):
    """The CLI in an empty folder: exit code, what it printed, and what it complained of."""
    monkeypatch.chdir(tmp_path)

    def main(*argv, data_dir=notes_dir):
        own = (f'--runs_dir={run.directory.parents[1]}', f'--data_dir={data_dir}')
        code = generate.main(['generate', *own, *argv])
        return code, *capsys.readouterr()

    return main


def test_midi_and_sound_hold_the_notes_asked_for(ask, tmp_path):
    code, out, err = ask('notes_lstm', '--notes=31', '--out=a.mid', '--wav=a.wav')
    assert (code, err) == (0, '')
    assert 'goes on   from 12 tokens of a training piece, not written' in out
    piece = reading.read(tmp_path / 'a.mid')
    assert len(piece.events) == 31
    assert f'a.mid: 31 notes, {piece.seconds():.1f} s' in out
    sound, rate_hz = soundfile.read(tmp_path / 'a.wav')
    assert len(sound) / rate_hz == pytest.approx(piece.seconds() + 0.08, abs=0.01)  # the release
    assert np.abs(sound).max() == pytest.approx(0.9, abs=0.001)
    # Half a second a word, as the tutorials have it.
    onsets_s = piece.seconds_at(piece.events[:, 0])
    np.testing.assert_allclose(np.unique(np.diff(np.unique(onsets_s))) % 0.5, 0, atol=1e-9)


def test_one_seed_is_one_piece_and_pieces_are_numbered(ask, tmp_path):
    for flags in (('--out=a.mid',), ('--out=b.mid',), ('--out=c.mid', '--seed=1')):
        assert ask('notes_lstm', '--notes=31', *flags)[0] == 0
    assert ask('notes_lstm', '--notes=31', '--out=d.mid', '--pieces=2')[0] == 0
    a, b, c, d1, d2 = ((tmp_path / f'{x}.mid').read_bytes() for x in ('a', 'b', 'c', 'd-1', 'd-2'))
    assert a == b == d1
    assert len({a, c, d2}) == 3


def test_a_prompt_is_the_beginning_of_what_is_written(ask, tmp_path, run):
    assert ask('notes_lstm', '--notes=31', '--out=a.mid')[0] == 0
    code, out, _ = ask('notes_lstm', '--notes=9', '--prompt=a.mid', '--out=b.mid')
    assert code == 0
    first, both = (reading.read(tmp_path / name) for name in ('a.mid', 'b.mid'))
    columns = [PITCH, VELOCITY]
    np.testing.assert_array_equal(both.events[:31, columns], first.events[:, columns])
    assert 'of a.mid' in out
    assert len(both.events) == 31 + 9


def test_the_opening_is_of_training_pieces(run, notes_dir):
    loaded = trained.load(run.directory)
    before = composition.opening(loaded, Wish(pieces=5), notes_dir)
    corpus = corpora.open_corpus(data_prep.place('midi_notes', notes_dir))
    with np.load(run.predictions / 'test.npz', allow_pickle=False) as test:
        tested = set(test['item'].tolist())
    with np.load(run.predictions / 'valid.npz', allow_pickle=False) as valid:
        tested |= set(valid['item'].tolist())
    view, texts = composition.view(loaded), []
    for item, piece in zip(corpus.columns['item'], corpus.notes(range(8)), strict=True):
        if item not in tested:
            texts.append(view.rows(view.encode(piece), loaded.meaning)[:, 0].tolist())
    assert 0 < len(texts) < 8
    for row in before[:, :, 0].tolist():
        assert any(row == text[at : at + 12] for text in texts for at in range(len(text)))
    assert len({tuple(row) for row in before[:, :, 0].tolist()}) > 1


def test_a_run_may_be_named_from_the_folder_it_lies_in(run, ask, monkeypatch, tmp_path):
    monkeypatch.chdir(run.directory.parent)
    code, out, err = ask(run.directory.name, '--notes=13', f'--out={tmp_path}/a.mid')
    assert (code, err) == (0, '')
    assert f'{tmp_path}/a.mid: 13 notes' in out


def test_a_prompt_that_the_system_does_not_read_is_told_in_one_line(ask):
    code, out, err = ask('notes_lstm', '--prompt=/proc/self/mem')
    assert (code, out) == (2, '')
    assert err == 'error: --prompt=/proc/self/mem cannot be read (Input/output error)\n'


WRONG = {
    'one run is wanted': [],
    "did you mean 'notes_lstm'": ['notes_lst'],
    'ends in .mid is wanted': ['notes_lstm', '--out=a.wav'],
    'ends in .wav is wanted': ['notes_lstm', '--wav=a.mp3'],
    'nowhere is no folder': ['notes_lstm', '--out=nowhere/a.mid'],
    'is there already: --force': ['notes_lstm', '--out=there.mid'],
    'there is no such file': ['notes_lstm', '--prompt=nowhere.mid'],
    '--prompt=there.mid: not MIDI': ['notes_lstm', '--prompt=there.mid'],
    '[1, 100000]': ['notes_lstm', '--notes=0'],
    'non-negative': ['notes_lstm', '--temperature=-1'],
    'finite numbers': ['notes_lstm', '--temperature=nan'],
    'top_p': ['notes_lstm', '--top_p=1.5'],
    'top_k': ['notes_lstm', '--top_k=few'],
    'Unknown command line flag': ['notes_lstm', '--note=5'],
}


@pytest.mark.parametrize('told', WRONG)
def test_a_mistake_is_told_in_one_line_and_nothing_is_written(ask, tmp_path, told):
    (tmp_path / 'there.mid').write_text('text')
    code, out, err = ask(*WRONG[told])
    assert (code, out) == (2, '')
    assert err.startswith('error: ')
    assert told in err
    assert err.count('\n') == 1
    assert [path.name for path in tmp_path.iterdir()] == ['there.mid']


def test_without_the_corpus_a_prompt_is_asked_for(ask, tmp_path):
    code, _, err = ask('notes_lstm', data_dir=tmp_path)
    assert code == 2
    assert 'notes_lstm goes on from 12 tokens: give --prompt=FILE.mid, or the --data_dir' in err


def test_help_reads_without_jax():
    code = (
        'import sys; from research import generate; generate.main(["generate", "--help"]); '
        'sys.exit("jax" in sys.modules)'
    )
    ended = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert '--temperature' in ended.stdout
