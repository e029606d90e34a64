import subprocess
import sys
from pathlib import Path

import pytest

import data_prep

ROOT = Path(__file__).parents[2]
HEAVY = ('numpy', 'tensorflow_datasets', 'tensorflow', 'jax', 'music21', 'soundfile', 'tqdm')


def run(*args):
    command = [sys.executable, '-m', 'data_prep', *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize('flag', ['--help', '--list'])
def test_help_and_list_import_nothing_heavy(flag):
    script = f"""
import sys
from data_prep import __main__
assert __main__.main(['data_prep', {flag!r}]) == 0
print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, '-c', script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith('HEAVY []\n')


def test_a_corpus_is_prepared_listed_and_verified(gtzan_source, tmp_path):
    done = run('gtzan', f'--source={gtzan_source}', f'--data_dir={tmp_path}', '--jobs=1')
    assert (done.returncode, done.stderr) == (0, '')
    assert 'fingerprint: ' in done.stdout
    listed = run('--list', f'--data_dir={tmp_path}').stdout
    [row] = [line for line in listed.splitlines() if line.startswith('gtzan')]
    assert row.split()[1:3] == ['yes', '10']
    assert str(tmp_path / 'gtzan' / '1.0.0') in row
    assert 'every hash is right' in run('gtzan', '--verify', f'--data_dir={tmp_path}').stdout


@pytest.mark.parametrize(
    ('args', 'words'),
    [
        (['gtzn'], ["did you mean 'gtzan'?", 'corpus_styles, gtzan']),
        (['gtzan', '--sorce=x'], ['--sorce', 'did you mean --source?']),
        (['gtzan', '--jobs=many'], ['--jobs=many']),
        (['gtzan', '--max_bad=2'], ['max_bad']),
        (['gtzan'], ['--source=DIR', '--download']),
        (['gtzan', '--source=/nowhere'], ['/nowhere', 'not a folder']),
        (['gtzan', '--verify', '--data_dir=/nowhere'], ['not prepared in /nowhere']),
        ([], ['name a corpus']),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(args, words, tmp_path):
    done = run(*args, *([] if '--data_dir=/nowhere' in args else [f'--data_dir={tmp_path}']))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in words)


def test_a_place_that_cannot_be_written_to_is_one_line(gtzan_source, tmp_path):
    (tmp_path / 'data').write_text('a file, no folder')
    done = run('gtzan', f'--source={gtzan_source}', f'--data_dir={tmp_path / "data"}')
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_damaged_corpus_does_not_hide_the_list(gtzan_source, tmp_path):
    directory = data_prep.prepare('gtzan', tmp_path, gtzan_source, jobs=1, report=str)
    (directory / 'manifest.json').write_text('{')
    assert 'damaged' in run('--list', f'--data_dir={tmp_path}').stdout


@pytest.mark.parametrize('name', data_prep.CORPORA)
def test_every_corpus_has_a_full_card(name):
    made = data_prep.corpus(name)
    card = made.card
    assert card.name == name
    for text in (card.title, card.description, card.citation, card.licence, card.source):
        assert text.strip()
    assert made.default_protocol in made.protocols
    assert 'leaky_slices' in made.protocols
