"""What single sections make of runs, against counts and means made by hand."""

import dataclasses

import numpy as np
import pytest

from research.finished import Finished
from research.gathering import gather
from research.measures import Ratio, value
from research.reporting import (
    classes,
    comparisons,
    differences,
    evidence,
    figures,
    hardest,
    leaks,
    learning,
    provenance,
    sounds,
)


def compared(runs, **given) -> list[comparisons.Comparison]:
    return comparisons.compare(gather([str(runs)], runs), **given)[0]


def test_a_confusion_matrix_counts_every_seed_and_agrees_with_the_table(tmp_path, classifier):
    classifier(tmp_path, 'cnn', 0, wrong=(0, 1, 2))
    classifier(tmp_path, 'cnn', 1, wrong=(0,))
    [found] = compared(tmp_path)
    [row] = found.models()
    seeds = [evidence.named(folds) for folds in found.seeds(row)]
    matrix = classes.confusion(seeds)
    # Items 0 and 2 are of class a, 1 is of class b; there are 15 of each.
    assert matrix.tolist() == [[27, 3], [1, 29]]
    [cell] = found.cells['item_accuracy'].values()
    assert np.trace(matrix) / matrix.sum() == pytest.approx(cell.mean)
    recall, low, high = classes.recalled(seeds, 0)
    assert recall == pytest.approx((13 / 15 + 14 / 15) / 2)
    assert low < recall < high


def test_scores_of_a_class_are_means_over_seeds(tmp_path, classifier):
    classifier(tmp_path, 'cnn', 0, wrong=(0, 1, 2))
    classifier(tmp_path, 'cnn', 1, wrong=(0,))
    [found] = compared(tmp_path)
    [row] = found.models()
    first, _ = classes.scores_by_class(row, [evidence.named(folds) for folds in found.seeds(row)])
    _, _, count, recall, precision, f1, taken = first
    assert (count.text, taken.text) == ('15', 'b (3)')
    assert recall.order == pytest.approx(np.mean([13 / 15, 14 / 15]))
    assert precision.order == pytest.approx(np.mean([13 / 14, 14 / 14]))
    assert f1.order == pytest.approx(np.mean([2 * 13 / 29, 2 * 14 / 29]))


def test_a_band_reaches_from_the_lowest_seed_to_the_highest():
    one = np.array([0.0, 10.0, 20.0]), np.array([0.0, 1.0, 2.0])
    other = np.array([5.0, 15.0]), np.array([2.5, 3.5])
    line = learning.band(0, 'cnn', [one, other])
    assert line.x.tolist() == [0, 5, 10, 15, 20]
    assert line.low.tolist() == [0, 0.5, 1, 1.5, 2]
    assert line.high.tolist() == [0, 2.5, 3, 3.5, 2]
    assert line.mean.tolist() == [0, 1.5, 2, 2.5, 2]


def test_long_curves_are_thinned_and_keep_their_ends():
    steps = np.arange(1.0, 1001.0)
    line = learning.band(0, 'cnn', [(steps, steps**2)])
    assert len(line.x) == learning.POINTS
    assert (line.x[0], line.x[-1]) == (1, 1000)
    assert line.mean.tolist() == (line.x**2).tolist()


def test_a_scale_has_round_ticks_around_what_it_shows_and_its_ends_at_the_axis():
    scale = figures.Scale(0.13, 0.87, 10, 110)
    assert scale.ticks == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert [scale(x) for x in (0, 0.5, 1)] == pytest.approx([10, 60, 110])
    factors = figures.Scale(3, 400, 0, 90, log=True)
    assert factors.ticks == [1, 10, 100, 1000]
    assert factors(100) == pytest.approx(60)


def test_the_hardest_come_first(tmp_path, classifier):
    classifier(tmp_path, 'cnn', 0, wrong=(4, 7))
    classifier(tmp_path, 'lstm', 0, wrong=(7,))
    [found] = compared(tmp_path)
    numbers = {row: place for place, row in enumerate(found.models())}
    page = str(hardest.drawn(found, numbers, None))
    places = [page.index(f'>{item}<') for item in ('item 7', 'item 4')]
    assert places == sorted(places)
    assert page.index('>item 4<') < page.index('>item 0<')


def test_a_corpus_that_is_not_there_is_told(tmp_path, classifier):
    classifier(tmp_path, 'cnn')
    [found] = compared(tmp_path)
    shelf = sounds.Shelf([tmp_path / 'data', tmp_path / 'more'])
    why = shelf.why_not(found.runs[0])
    assert why == f'gtzan is not prepared in {tmp_path}/data/ or {tmp_path}/more/'
    assert shelf.example(found.runs[0], 'item 0') is None


def test_a_leak_is_the_same_models_score_less_that_of_the_honest_protocol(tmp_path, classifier):
    classifier(tmp_path, 'cnn', wrong=tuple(range(15)))
    classifier(tmp_path, 'cnn', wrong=(), protocol='leaky_slices')
    classifier(tmp_path, 'lstm', wrong=(0,))
    [[honest, leaky]] = leaks.groups(compared(tmp_path))
    assert (honest.place[2], leaky.place[2]) == ('artist_folds', 'leaky_slices')
    difference, _, _ = leaks.lifted(honest, leaky, ('cnn',), 'item_accuracy')
    assert difference == pytest.approx(0.5)


def test_the_baseline_of_an_ablation_is_its_base_and_else_the_best(tmp_path, classifier):
    classifier(tmp_path, 'cnn', wrong=(0, 1, 2))
    classifier(tmp_path, 'lstm', wrong=(0,))
    [found] = compared(tmp_path)
    assert differences.baseline(found, None) == ('lstm',)
    assert differences.baseline(found, 'cnn') == ('cnn',)

    def ablated(run: Finished) -> Finished:
        wide = run.settings['name'] == 'lstm'
        own = {'name': 'cnn', 'label': 'wide' if wide else 'cnn'}
        return dataclasses.replace(run, settings={**run.settings, **own})

    gathered = gather([str(tmp_path)], tmp_path)
    gathered = gathered._replace(finished=[ablated(run) for run in gathered.finished])
    [found] = comparisons.compare(gathered)[0]
    assert found.models()[0] == ('wide',)
    assert differences.baseline(found, None) == ('cnn',)


def test_a_measure_of_a_comparison_is_the_cells(tmp_path, detector):
    for seed in (0, 1):
        detector(tmp_path, seed=seed)
    [found] = compared(tmp_path)
    [cell] = found.cells['average_precision'].values()
    [row] = found.models()
    measure = found.measure(row, 'average_precision')
    assert not isinstance(measure, Ratio)
    # Calls at 0.80 to 0.82 stand first; the one at 0.10 comes after all six others.
    assert value(measure) == pytest.approx(cell.mean) == pytest.approx((3 + 4 / 10) / 4)


def test_a_command_is_told_without_places():
    argv = ['/x/launch.py', '--data_dir', '/x/d', '--seed=1', '--runs_dir=/x/r', '--set=a=b c']
    told = provenance.command({'argv': argv})
    assert told == "python launch.py --seed=1 '--set=a=b c'"
    assert provenance.command({}) == ''


def test_a_model_of_other_slices_is_left_out_of_their_score_alone(tmp_path, classifier):
    for name in ('cnn', 'lstm', 'mlp'):
        path = classifier(tmp_path, name) / 'predictions' / 'test.npz'
    with np.load(path) as file:
        columns = dict(file)
    first = columns['slice'] == 0
    classes_ = columns.pop('classes')
    np.savez(path, classes=classes_, **{name: each[first] for name, each in columns.items()})
    [found], notes = comparisons.compare(gather([str(tmp_path)], tmp_path))
    rows = {name: {row for row, _ in cells} for name, cells in found.cells.items()}
    assert rows == {
        'item_accuracy': {('cnn',), ('lstm',), ('mlp',)},
        'slice_accuracy': {('cnn',), ('lstm',)},
    }
    assert notes == [
        'left out: slice_accuracy of mlp on gtzan, artist_folds: tested on other slices than the '
        'other models'
    ]
