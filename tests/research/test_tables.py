import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from research import finished, stats
from research.comparison import tabulate
from research.errors import UserError
from research.tables import comma_separated, markdown

ROWS, COLUMNS = ['name'], ['corpus', 'protocol']
ITEMS = [f'item {i}' for i in range(30)]


def make(
    runs: Path,
    name: str = 'cnn',
    seed: int = 0,
    fold: int = 0,
    wrong: tuple[int, ...] = (0, 1, 2),
    items: list[str] = ITEMS,
    valid: list[str] | None = None,
    fingerprint: str = 'f1',
    width: int = 64,
    **data: Any,
) -> Path:
    """A finished run of two classes and two slices an item; `wrong`: items predicted wrongly."""
    directory = runs / name / f'{len(list(runs.glob("*/*")))}-s{seed}'
    (directory / 'predictions').mkdir(parents=True)
    data = {'corpus': 'gtzan', 'protocol': 'artist_folds', 'fold': fold} | data
    experiment = {'name': name, 'data': data, 'model': {'width': width}, 'seed': seed}
    (directory / 'experiment.json').write_text(json.dumps(experiment))
    (directory / 'environment.json').write_text(json.dumps({'fingerprint': fingerprint}))
    for part, names in (('test', items), ('valid', ['item 0'] if valid is None else valid)):
        target = np.arange(len(names)) % 2
        shown = target ^ np.isin(np.arange(len(names)), wrong)
        probabilities = np.eye(2, dtype=np.float32)[shown]
        # The second slice alone is always right, but less sure than the first.
        second = np.where(np.eye(2, dtype=bool)[target], 0.6, 0.4).astype(np.float32)
        np.savez(
            directory / 'predictions' / f'{part}.npz',
            item=np.array(names * 2),
            slice=np.repeat([0, 1], len(names)),
            group=np.array([f'artist {i // 3}' for i in range(len(names))] * 2),
            target=np.tile(target, 2),
            probabilities=np.concatenate([probabilities, second]),
            classes=np.array(['a', 'b']),
        )
    result = {'status': 'finished', 'seconds': 10.0 + seed, 'parameters': 1234}
    (directory / 'result.json').write_text(json.dumps(result))
    return directory


def table(runs: Path, metric: str = 'item_accuracy', rows: Any = ROWS, columns: Any = COLUMNS):
    found, notes = finished.read(finished.find([str(runs)], runs))
    cells, more = tabulate(found, rows, columns, metric)
    return cells, notes + more


def test_seeds_are_averaged_with_the_interval_over_seeds_and_groups(tmp_path: Path):
    make(tmp_path, seed=0, wrong=(0, 1, 2))
    make(tmp_path, seed=1, wrong=(3, 7, 11, 15, 19, 23))
    cells, notes = table(tmp_path)
    [cell] = cells.values()
    correct = np.ones((2, 30), bool)
    correct[0, [0, 1, 2]] = False
    correct[1, [3, 7, 11, 15, 19, 23]] = False
    # Items are sorted as text, so the reference goes by name.
    order = np.argsort(ITEMS)
    groups = np.array([f'artist {i // 3}' for i in range(30)])
    assert cell.mean == pytest.approx(51 / 60)
    assert (cell.low, cell.high) == stats.seeds_and_items(correct[:, order], groups[order])
    assert (cell.n, cell.seeds, cell.parameters, cell.seconds) == (30, 2, 1234, 10.5)
    assert notes == []


def test_slices_are_scored_one_by_one(tmp_path: Path):
    make(tmp_path, wrong=(0, 1, 2))
    [cell] = table(tmp_path, 'slice_accuracy')[0].values()
    assert (cell.mean, cell.n) == (57 / 60, 60)


def test_folds_are_pooled_so_that_every_item_is_tested_once(tmp_path: Path):
    for fold in range(3):
        part = ITEMS[fold * 10 : fold * 10 + 10]
        make(tmp_path, fold=fold, items=part, wrong=(0,) * (fold > 0), valid=ITEMS[:5])
    [cell] = table(tmp_path)[0].values()
    assert (cell.mean, cell.n, cell.seeds, cell.seconds) == (pytest.approx(28 / 30), 30, 1, 30.0)


def test_folds_that_leave_items_untested_are_not_pooled(tmp_path: Path):
    for fold in range(2):
        make(tmp_path, fold=fold, items=ITEMS[fold * 10 : fold * 10 + 10], valid=ITEMS[20:])
    with pytest.raises(UserError, match=r'leave 10 items untested .* put fold in --columns'):
        table(tmp_path)
    assert len(table(tmp_path, columns=['corpus', 'fold'])[0]) == 2


def test_folds_that_test_the_same_items_are_not_pooled(tmp_path: Path):
    make(tmp_path, fold=0)
    make(tmp_path, fold=1)
    with pytest.raises(UserError, match='test the same slices'):
        table(tmp_path)


def test_seed_that_lacks_a_fold_is_left_out_and_named(tmp_path: Path):
    for seed, fold in ((0, 0), (0, 1), (1, 0)):
        make(tmp_path, seed=seed, fold=fold, items=ITEMS[fold * 15 : fold * 15 + 15], valid=[])
    cells, notes = table(tmp_path)
    assert [cell.seeds for cell in cells.values()] == [1]
    assert notes == ['left out: cnn, seed 1: folds [0] of [0, 1]']


def test_corpora_have_columns_of_their_own(tmp_path: Path):
    make(tmp_path)
    make(tmp_path, corpus='corpus_styles', fingerprint='f2')
    cells, _ = table(tmp_path)
    assert {column for _, column in cells} == {
        ('gtzan', 'artist_folds'),
        ('corpus_styles', 'artist_folds'),
    }


@pytest.mark.parametrize(
    ('other', 'named'),
    [
        ({'fingerprint': 'f2'}, 'fingerprint'),
        ({'corpus': 'corpus_styles'}, 'data.corpus'),
        ({'protocol': 'leaky_slices'}, 'data.protocol'),
    ],
)
def test_what_must_not_share_a_column_is_refused_with_the_reason(
    other: dict[str, Any], named: str, tmp_path: Path
):
    make(tmp_path, 'cnn')
    make(tmp_path, 'lstm', **other)
    with pytest.raises(UserError, match=f'differ in {named} .*put it in --columns'):
        table(tmp_path, columns=['seed'])


def test_runs_that_differ_in_more_than_the_seed_are_not_averaged(tmp_path: Path):
    make(tmp_path, width=64)
    make(tmp_path, seed=1, width=32)
    with pytest.raises(UserError, match=r'differ in model.width \(64, 32\).*put it in --rows'):
        table(tmp_path)
    assert len(table(tmp_path, rows=['name', 'model.width'])[0]) == 2


def test_rows_tested_on_other_items_are_refused(tmp_path: Path):
    make(tmp_path, 'cnn')
    make(tmp_path, 'lstm', items=ITEMS[:20])
    with pytest.raises(UserError, match='tested on other items'):
        table(tmp_path)


def test_unfinished_runs_are_listed_and_left_out(tmp_path: Path):
    make(tmp_path)
    started, failed = make(tmp_path, seed=1), make(tmp_path, seed=2)
    (started / 'result.json').unlink()
    (failed / 'result.json').unlink()
    (failed / 'failure.json').write_text('{}')
    cells, notes = table(tmp_path)
    assert [cell.seeds for cell in cells.values()] == [1]
    assert notes == [
        f'left out: {started}: unfinished (started)',
        f'left out: {failed}: unfinished (failed)',
    ]


def test_unknown_setting_lists_the_nearest(tmp_path: Path):
    make(tmp_path)
    with pytest.raises(UserError, match=r"did you mean 'model\.width'"):
        table(tmp_path, rows=['model.widht'])


def test_pickled_predictions_are_refused(tmp_path: Path):
    path = make(tmp_path) / 'predictions' / 'test.npz'
    arrays = dict(np.load(path))
    arrays['item'] = arrays['item'].astype(object)
    np.savez(path, **arrays)
    with pytest.raises(UserError, match=r'test\.npz cannot be read'):
        table(tmp_path)


@pytest.mark.parametrize('cut', [0, 10, 700])
def test_predictions_cut_short_are_refused(cut: int, tmp_path: Path):
    path = make(tmp_path) / 'predictions' / 'test.npz'
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UserError, match=r'test\.npz cannot be read'):
        table(tmp_path)


def test_best_of_each_column_is_bold_and_ties_with_it(tmp_path: Path):
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


def test_csv_has_a_line_a_cell(tmp_path: Path):
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


def test_command_finds_experiments_by_name_and_prints_the_table(tmp_path: Path):
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
        (['--metric=loss'], 'item_accuracy'),
        (['--colums=name'], 'columns'),
        (['--rows=seeed'], "did you mean 'seed'"),
    ],
)
def test_mistake_is_told_in_one_line(arguments: list[str], told: str, tmp_path: Path):
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
