"""A thousand runs: as directories, packed, as one table, as one page."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from research import tables
from tests.research.reporting.reading import written


@pytest.mark.slow
def test_a_thousand_directories_are_one_table(tmp_path: Path, make):
    wrong = np.random.default_rng(0).integers(30, size=(250, 4, 9))
    for model, seeds in enumerate(wrong):
        for seed, items in enumerate(seeds):
            directory = make(tmp_path / f'part{model}', f'model{model}', seed, wrong=tuple(items))
            target = tmp_path / f'model{model}' / f's{seed}'
            target.parent.mkdir(exist_ok=True)
            directory.rename(target)
    text, notes = tables.build([str(tmp_path), '--rows=name'])
    assert (text.count('\n| model'), notes) == (250, [])


def test_a_thousand_packed_runs_are_one_table(thousand: Path):
    text, notes = tables.build([f'--runs_dir={thousand}', '--format=csv'])
    lines = list(csv.DictReader(io.StringIO(text)))
    assert notes == []
    assert {line['name'] for line in lines} == {f'model{number}' for number in range(20)}
    assert {(line['seeds'], line['n']) for line in lines} == {('50', '6')}
    # Of six items each model's seeds have, in turn, none to three wrong.
    assert all(float(line['mean']) == pytest.approx(1 - 73 / 300) for line in lines)


@pytest.mark.slow
def test_a_thousand_packed_runs_are_one_comparison(thousand: Path):
    found = written(thousand, '--metric=item_accuracy')
    [line] = [line for line in found.lines if line[0] == 'gtzan, artist_folds']
    assert line[5:8] == ['20', '1,000', '6']
    models = {line[0] for line in found.lines if line and line[0].startswith('model')}
    assert models == {f'model{number}' for number in range(20)} | {'model'}
    assert (thousand.parent / 'report.html').stat().st_size < 15_000_000
