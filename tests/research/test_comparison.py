"""Which runs may stand side by side, and what they come to."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from research import finished, stats
from research.comparison import tabulate
from research.errors import UserError
from research.measures import Ratio

ROWS, COLUMNS = ['name'], ['corpus', 'protocol']
ITEMS = [f'item {i}' for i in range(30)]


def table(
    runs: Path,
    metric: str = 'item_accuracy',
    rows: Any = ROWS,
    columns: Any = COLUMNS,
    against: Any = None,
):
    found, notes = finished.read(*finished.find([str(runs)], runs))
    cells, more = tabulate(found, rows, columns, metric, against)
    return cells, notes + more


def test_seeds_are_averaged_with_the_interval_over_seeds_and_groups(tmp_path: Path, make):
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
    ratio = Ratio(correct[:, order].astype(float), np.ones((2, 30)), groups[order])
    assert (cell.low, cell.high) == stats.interval(ratio, share=True)
    assert (cell.n, cell.seeds, cell.parameters, cell.seconds) == (30, 2, 1234, 10.5)
    assert notes == []


def test_slices_are_scored_one_by_one(tmp_path: Path, make):
    make(tmp_path, wrong=(0, 1, 2))
    [cell] = table(tmp_path, 'slice_accuracy')[0].values()
    assert (cell.mean, cell.n) == (57 / 60, 60)


def test_folds_are_pooled_so_that_every_item_is_tested_once(tmp_path: Path, make):
    for fold in range(3):
        part = ITEMS[fold * 10 : fold * 10 + 10]
        make(tmp_path, fold=fold, items=part, wrong=(0,) * (fold > 0), valid=ITEMS[:5])
    [cell] = table(tmp_path)[0].values()
    assert (cell.mean, cell.n, cell.seeds, cell.seconds) == (pytest.approx(28 / 30), 30, 1, 30.0)


def test_folds_that_leave_items_untested_are_not_pooled(tmp_path: Path, make):
    for fold in range(2):
        make(tmp_path, fold=fold, items=ITEMS[fold * 10 : fold * 10 + 10], valid=ITEMS[20:])
    with pytest.raises(UserError, match=r'leave 10 items untested .* put fold in --columns'):
        table(tmp_path)
    assert len(table(tmp_path, columns=['corpus', 'fold'])[0]) == 2


def test_folds_that_test_the_same_items_are_not_pooled(tmp_path: Path, make):
    make(tmp_path, fold=0)
    make(tmp_path, fold=1)
    with pytest.raises(UserError, match='test the same slices'):
        table(tmp_path)


def test_seed_that_lacks_a_fold_is_left_out_and_named(tmp_path: Path, make):
    for seed, fold in ((0, 0), (0, 1), (1, 0)):
        make(tmp_path, seed=seed, fold=fold, items=ITEMS[fold * 15 : fold * 15 + 15], valid=[])
    cells, notes = table(tmp_path)
    assert [cell.seeds for cell in cells.values()] == [1]
    assert notes == ['left out: cnn, seed 1: folds [0] of [0, 1]']


def test_corpora_have_columns_of_their_own(tmp_path: Path, make):
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
    other: dict[str, Any], named: str, tmp_path: Path, make
):
    make(tmp_path, 'cnn')
    make(tmp_path, 'lstm', **other)
    with pytest.raises(UserError, match=f'differ in {named} .*put it in --columns'):
        table(tmp_path, columns=['seed'])


def test_runs_that_differ_in_more_than_the_seed_are_not_averaged(tmp_path: Path, make):
    make(tmp_path, width=64)
    make(tmp_path, seed=1, width=32)
    with pytest.raises(UserError, match=r'differ in model.width \(64, 32\).*put it in --rows'):
        table(tmp_path)
    assert len(table(tmp_path, rows=['name', 'model.width'])[0]) == 2


def test_rows_tested_on_other_items_are_refused(tmp_path: Path, make):
    make(tmp_path, 'cnn')
    make(tmp_path, 'lstm', items=ITEMS[:20])
    with pytest.raises(UserError, match='tested on other items'):
        table(tmp_path)


def test_unfinished_runs_are_listed_and_left_out(tmp_path: Path, make):
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


def test_unknown_setting_lists_the_nearest(tmp_path: Path, make):
    make(tmp_path)
    with pytest.raises(UserError, match=r"did you mean 'model\.width'"):
        table(tmp_path, rows=['model.widht'])


def test_pickled_predictions_are_refused(tmp_path: Path, make):
    path = make(tmp_path) / 'predictions' / 'test.npz'
    arrays = dict(np.load(path))
    arrays['item'] = arrays['item'].astype(object)
    np.savez(path, **arrays)
    with pytest.raises(UserError, match=r'test\.npz cannot be read'):
        table(tmp_path)


@pytest.mark.parametrize('cut', [0, 10, 700])
def test_predictions_cut_short_are_refused(cut: int, tmp_path: Path, make):
    path = make(tmp_path) / 'predictions' / 'test.npz'
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UserError, match=r'test\.npz cannot be read'):
        table(tmp_path)
