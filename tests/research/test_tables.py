import csv
import io
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from research import finished, stats
from research.comparison import Cell, tabulate
from research.tables import comma_separated, markdown

ROWS, COLUMNS = ['name'], ['corpus', 'protocol']


def table(runs: Path, metric: str = 'item_accuracy', rows: Any = ROWS, columns: Any = COLUMNS):
    found, notes = finished.read(*finished.find([str(runs)], runs))
    cells, more = tabulate(found, rows, columns, metric)
    return cells, notes + more


def test_best_of_each_column_is_bold_and_ties_with_it(tmp_path: Path, make):
    make(tmp_path, 'cnn', wrong=())
    make(tmp_path, 'ls|tm', wrong=())
    make(tmp_path, 'mlp', wrong=tuple(range(28)))
    cells, _ = table(tmp_path)
    lines = markdown(cells, ROWS, 'item_accuracy').splitlines()
    assert lines[0] == (
        '| name | item_accuracy: gtzan, artist_folds | items | seeds | parameters | seconds |'
    )
    assert lines[1] == '| --- | ---: | ---: | ---: | ---: | ---: |'
    low, high = stats.wilson(10, 10)
    assert lines[2] == f'| cnn | **100.0%** [{low:.1%}, {high:.1%}] | 30 | 1 | 1,234 | 10 |'
    assert lines[3].startswith(r'| ls\|tm | **100.0%**')
    assert lines[4].startswith('| mlp | 6.7% [')


def test_the_lowest_error_is_bold_and_differences_carry_their_sign():
    cells = {
        (('a',), ('c',)): Cell(0.25, 0.2, 0.3, 90, 3, 5, 1.0),
        (('b',), ('c',)): Cell(0.5, 0.4, 0.6, 90, 3, 5, 1.0, 0.25, 0.2, 0.3),
    }
    lines = markdown(cells, ['name'], 'wer', 'a').splitlines()
    assert lines[0] == '| name | wer: c | words | seeds | parameters | seconds | less a |'
    assert lines[2] == '| a | **25.0%** [20.0%, 30.0%] | 90 | 3 | 5 | 1 |  |'
    assert lines[3] == '| b | 50.0% [40.0%, 60.0%] | 90 | 3 | 5 | 1 | +25.0% [+20.0%, +30.0%] |'
    assert markdown(cells, ['name'], 'nll').splitlines()[2].startswith('| a | **0.250** [0.200, ')


def test_what_is_not_defined_is_said_and_never_the_best():
    cells = {
        (('silent',), ('c',)): Cell(math.nan, math.nan, math.nan, 0, 1, 5, 1.0),
        (('loud',), ('c',)): Cell(0.5, 0.4, 0.6, 9, 1, 5, 1.0),
        (('silent',), ('d',)): Cell(math.nan, math.nan, math.nan, 0, 1, 5, 1.0),
    }
    silent, loud = markdown(cells, ['name'], 'precision').splitlines()[2:]
    assert silent == '| silent | undefined | 0 | 1 | 5 | 1 | undefined | 0 | 1 | 5 | 1 |'
    assert loud == '| loud | **50.0%** [40.0%, 60.0%] | 9 | 1 | 5 | 1 |  |  |  |  |  |'


def test_csv_has_a_line_a_cell(tmp_path: Path, make):
    make(tmp_path, 'cnn, wide', wrong=())
    [line] = csv.DictReader(io.StringIO(comma_separated(table(tmp_path)[0], ROWS, COLUMNS)))
    assert (line['name'], line['corpus'], line['mean'], line['n']) == (
        'cnn, wide',
        'gtzan',
        '1.0',
        '30',
    )


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, in a process that must not load jax."""
    code = (
        "import sys, runpy; sys.modules['jax'] = None; sys.argv[0] = 'tables';"
        "runpy.run_module('research.tables', run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, '-c', code, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {'PYTHONPATH': os.getcwd()},
    )


def test_command_finds_experiments_by_name_and_prints_the_table(tmp_path: Path, make):
    make(tmp_path, 'cnn')
    make(tmp_path, 'lstm')
    done = call('cnn', f'--runs_dir={tmp_path}', '--format=csv')
    assert done.returncode == 0, done.stderr
    assert [line.split(',')[0] for line in done.stdout.splitlines()] == ['name', 'cnn']
    done = call(f'--runs_dir={tmp_path}')
    assert done.stdout.count('\n') == 4


@pytest.mark.parametrize(
    ('arguments', 'told'),
    [
        (['lsmt'], "did you mean 'lstm'"),
        (['--metric=acc'], 'item_accuracy'),
        (['--colums=name'], 'columns'),
        (['--rows=seeed'], "did you mean 'seed'"),
    ],
)
def test_mistake_is_told_in_one_line(arguments: list[str], told: str, tmp_path: Path, make):
    make(tmp_path, 'lstm')
    done = call(*arguments, f'--runs_dir={tmp_path}')
    assert done.returncode == 2
    assert done.stdout == ''
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_shows_the_command_and_its_flags():
    done = call('--help')
    assert done.returncode == 0, done.stderr
    assert 'python -m research.tables' in done.stdout
    assert '--columns' in done.stdout
    metric, _, where = done.stdout.partition('--metric: <')[2].partition('>: ')
    offered = metric.split('|')
    assert {'average_precision', 'item_accuracy', 'wer', 'nll'} <= {*offered}
    for name in ('loss', 'rmse', 'r2', 'ece', 'ece_scaled'):
        assert name not in offered
        assert name in ' '.join(where.split())
    assert 'result.json' in where
