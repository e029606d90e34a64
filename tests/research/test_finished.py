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
