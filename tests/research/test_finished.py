from pathlib import Path

import pytest

from research import compare, report, tables
from research.errors import UserError
from research.finished import root


@pytest.mark.parametrize(
    ('flag', 'name'), [('experiment', 'genre_mlp'), ('grid', 'genre_architectures')]
)
def test_a_name_without_runs_is_told_with_what_trains_it(flag, name, tmp_path):
    with pytest.raises(UserError) as told:
        root(name, tmp_path)
    assert str(told.value) == (
        f"there are no runs of the {flag} '{name}' in {tmp_path}/ yet: "
        f'python launch.py --{flag}={name} --runs_dir={tmp_path}'
    )
    with pytest.raises(UserError, match=rf'yet: python launch\.py --{flag}={name}$'):
        root(name, Path('runs'))


def test_a_folder_with_a_space_is_quoted_in_what_trains_a_name(tmp_path):
    with pytest.raises(UserError) as told:
        root('genre_mlp', tmp_path / 'my runs')
    assert str(told.value).endswith(f" --runs_dir='{tmp_path}/my runs'")


@pytest.mark.parametrize(
    ('file', 'place'),
    [
        ('styles/genre_mlp/corpus-s0.run.json', 'genre_mlp'),
        ('a/styles/genre_mlp/corpus-s0/experiment.json', 'genre_mlp'),
        ('genre_mlp/corpus-s0/experiment.json', 'corpus-s0'),
    ],
)
def test_runs_of_the_name_that_lie_further_down_are_told(file, place, tmp_path):
    lies = tmp_path / file
    lies.parent.mkdir(parents=True)
    lies.write_text('{}')
    with pytest.raises(UserError) as told:
        root(place, tmp_path)
    found = next(folder for folder in lies.parents if folder.name == place)
    assert str(told.value) == (
        f"there is no '{place}' in {tmp_path}/ itself, but {found} holds runs: give that"
    )


@pytest.mark.parametrize('file', ['.old/genre_mlp/s0.run.json', 'cnn/genre_mlp/plot.png'])
def test_replaced_runs_and_other_folders_are_no_runs_of_the_name(file, tmp_path):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text('{}')
    with pytest.raises(UserError, match='there are no runs of the experiment'):
        root('genre_mlp', tmp_path)


def test_a_name_that_nobody_knows_is_unknown(tmp_path):
    with pytest.raises(UserError, match="unknown run, folder, experiment or grid 'genre_mpl'"):
        root('genre_mpl', tmp_path)


@pytest.mark.parametrize('main', [tables.main, report.main, compare.main])
def test_every_reader_of_runs_says_so_and_exits_with_2(main, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['', 'genre_mlp', 'genre_lstm']) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        '',
        "error: there are no runs of the experiment 'genre_mlp' in runs/ yet: "
        'python launch.py --experiment=genre_mlp\n',
    )
