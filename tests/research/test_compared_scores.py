"""Scores of all kinds, compared: ratios, rankings, what is not defined, differences."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from research.comparison import tabulate
from research.errors import UserError
from research.gathering import gather

ITEMS = [f'item {i}' for i in range(30)]


def table(runs: Path, metric: str = 'item_accuracy', against: Any = None):
    return tabulate(gather([str(runs)], runs), ['name'], ['corpus', 'protocol'], metric, against)


def add_units(run: Path, edits: list[float], words: list[float], score: str = 'wer') -> None:
    """Gives a run the units of a score, one an item, two items a speaker."""
    names = np.array([f'item {i}' for i in range(len(edits))])
    fields = {
        'unit': names,
        'numerator': np.array(edits, float),
        'denominator': np.array(words, float),
        'group': np.arange(len(edits)) // 2,
    }
    np.savez(
        run / 'predictions' / 'test_units.npz', **{f'{score}/{k}': x for k, x in fields.items()}
    )


def test_a_ratio_is_averaged_over_seeds_and_counted_by_its_denominator(tmp_path: Path, make):
    add_units(make(tmp_path, seed=0), [1, 2, 3, 0], [10, 10, 10, 20])
    add_units(make(tmp_path, seed=1), [5, 0, 0, 0], [10, 10, 10, 20])
    [cell] = table(tmp_path, 'wer')[0].values()
    assert (cell.mean, cell.n, cell.seeds) == (pytest.approx((6 + 5) / 100), 50, 2)
    assert cell.low < cell.mean < cell.high


def add_ranked(run: Path, probability: list[float]) -> None:
    """Gives a detector's run the units of its average precision: every third item has a call."""
    fields = {
        'unit': np.array(ITEMS[: len(probability)]),
        'target': np.arange(len(probability)) % 3 == 0,
        'probability': np.array(probability),
        'group': np.array(ITEMS[: len(probability)]),
    }
    flat = {f'average_precision/{name}': values for name, values in fields.items()}
    np.savez(run / 'predictions' / 'test_units.npz', **flat)


def test_average_precision_is_ranked_anew_for_each_seed_and_compared(tmp_path: Path, make):
    rng = np.random.default_rng(0)
    calls = np.arange(30) % 3 == 0
    expected = {}
    for name, gain in (('cnn', 0.6), ('mlp', 0.1)):
        drawn = [(rng.random(30) + gain * calls).tolist() for _ in range(2)]
        for seed, probability in enumerate(drawn):
            add_ranked(make(tmp_path, name, seed=seed), probability)
        expected[name] = np.mean([average_precision_score(calls, each) for each in drawn])
    cells, _ = table(tmp_path, 'average_precision', against='mlp')
    cells = {row[0]: cell for (row, _), cell in cells.items()}
    for name, cell in cells.items():
        assert (cell.mean, cell.n, cell.seeds) == (pytest.approx(expected[name]), 30, 2)
        assert 0 <= cell.low < cell.mean < cell.high <= 1
    assert cells['cnn'].difference == pytest.approx(expected['cnn'] - expected['mlp'])
    assert 0 < cells['cnn'].difference_low < cells['cnn'].difference


def test_a_detector_without_units_of_its_ranking_is_ranked_by_its_predictions(tmp_path, make):
    run = make(tmp_path)
    add_units(run, [1, 0, 1], [1, 1, 1], 'f1')
    item, target = np.repeat(ITEMS[:10], 2), np.repeat(np.arange(10) % 3 == 0, 2)
    probability = np.random.default_rng(1).random(20).astype(np.float32)
    columns = {
        'item': item,
        'group': item,
        'target': target.astype(int),
        'probability': probability,
    }
    np.savez(run / 'predictions' / 'test.npz', allow_pickle=False, **columns)
    [cell] = table(tmp_path, 'average_precision')[0].values()
    highest = probability.reshape(10, 2).max(axis=1)
    assert cell.mean == pytest.approx(average_precision_score(target[::2], highest))
    assert cell.n == 10


def test_probabilities_of_folds_stand_in_one_ranking(tmp_path: Path, make):
    for fold in range(2):
        part = ITEMS[fold * 15 : fold * 15 + 15]
        run = make(tmp_path, fold=fold, items=part, valid=ITEMS[:5])
        fields = {
            'unit': np.array(part),
            'target': np.arange(15) < 5,
            'probability': np.arange(15.0, 0, -1) / 15 if fold else np.arange(15.0) / 15,
            'group': np.array(part),
        }
        flat = {f'average_precision/{name}': values for name, values in fields.items()}
        np.savez(run / 'predictions' / 'test_units.npz', **flat)
    [cell] = table(tmp_path, 'average_precision')[0].values()
    target = np.tile(np.arange(15) < 5, 2)
    scores = np.concatenate([np.arange(15.0), np.arange(15.0, 0, -1)])
    assert cell.mean == pytest.approx(average_precision_score(target, scores))


def test_what_is_not_defined_has_neither_interval_nor_difference(tmp_path: Path, make):
    add_units(make(tmp_path, 'silent'), [0, 0, 0], [0, 0, 0], 'precision')
    add_units(make(tmp_path, 'loud'), [1, 0, 1], [1, 1, 1], 'precision')
    cells, _ = table(tmp_path, 'precision', against='loud')
    cells = {row[0]: cell for (row, _), cell in cells.items()}
    silent = cells['silent']
    assert np.isnan([silent.mean, silent.low, silent.high, silent.difference]).all()
    assert cells['loud'].mean == pytest.approx(2 / 3)


def test_an_error_that_is_no_share_has_no_wilson_interval(tmp_path: Path, make):
    add_units(make(tmp_path), [0, 0, 0], [1, 1, 1], 'count_error')
    [cell] = table(tmp_path, 'count_error')[0].values()
    assert cell.mean == 0
    assert np.isnan([cell.low, cell.high]).all()


def test_a_run_without_the_score_is_told_what_it_has(tmp_path: Path, make):
    add_units(make(tmp_path), [1.0], [2.0])
    with pytest.raises(UserError, match='did you mean') as told:
        table(tmp_path, 'cer')
    assert "'wer'" in str(told.value)
    make(tmp_path / 'other')
    with pytest.raises(UserError, match='item_accuracy, slice_accuracy'):
        table(tmp_path / 'other', 'wer')


def test_a_row_is_compared_with_another_on_the_same_items(tmp_path: Path, make):
    make(tmp_path, 'cnn', wrong=(0, 1, 2))
    make(tmp_path, 'mlp', wrong=tuple(range(12)))
    cells, _ = table(tmp_path, against='mlp')
    by_name = {row[0]: cell for (row, _), cell in cells.items()}
    assert by_name['cnn'].difference == pytest.approx(9 / 30)
    assert 0 <= by_name['cnn'].difference_low < 9 / 30 < by_name['cnn'].difference_high
    assert np.isnan(by_name['mlp'].difference)
    with pytest.raises(UserError, match="did you mean 'mlp'"):
        table(tmp_path, against='mpl')
