"""Which runs may stand side by side, and what they come to."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from research import stats
from research.aggregates import interquartile_mean
from research.comparison import tabulate
from research.errors import UserError
from research.gathering import gather
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
    found = gather([str(runs)], runs)
    cells, more = tabulate(found, rows, columns, metric, against)
    return cells, found.notes + more


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
    assert [(cell.seeds, cell.wanted) for cell in cells.values()] == [(1, 2)]
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
    assert [(cell.seeds, cell.wanted) for cell in cells.values()] == [(1, 3)]
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


def by_name(runs: Path, **options: Any) -> dict[str, Any]:
    cells, _ = tabulate(gather([str(runs)], runs), ROWS, COLUMNS, 'item_accuracy', **options)
    return {row[0]: cell for (row, _), cell in cells.items()}


def test_rows_are_tested_against_the_best_and_corrected_for_being_several(tmp_path: Path, make):
    # Ten artists of three items. Of 2^10 exchanges those that keep all groups that differ together
    # are as extreme: 2 of 2^6 where six artists differ, 2 of 2^10 where all do.
    make(tmp_path, 'best', wrong=())
    make(tmp_path, 'middle', wrong=(0, 3, 6, 9, 12, 15))
    make(tmp_path, 'worst', wrong=tuple(range(0, 30, 3)))
    make(tmp_path, 'close', wrong=(0,))
    cells = by_name(tmp_path)
    assert np.isnan(cells['best'].p)
    assert cells['worst'].p == pytest.approx(3 * 2 / 2**10)
    assert cells['middle'].p == pytest.approx(2 * 2 / 2**6)
    assert cells['close'].p == 1


def test_improvement_is_over_pairs_of_seeds_and_the_right_way_round(tmp_path: Path, make):
    for seed, wrong in enumerate([(0,), (0, 1, 2, 3)]):
        make(tmp_path, 'cnn', seed=seed, wrong=wrong)
    make(tmp_path, 'mlp', seed=0, wrong=(0, 1))
    cells = by_name(tmp_path, against='mlp')
    assert cells['cnn'].improvement == 0.5
    assert by_name(tmp_path, against='cnn')['mlp'].improvement == 0.5
    make(tmp_path, 'mlp', seed=1, wrong=(0, 1, 2))
    make(tmp_path, 'mlp', seed=2, wrong=(0, 1, 2, 3, 4))
    assert by_name(tmp_path, against='mlp')['cnn'].improvement == pytest.approx(4 / 6)


def test_the_interquartile_mean_leaves_the_worst_seed_out(tmp_path: Path, make):
    for seed, count in enumerate([30, 3, 6, 0]):
        make(tmp_path, seed=seed, wrong=tuple(range(count)))
    assert by_name(tmp_path)['cnn'].mean == pytest.approx(1 - 39 / 120)
    cell = by_name(tmp_path, aggregate=interquartile_mean)['cnn']
    assert cell.mean == pytest.approx(1 - 9 / 60)
    assert cell.low < cell.mean < cell.high


def test_the_device_is_that_of_the_environment(tmp_path: Path, make):
    for seed, kind in enumerate(['cpu', 'NVIDIA H100', 'cpu']):
        environment = {'fingerprint': 'f1', 'device': {'kind': kind}}
        path = make(tmp_path, seed=seed) / 'environment.json'
        path.write_text(json.dumps(environment))
    [cell] = by_name(tmp_path).values()
    assert cell.device == 'NVIDIA H100, cpu'
    assert cell.groups == 10


def test_a_model_that_chooses_its_size_has_its_mean_over_seeds(tmp_path: Path, make):
    for seed, parameters in enumerate([100, 200, 600]):
        path = make(tmp_path, seed=seed) / 'result.json'
        path.write_text(json.dumps({'seconds': 1.0, 'parameters': parameters}))
    [cell] = by_name(tmp_path).values()
    assert cell.parameters == 300


def test_runs_of_other_tasks_are_left_out_and_named(tmp_path: Path, make):
    other = make(tmp_path, 'speech', corpus='spoken_phrases', fingerprint='f2')
    fields = {'unit': ['a'], 'numerator': [1.0], 'denominator': [2.0], 'group': ['a']}
    arrays = {f'wer/{name}': np.array(values) for name, values in fields.items()}
    np.savez(other / 'predictions' / 'test_units.npz', allow_pickle=False, **arrays)
    make(tmp_path, 'cnn')
    cells, notes = table(tmp_path)
    assert [row for row, _ in cells] == [('cnn',)]
    assert notes == [f'left out: {other}: no item_accuracy, but wer']
