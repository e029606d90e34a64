"""The command: flags, formats, mistakes, what it writes."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from research import ledger, stats, tables
from research.runs import Run

ITEMS = [f'item {i}' for i in range(30)]


def call(*arguments: str, stdout: Any = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """The command, in a process that must not load jax."""
    code = (
        "import sys, runpy; sys.modules['jax'] = None; sys.argv[0] = 'tables';"
        "runpy.run_module('research.tables', run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, '-c', code, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {'PYTHONPATH': os.getcwd()},
    )


def built(runs: Path, *arguments: str) -> str:
    return tables.build([*arguments, f'--runs_dir={runs}'])[0]


def test_command_finds_experiments_by_name_and_prints_the_table(tmp_path: Path, make):
    make(tmp_path, 'cnn')
    make(tmp_path, 'lstm')
    done = call('cnn', f'--runs_dir={tmp_path}', '--format=csv')
    assert done.returncode == 0, done.stderr
    assert [line.split(',')[0] for line in done.stdout.splitlines()] == ['name', 'cnn']
    done = call(f'--runs_dir={tmp_path}')
    assert done.stdout.count('\n| ') == 3


def test_a_grids_table_says_how_many_of_its_seeds_are_finished(tmp_path: Path, make):
    done = [make(tmp_path, 'cnn', seed=seed) for seed in (0, 1)]
    begun = make(tmp_path, 'mlp')
    (begun / 'result.json').unlink()
    absent = [tmp_path / 'cnn' / f'absent-s{seed}' for seed in (2, 3, 4)]
    entries = [
        *(ledger.Entry('wide', (f'seed={i}',), Run(path)) for i, path in enumerate(done + absent)),
        ledger.Entry('narrow', ('seed=0',), Run(begun)),
        ledger.Entry('narrow', ('seed=1',), Run(tmp_path / 'mlp' / 'absent-s1')),
        ledger.Entry('unknown', ('seed=0',), Run(tmp_path / 'lstm' / 'absent-s0')),
    ]
    ledger.write(tmp_path, 'grid', entries)
    text, notes = tables.build(['grid', f'--runs_dir={tmp_path}'])
    lines = {line.split(' | ')[0]: line.split(' | ') for line in text.splitlines()}
    assert lines['| wide'][2] == '2 of 5'
    # A run that has not begun has no corpus: its settings are those of its other seeds.
    assert lines['| narrow'][1:3] == ['missing', '0 of 2']
    assert 'not begun: 5 of the 8 runs of the grid' in notes
    by_name = built(tmp_path, 'grid', '--rows=name')
    assert '| cnn | **90.0%**' in by_name
    assert '| 2 of 5 |' in by_name
    # A packed grid knows what it lacks, but not the settings of what has only begun.
    assert call('grid', f'--runs_dir={tmp_path}', f'--pack={tmp_path}/kept').returncode == 0
    kept = built(tmp_path / 'kept', 'grid').splitlines()
    assert [line for line in kept if 'wide' in line] == [
        line for line in text.splitlines() if 'wide' in line
    ]


def test_packed_runs_give_the_table_of_their_directories(tmp_path: Path, make):
    runs, kept = tmp_path / 'runs', tmp_path / 'kept'
    for seed, wrong in enumerate([(0, 1, 2), (3, 4), (5, 6, 7, 8)]):
        make(runs, 'cnn', seed=seed, wrong=wrong)
        make(runs, 'mlp', seed=seed, wrong=tuple(range(seed, 20)))
    for metric in ('item_accuracy', 'slice_accuracy'):
        arguments = [f'--metric={metric}', '--against=mlp', '--format=csv']
        assert call(f'--runs_dir={runs}', f'--pack={kept}').returncode == 0
        assert built(kept, *arguments) == built(runs, *arguments)
        assert built(kept, 'cnn') == built(runs, 'cnn')


def test_check_finds_what_differs_and_exits_with_one(tmp_path: Path, make):
    make(tmp_path / 'runs', 'cnn')
    command = f'<!-- python -m research.tables cnn --runs_dir={tmp_path}/runs -->'
    document = tmp_path / 'page.md'
    document.write_text(f'# Title\n\n{command}\n\n{built(tmp_path / "runs", "cnn")}\n\nMore.\n')
    done = call(f'--check={document}')
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout == f'{document}: 1 of 1 tables are as the runs give them\n'
    document.write_text(document.read_text().replace('90.0%', '91.0%'))
    done = call(f'--check={document}')
    assert done.returncode == 1
    assert done.stderr.startswith(f'{document}:7: the runs give\n  | cnn | **90.0%**')
    assert '\n  | cnn | **91.0%**' in done.stderr


@pytest.mark.parametrize(
    ('arguments', 'told'),
    [
        (['lsmt'], "did you mean 'lstm'"),
        (['--metric=acc'], 'item_accuracy'),
        (['--colums=name'], 'columns'),
        (['--rows=seeed'], "did you mean 'seed'"),
        (['--check=absent.md'], 'absent.md cannot be read'),
        (['--check=/dev/null'], 'has no table to check'),
        (['--out=/proc/table.md'], '/proc/table.md cannot be written'),
        (['--pack=/proc/kept'], '/proc/kept'),
    ],
)
def test_mistake_is_told_in_one_line(arguments: list[str], told: str, tmp_path: Path, make):
    make(tmp_path, 'lstm')
    done = call(*arguments, f'--runs_dir={tmp_path}')
    assert done.returncode == 2
    assert done.stdout == ''
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nothing_finished_is_said(tmp_path: Path, make):
    done = call(str(tmp_path))
    assert (done.returncode, done.stderr) == (2, f'error: no finished run to show in {tmp_path}\n')
    (make(tmp_path) / 'result.json').unlink()
    done = call(str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == f'error: no finished run to show in {tmp_path} (1 are unfinished)\n'


def test_a_full_disk_is_told_in_one_line(tmp_path: Path, make):
    make(tmp_path)
    with open('/dev/full', 'w') as full:
        done = call(str(tmp_path), stdout=full)
    assert done.returncode == 2
    assert done.stderr == 'error: the system refused: No space left on device\n'


def test_csv_has_a_line_a_cell(tmp_path: Path, make):
    make(tmp_path, 'cnn, wide', wrong=(0,))
    [line] = csv.DictReader(io.StringIO(built(tmp_path, '--format=csv')))
    assert (line['name'], line['corpus'], line['n']) == ('cnn, wide', 'gtzan', '30')
    assert float(line['mean']) == 29 / 30


def test_a_run_of_an_earlier_version_has_gaps_or_is_left_out(tmp_path: Path, make):
    old, older = make(tmp_path, 'cnn'), make(tmp_path, 'mlp')
    (old / 'result.json').write_text('{"status": "finished"}')
    experiment = json.loads((older / 'experiment.json').read_text())
    del experiment['data']['fold'], experiment['seed']
    (older / 'experiment.json').write_text(json.dumps(experiment))
    text, notes = tables.build([str(tmp_path)])
    assert '| 1 | - | - |' in text.splitlines()[2]
    assert notes == [f'left out: {older}: it has no seed, data.fold: train it anew']


@pytest.mark.parametrize('damage', ['[]', '', '{"name": '])
def test_a_damaged_file_is_named(tmp_path: Path, make, damage: str):
    run = make(tmp_path)
    (run / 'result.json').write_text(damage)
    done = call(str(tmp_path))
    assert done.returncode == 2
    assert f'{run}/result.json' in done.stderr
    assert done.stderr.endswith(': train the run anew\n')


@pytest.mark.parametrize(
    ('other', 'told'),
    [({'corpus': 'styles'}, 'data.corpus'), ({'fingerprint': 'f2'}, 'fingerprint')],
)
def test_mixed_corpora_are_refused_in_one_line(tmp_path: Path, make, other, told: str):
    make(tmp_path, 'cnn')
    make(tmp_path, 'mlp', **other)
    done = call(f'--runs_dir={tmp_path}', '--columns=protocol')
    assert (done.returncode, done.stdout) == (2, '')
    assert f'differ in {told} (' in done.stderr
    assert done.stderr.count('\n') == 1


def test_one_seed_is_said_to_have_an_interval_over_items_alone(tmp_path: Path, make):
    make(tmp_path)
    said = 'by bootstrap over groups alone: of one seed, how seeds vary is not in them.'
    assert said in ' '.join(built(tmp_path).split())
    make(tmp_path, seed=1)
    assert 'of one seed' not in ' '.join(built(tmp_path).split())


def test_of_a_single_group_the_interval_is_said_to_be_wilsons(tmp_path: Path, make):
    for seed in range(2):
        make(tmp_path, seed=seed, items=ITEMS[:3], wrong=(seed,))
    table, _, notes = built(tmp_path).partition('\n\n')
    low, high = stats.wilson(2 / 3, 1)
    assert f'**66.7%** [{low:.1%}, {high:.1%}]' in table
    assert "Of a single group the interval is Wilson's, with one trial." in ' '.join(notes.split())
    make(tmp_path / 'more', items=ITEMS[:6], wrong=(0,))
    assert 'Wilson' not in built(tmp_path / 'more')


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
