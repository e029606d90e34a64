import contextlib
import csv
import io
import json
import sys

import numpy as np
import pytest

from research.results import review

LABELS = ('air', 'mass', 'fiddle', 'motet')


def part(probabilities, items, targets):
    return {
        'item': np.array(items),
        'slice': np.zeros(len(items), int),
        'target': np.array(targets),
        'probabilities': np.array(probabilities),
    }


PARTS = {
    'valid': part([[0.7, 0.1, 0.1, 0.1], [0.42, 0.3, 0.18, 0.1]], ['sure', 'doubtful'], [0, 2]),
    'test': part(
        # Two slices of one: 0.35, 0.15, 0.4, 0.1 on the average.
        [[0.5, 0.2, 0.2, 0.1], [0.2, 0.1, 0.6, 0.1], [0.0, 0.45, 0.55, 0.0]],
        ['sliced', 'sliced', 'half'],
        [2, 2, 1],
    ),
}


def test_the_least_sure_stand_first_with_their_three_best_classes():
    found = review.rows(PARTS, LABELS, 1.0, below=0.6)
    assert [(row['part'], row['item'], row['true']) for row in found] == [
        ('test', 'sliced', 'fiddle'),
        ('valid', 'doubtful', 'fiddle'),
        ('test', 'half', 'mass'),
    ]
    sliced = {name: value for name, value in found[0].items() if name[-1] in '123'}
    assert sliced == {
        'class_1': 'fiddle',
        'probability_1': pytest.approx(0.4),
        'class_2': 'air',
        'probability_2': pytest.approx(0.35),
        'class_3': 'mass',
        'probability_3': pytest.approx(0.15),
    }


def test_probabilities_are_those_after_temperature_scaling():
    found = review.rows(PARTS, LABELS, 2.0, below=0.6)
    assert len(found) == 4
    [row] = [row for row in found if row['item'] == 'sure']
    # The root of each, over their sum.
    assert row['probability_1'] == pytest.approx(
        np.sqrt(0.7) / (np.sqrt(0.7) + 3 * np.sqrt(0.1)), abs=1e-4
    )


def test_two_classes_leave_the_third_empty():
    found = review.rows({'test': part([[0.5, 0.5]], ['a'], [1])}, ('x', 'y'), 1.0)
    [row] = csv.DictReader(io.StringIO(review.comma_separated(found)))
    assert list(row) == list(review.COLUMNS)
    assert (row['class_1'], row['class_2'], row['class_3']) == ('x', 'y', '')


@pytest.fixture
def run(tmp_path):
    place = tmp_path / 'runs' / 'genre_x' / 'one'
    (place / 'predictions').mkdir(parents=True)
    for name, columns in PARTS.items():
        path = place / 'predictions' / f'{name}.npz'
        np.savez(path, allow_pickle=False, classes=np.array(LABELS), **columns)
    place.joinpath('experiment.json').write_text('{}')
    result = {'status': 'finished', 'tuned': {'temperature': 1.0}}
    place.joinpath('result.json').write_text(json.dumps(result))
    return place


@pytest.mark.parametrize('named', [True, False])
def test_a_finished_run_is_listed_by_name_or_folder(run, capsys, named):
    where = ['genre_x', f'--runs_dir={run.parent.parent}'] if named else [str(run)]
    assert review.main(['review', *where, '--below=0.45']) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row['item'] for row in rows] == ['sliced', 'doubtful']


@pytest.mark.parametrize(
    ('spoil', 'flags', 'told'),
    [
        (lambda run: None, ['--below=2'], 'below'),
        (lambda run: None, ['again'], 'one run is wanted, 2 were given'),
        (lambda run: (run / 'predictions/test.npz').write_bytes(b'PK'), [], 'no finished run of'),
        (lambda run: (run / 'result.json').write_text('{"tuned": {}}'), [], 'KeyError'),
        (lambda run: (run / 'result.json').unlink(), [], 'unfinished'),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(run, capsys, spoil, flags, told):
    spoil(run)
    assert review.main(['review', str(run), *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ''
    assert err.count('\n') == 1
    assert err.startswith('error: ')
    assert told in err


def test_a_full_disk_is_told_in_one_line(run, capsys, monkeypatch):
    with contextlib.suppress(OSError), open('/dev/full', 'w') as full:  # closing it fails too
        monkeypatch.setattr(sys, 'stdout', full)
        assert review.main(['review', str(run)]) == 2
    told = 'error: the system refused: No space left on device\n'
    assert capsys.readouterr().err == told
