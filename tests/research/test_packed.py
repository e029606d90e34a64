"""Runs kept as small files."""

import json
from pathlib import Path

import numpy as np
import pytest

from research import packed
from research.errors import UserError
from research.finished import pooled
from research.gathering import gather


def kept(runs: Path, folder: Path):
    """The runs of a folder, and the same after they were packed."""
    packed.write_all(gather([str(runs)], runs).finished, folder)
    return [gather([str(each)], each).finished for each in (runs, folder)]


def add(run: Path, **scores: dict[str, np.ndarray]) -> None:
    flat = {f'{score}/{name}': x for score, its in scores.items() for name, x in its.items()}
    np.savez(run / 'predictions' / 'test_units.npz', allow_pickle=False, **flat)


def test_every_number_of_every_score_is_kept(tmp_path: Path, make):
    rng = np.random.default_rng(0)
    names = np.array([f'speaker {i} utterance {i}' for i in range(40)])
    common = {'unit': names, 'group': np.arange(40) // 4}
    ranked = {'target': rng.random(40) < 0.5, 'probability': rng.random(40)}
    add(
        make(tmp_path / 'runs'),
        wer={**common, 'numerator': rng.integers(9, size=40) * 1.0, 'denominator': np.full(40, 9)},
        nll={**common, 'numerator': rng.normal(size=40), 'denominator': np.ones(40)},
        average_precision={**common, **ranked, 'group': names},
    )
    [own], [found] = kept(tmp_path / 'runs', tmp_path / 'kept')
    assert found.tested.known() == ['average_precision', 'nll', 'wer']
    for score in found.tested.known():
        for one, other in zip(own.tested.units(score), found.tested.units(score), strict=True):
            np.testing.assert_array_equal(one, other)
    assert (found.settings, found.result) == (own.settings, own.result)


def test_folds_are_known_to_be_a_partition_as_before(tmp_path: Path, make):
    for fold in range(2):
        part = [f'item {i}' for i in range(fold * 10, fold * 10 + 10)]
        make(tmp_path / 'runs', fold=fold, items=part, valid=['item 25'])
    _, found = kept(tmp_path / 'runs', tmp_path / 'kept')
    with pytest.raises(UserError, match=r'leave 1 items untested \(item 25 is one\)'):
        pooled(found, 'item_accuracy')


def test_a_run_takes_few_bytes_and_names_lie_there_once(tmp_path: Path, make):
    items = [f'recording {i:04}' for i in range(1_000)]
    for seed in range(3):
        make(tmp_path / 'runs', seed=seed, items=items)
    kept(tmp_path / 'runs', tmp_path / 'kept')
    sizes = [file.stat().st_size for file in (tmp_path / 'kept' / 'cnn').iterdir()]
    assert len(sizes) == 3
    assert max(sizes) < 7_000  # 1,000 items and their 2,000 slices, right or wrong
    assert len(list((tmp_path / 'kept' / 'tested').iterdir())) == 1


def test_the_same_run_gives_the_same_bytes_without_the_users_paths(tmp_path: Path, make):
    environment = {'fingerprint': 'f1', 'argv': ['launch.py', '--data_dir=/home/me']}
    run = make(tmp_path / 'runs')
    (run / 'environment.json').write_text(json.dumps(environment))
    found = gather([str(tmp_path)], tmp_path).finished
    for _ in range(2):
        packed.write_all(found, tmp_path / 'kept')
        packed.write_all(found, tmp_path / 'again')
    texts = [
        sorted((file.name, file.read_text()) for file in (tmp_path / name).rglob('*.json'))
        for name in ('kept', 'again')
    ]
    assert texts[0] == texts[1]
    assert '/home/me' not in str(texts)


def test_a_run_that_lies_there_both_ways_is_counted_once(tmp_path: Path, make):
    make(tmp_path)
    packed.write_all(gather([str(tmp_path)], tmp_path).finished, tmp_path)
    [found] = gather([str(tmp_path)], tmp_path).finished
    assert found.place.is_dir()


@pytest.mark.parametrize(
    ('old', 'new', 'told'),
    [
        ('"format": 1', '"format": 2', 'has format 2, 1 is read'),
        ('"scores"', '"scorse"', "has no 'scores'"),
        ('"tested": "', '"tested": "x', 'cannot be read'),
        ('{', '[', 'cannot be read'),
    ],
)
def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, make, old, new, told):
    make(tmp_path / 'runs')
    kept(tmp_path / 'runs', tmp_path / 'kept')
    [file] = (tmp_path / 'kept' / 'cnn').iterdir()
    moved = tmp_path / 'kept' / 'cnn' / 'moved.run.json'
    moved.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(UserError, match=rf'{told}.*pack the run anew'):
        packed.read(moved)
