import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import data_prep
from data_prep import __main__, contents
from data_prep.cards import VERSION, Archive

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
    assert str(tmp_path / 'gtzan' / VERSION) in row
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
        (['gtzan', '--subsets=a'], ['--download too']),
        (['gtzan', '--download', '--subsets=a'], ["no subset 'a'", '--download alone']),
        (['librispeech', '--download'], ['by subset', '--subsets=NAME', 'dev-clean', 'GB']),
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
    assert made.default_protocol in made.protocols or not made.protocols
    if made.label == 'genre':
        assert 'leaky_slices' in made.protocols


@pytest.mark.parametrize('name', data_prep.CORPORA)
def test_no_column_of_a_corpus_has_the_name_of_a_fact(name):
    made = data_prep.corpus(name)
    kind = contents.KINDS[made.content]
    assert not {*made.columns} & {'item', 'label', 'copies', *kind.facts, *kind.features()}


def test_cards_and_a_description_are_printed(gtzan_source, tmp_path):
    cards = run('--cards')
    assert cards.returncode == 0, cards.stderr
    assert all(name in cards.stdout for name in data_prep.CORPORA)
    data_prep.prepare('gtzan', tmp_path, gtzan_source, jobs=1, report=str)
    told = run('gtzan', '--describe', f'--data_dir={tmp_path}')
    assert told.returncode == 0, told.stderr
    assert 'blues' in told.stdout


def test_labelled_corpora_are_listed(toy, tmp_path, capsys):
    for name in ('toy', 'toy:mine'):
        data_prep.prepare(name, tmp_path, toy.source, jobs=1, report=str)
    assert __main__.main(['', '--list', f'--data_dir={tmp_path}']) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in listed if line.startswith('toy')] == [
        ['toy', 'yes', '10'],
        ['toy:mine', 'yes', '10'],
    ]


def refusal(name, data, **wanted):
    with pytest.raises(
        data_prep.PrepError, match=r'say --force to prepare it anew, or .*label'
    ) as e:
        data_prep.prepare(name, data, report=str, **wanted)
    return str(e.value)


def test_what_is_prepared_is_not_taken_for_another_source_table_or_download(toy, tmp_path):
    table = tmp_path / 'table.csv'
    table.write_text('a')
    how = {'table': table, 'jobs': 1, 'report': str}
    directory = data_prep.prepare('toy', tmp_path, toy.source, **how)
    assert data_prep.prepare('toy', tmp_path, report=str) == directory
    assert data_prep.prepare('toy', tmp_path, toy.source / '.', **how) == directory
    other = tmp_path / 'other'
    other.mkdir()
    said = refusal('toy', tmp_path, source=other, table=table)
    assert f'{toy.source} with the table {table}, wanted is {other} with the' in said
    assert 'with no table' in refusal('toy', tmp_path, source=toy.source)
    assert 'gone.csv' in refusal('toy', tmp_path, table=tmp_path / 'gone.csv')
    assert str(tmp_path / 'downloads' / 'toy') in refusal('toy', tmp_path, download=True)
    table.write_text('b')
    assert f'table {table} as it is now' in refusal('toy', tmp_path, source=toy.source, table=table)


def test_a_source_of_another_layout_is_told_before_it_is_to_replace_what_is_there(
    gtzan_source, tmp_path
):
    data = f'--data_dir={tmp_path}'
    directory = data_prep.prepare('gtzan', tmp_path, gtzan_source, jobs=1, report=str)
    chapter = tmp_path / 'speech' / 'dev-clean' / '1' / '2'
    chapter.mkdir(parents=True)
    (chapter / '1-2-0000.flac').touch()
    for more in ((), ('--limit=2',)):
        done = run('gtzan', f'--source={tmp_path / "speech"}', data, *more)
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert f'{tmp_path / "speech"} holds dev-clean; wanted: genres_original/' in line
        assert '--force' not in line
    other = gtzan_source.rename(tmp_path / 'elsewhere')
    assert f'wanted is {other}' in refusal('gtzan', tmp_path, source=other)
    # What it was prepared from is not looked at again.
    assert data_prep.prepare('gtzan', tmp_path, gtzan_source, report=str) == directory


def test_a_subset_that_was_no_part_is_refused(toy, tmp_path):
    home = tmp_path / 'downloads' / 'toy'
    shutil.copytree(toy.source, home)
    (home / 'one').mkdir()
    made = data_prep.corpus('toy')
    archives = dict.fromkeys(('one', 'two'), Archive('', '', 0, ''))
    object.__setattr__(made.card, 'archives', archives)
    directory = data_prep.prepare('toy', tmp_path, home, jobs=1, report=str)
    (home / 'two').mkdir()  # fetched later, for another label
    assert data_prep.prepare('toy', tmp_path, download=['one'], report=str) == directory
    said = refusal('toy', tmp_path, download=['one', 'two'])
    assert 'with the subsets one, wanted is' in said
    assert 'with the subsets one, two: say' in said
