"""Two runs held against each other."""

import json
from pathlib import Path

import numpy as np
import pytest

from research import compare, packed, pairs
from research.errors import UserError
from research.gathering import gather
from research.scores import Ranked, Units


def lines(capsys, *arguments: object) -> list[str]:
    assert compare.main(['compare', *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def test_settings_scores_and_items_that_differ_are_told(tmp_path: Path, make, capsys):
    one, other = make(tmp_path, wrong=(0, 1)), make(tmp_path, width=32, wrong=(1, 7, 8, 20))
    told = lines(capsys, one, other)
    assert told[:2] == [f'A  {one}', f'B  {other}']
    assert told[3:6] == ['settings', '               A   B', '  model.width  64  32']
    assert 'item_accuracy of 30 items in 10 groups (gtzan, artist_folds, fold 0)' in told
    assert any(line.startswith('  A      93.3%  [') for line in told)
    # Artists 0, 2 and 6 differ by -1, 2 and 1: six of 2^3 sums are as far from zero as their 2.
    [difference] = [line for line in told if line.startswith('  A - B  +6.7%  [')]
    assert difference.endswith('p = 0.75')
    assert 'of 30 units they differ on 4: A is higher on 3, B on 1' in told
    assert told[-4:] == [
        '  item 0   artist 0  0  1',
        '  item 20  artist 6  1  0',
        '  item 7   artist 2  1  0',
        '  item 8   artist 2  1  0',
    ]


def test_so_many_items_are_shown_as_are_asked_for(tmp_path: Path, make, capsys):
    one, other = make(tmp_path, wrong=()), make(tmp_path, seed=1, wrong=tuple(range(30)))
    assert len(lines(capsys, one, other, '--most=3')) == len(lines(capsys, one, other)) - 7
    assert lines(capsys, one, other, '--most=0')[-1].startswith('of 30 units')


def test_versions_and_devices_that_differ_are_told(tmp_path: Path, make, capsys):
    runs = [make(tmp_path, seed=seed) for seed in (0, 1)]
    for run, kind in zip(runs, ('cpu', 'NVIDIA H100'), strict=True):
        environment = {'fingerprint': 'f1', 'device': {'kind': kind}, 'argv': [kind]}
        (run / 'environment.json').write_text(json.dumps(environment))
    told = lines(capsys, *runs)
    start = told.index('trained by')
    assert told[start + 2 : start + 4] == ['  device.kind  cpu  NVIDIA H100', '']


def test_packed_runs_and_names_are_runs_too(tmp_path: Path, make, capsys):
    runs = tmp_path / 'runs'
    one, other = make(runs, 'cnn'), make(runs, 'mlp', wrong=(4, 5))
    expected = lines(capsys, one, other)
    assert lines(capsys, 'cnn', 'mlp', f'--runs_dir={runs}') == expected
    packed.write_all(gather([str(runs)], runs).finished, tmp_path / 'kept')
    files = [packed.place(tmp_path / 'kept' / run.parent.name / run.name) for run in (one, other)]
    assert lines(capsys, *files)[2:] == expected[2:]


@pytest.mark.parametrize(
    ('changed', 'told'),
    [
        ({'fingerprint': 'f2'}, 'differ in fingerprint (f1, f2): '),
        ({'corpus': 'corpus_styles'}, 'differ in data.corpus (gtzan, corpus_styles): '),
        ({'protocol': 'leaky_slices'}, 'differ in data.protocol (artist_folds, leaky_slices): '),
        ({'fold': 1}, 'differ in data.fold (0, 1): '),
        ({'items': ['item 0', 'item 1']}, 'were tested on other items'),
    ],
)
def test_what_was_not_tested_on_the_same_is_refused(tmp_path: Path, make, capsys, changed, told):
    one, other = make(tmp_path, 'cnn'), make(tmp_path, 'mlp', **changed)
    assert compare.main(['compare', str(one), str(other)]) == 2
    found = capsys.readouterr()
    assert f'{one} and {other} {told}' in found.err
    assert len(found.err.splitlines()) == 1


@pytest.mark.parametrize(
    ('arguments', 'told'),
    [
        (['cnn'], '1 runs are given'),
        (['cnn', 'cnm'], "did you mean 'cnn'"),
        (['cnn', 'mlp'], 'mlp has 2 finished runs, give one: '),
        (['cnn', 'lstm'], 'lstm: no finished run there'),
        (['cnn', 'cnn', '--metric=wer'], 'item_accuracy, slice_accuracy'),
        (['cnn', 'cnn', '--most=-1'], '--most'),
    ],
)
def test_mistake_is_told_in_one_line(tmp_path: Path, make, capsys, arguments, told):
    make(tmp_path, 'cnn')
    for seed in range(2):
        make(tmp_path, 'mlp', seed=seed)
    (make(tmp_path, 'lstm') / 'result.json').unlink()
    assert compare.main(['compare', *arguments, f'--runs_dir={tmp_path}']) == 2
    found = capsys.readouterr()
    assert told in found.err
    assert (found.out, len(found.err.splitlines())) == ('', 1)


def test_units_are_ordered_by_how_far_apart_they_are():
    words = np.array([10.0, 10.0, 0.0, 4.0])
    names = np.array(['a', 'b', 'c', 'd'])
    one = Units(names, np.array([1.0, 5.0, 0.0, 2.0]), words, names)
    other = Units(names, np.array([2.0, 0.0, 0.0, 2.0]), words, names)
    found = [(each.unit, each.one, each.other) for each in pairs.apart(one, other)]
    assert found == [('b', 0.5, 0.0), ('a', 0.1, 0.2)]


def test_of_rankings_the_places_are_compared():
    names, calls = np.array(['a', 'b', 'c', 'd']), np.array([True, False, True, False])
    one = Ranked(names, calls, np.array([0.1, 0.2, 0.3, 0.4]), names)
    other = Ranked(names, calls, np.array([0.91, 0.2, 0.93, 0.94]), names)
    found = [(each.unit, each.one, each.other) for each in pairs.apart(one, other)]
    assert found == [('a', 0.0, 0.25), ('b', 0.25, 0.0)]


def test_a_ranking_that_differs_in_scale_alone_is_the_same():
    names = np.array(['a', 'b', 'c'])
    one = Ranked(names, np.ones(3, bool), np.array([0.1, 0.2, 0.3]), names)
    assert pairs.apart(one, one._replace(probability=one.probability**2)) == []


def test_a_name_that_lies_nowhere_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match='unknown run'):
        pairs.find('absent', tmp_path)
