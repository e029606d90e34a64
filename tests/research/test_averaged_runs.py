"""Which runs are seeds of one row, and which are one run twice."""

from pathlib import Path

import numpy as np
import pytest

from research.comparison import once
from research.errors import UserError
from research.gathering import gather
from tests.research.test_comparison import table


def test_runs_that_differ_in_more_than_the_seed_are_not_averaged(tmp_path: Path, make):
    make(tmp_path, width=64)
    make(tmp_path, seed=1, width=32)
    with pytest.raises(UserError, match=r'differ in model.width \(64, 32\).*put it in --rows'):
        table(tmp_path)
    assert len(table(tmp_path, rows=['name', 'model.width'])[0]) == 2


def test_what_a_stand_in_would_change_does_not_keep_seeds_apart(tmp_path: Path, make):
    make(tmp_path, wrong=(0, 1, 2))
    make(tmp_path, seed=1, wrong=(0,), overrides=('model.width=32',))
    [cell] = table(tmp_path)[0].values()
    assert (cell.mean, cell.seeds) == (pytest.approx(56 / 60), 2)


def test_what_a_stand_in_did_change_keeps_runs_apart(tmp_path: Path, make):
    make(tmp_path, width=64, overrides=('model.width=64',))
    make(tmp_path, seed=1, width=32, overrides=('model.width=32',))
    with pytest.raises(UserError, match=r'differ in model.width \(64, 32\).*put it in --rows'):
        table(tmp_path)


def test_of_runs_by_the_same_settings_and_seed_one_is_taken_and_the_other_told(
    tmp_path: Path, make
):
    first = make(tmp_path, wrong=(0, 1, 2))
    twin = make(tmp_path, wrong=(0,), overrides=('model.width=32',))
    make(tmp_path, seed=1, wrong=())
    cells, notes = table(tmp_path)
    assert [(cell.mean, cell.seeds) for cell in cells.values()] == [(pytest.approx(57 / 60), 2)]
    assert notes == [f'left out: {twin}: trained by the same settings as {first}']


def test_of_such_runs_one_is_taken_that_has_the_score(tmp_path: Path, make):
    older, newer = make(tmp_path), make(tmp_path)
    fields = {'unit': ['a'], 'numerator': [1.0], 'denominator': [2.0], 'group': ['a']}
    arrays = {f'wer/{name}': np.array(values) for name, values in fields.items()}
    np.savez(older / 'predictions' / 'test_units.npz', allow_pickle=False, **arrays)
    cells, notes = table(tmp_path)
    assert [cell.seeds for cell in cells.values()] == [1]
    assert notes == [f'left out: {older}: no item_accuracy, but wer']
    both = gather([str(tmp_path)], tmp_path).finished
    for runs in (both, both[::-1]):
        assert [kept.place for kept in once(runs)[0]] == [newer]
