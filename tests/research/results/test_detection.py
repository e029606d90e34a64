"""Calls in long recordings: found by a detector that is right as training has it, and written."""

import csv
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from research import evaluate, material, step
from research.decoding.annotations import read_audacity, read_raven
from research.decoding.events import Call
from research.experiment import Data, Experiment, StandIn
from research.frontends import STFT
from research.models import MLP
from research.optimizers import Adam
from research.results import Trained, detection, detection_plots
from research.results.detection import Forest, decoded
from research.runs import Run
from research.scores import Units
from research.tasks import Detection

RATE_HZ, WINDOW_S, HOP_S, UNTIL_S = 4000, 3.0, 0.5, 60.0
TUNED = {'threshold': 0.4, 'enter': 0.6, 'leave': 0.4}
EXPERIMENT = Experiment(
    name='drawn',
    data=Data(corpus='drawn', slice_s=1.0),
    frontend=STFT(rate_hz=RATE_HZ, n_fft=256, hop=100),
    model=MLP(widths=(4,)),
    task=Detection(),
    optimizer=Adam(),
    standin=StandIn('drawn'),
)


def heard_by_rule(calls, starts_s):
    """1 where a window holds half of a call, or is half call: what training is told."""
    found = np.zeros(len(starts_s))
    for start, end in calls:
        shared = np.minimum(starts_s + WINDOW_S, end) - np.maximum(starts_s, start)
        found[shared >= min(end - start, WINDOW_S) / 2] = 1
    return found


STARTS_S = np.arange(0, UNTIL_S - WINDOW_S + HOP_S, HOP_S)


@pytest.mark.parametrize('start', [5.0, 5.13, 20.49])
@pytest.mark.parametrize('length_s', [0.5, 1.0, 2.9])
def test_a_call_shorter_than_a_window_is_found_around_its_middle(start, length_s):
    calls = [(start, start + length_s)]
    [found] = decoded(heard_by_rule(calls, STARTS_S), STARTS_S, WINDOW_S, UNTIL_S, TUNED)
    middle_s = start + length_s / 2
    assert (found.start_s + found.end_s) / 2 == pytest.approx(middle_s, abs=HOP_S / 2 + 1e-9)
    assert found.end_s - found.start_s == pytest.approx(WINDOW_S, abs=HOP_S + 1e-9)


@pytest.mark.parametrize('start', [5.0, 5.13, 20.49])
@pytest.mark.parametrize('length_s', [3.0, 4.2, 11.0])
def test_the_borders_of_a_longer_call_are_right_to_half_a_hop(start, length_s):
    calls = [(start, start + length_s)]
    [found] = decoded(heard_by_rule(calls, STARTS_S), STARTS_S, WINDOW_S, UNTIL_S, TUNED)
    assert found.start_s == pytest.approx(start, abs=HOP_S / 2 + 1e-9)
    assert found.end_s == pytest.approx(start + length_s, abs=HOP_S / 2 + 1e-9)


def test_calls_whose_middles_are_a_window_and_a_hop_apart_are_counted_each():
    calls = [(t, t + 1.5) for t in np.arange(2, 50, WINDOW_S + HOP_S)]
    found = decoded(heard_by_rule(calls, STARTS_S), STARTS_S, WINDOW_S, UNTIL_S, TUNED)
    assert len(found) == len(calls)


def test_what_most_windows_over_it_do_not_hear_is_dropped():
    probability = np.zeros(len(STARTS_S))
    probability[10:12], probability[50:53] = 0.9, 0.9
    [found] = decoded(probability, STARTS_S, WINDOW_S, UNTIL_S, TUNED)
    assert found.start_s == pytest.approx(STARTS_S[50] + (WINDOW_S - HOP_S) / 2)


def test_a_call_needs_one_window_above_the_higher_threshold():
    probability = np.where((STARTS_S > 10) & (STARTS_S < 15), 0.5, 0.0)
    assert decoded(probability, STARTS_S, WINDOW_S, UNTIL_S, TUNED) == []
    probability[STARTS_S == 12] = 0.6
    assert len(decoded(probability, STARTS_S, WINDOW_S, UNTIL_S, TUNED)) == 1


def forest(name, found, truth):
    calls = [Call(start, end, 0.9) for start, end in found]
    spans = np.array(truth, np.float64).reshape(-1, 2)
    return Forest(name, UNTIL_S, WINDOW_S, STARTS_S, np.zeros(len(STARTS_S)), calls, spans)


def test_recordings_are_the_units_and_one_without_a_call_counts():
    known = [
        forest('many', [(0, 3), (10, 13), (20, 23)], [(0, 2), (10.5, 12), (30, 33), (40, 41)]),
        forest('none', [(5, 8)], []),
        forest('quiet', [], []),
    ]
    units = detection.units(known)
    assert units['event_precision'].numerator.tolist() == [2, 0, 0]
    assert units['event_precision'].denominator.tolist() == [3, 1, 0]
    assert units['event_recall'].denominator.tolist() == [4, 0, 0]
    assert units['event_f1'].value == 2 * 2 / (4 + 4)
    assert units['count_error'].numerator.tolist() == [1, 1, 0]
    assert units['count_error'].value == 2 / 3
    for each in units.values():
        assert each.unit.tolist() == each.group.tolist() == ['many', 'none', 'quiet']


PARTS = ('valid', 'test')
FORESTS = [('dusk', '[[0.5, 6.5]]'), ('by/the <river>', ''), ('noon', '[]')]


@pytest.fixture(scope='module')
def taught(drawn) -> Callable[[Sequence[tuple[str, str]]], Trained]:
    """Of clips and of forests, each a name and its events; without a place to write to."""

    def make(forests: Sequence[tuple[str, str]]) -> Trained:
        clips = 9
        corpus = drawn(
            [(RATE_HZ, 1.0)] * clips + [(RATE_HZ, 7.3)] * len(forests),
            classes=('other', 'call'),
            label=['other', 'call'] * 4 + ['call'] + [''] * len(forests),
            item=[f'clip {i}' for i in range(clips)] + [name for name, _ in forests],
            kind=['clip'] * clips + ['forest'] * len(forests),
            events=[''] * clips + [events for _, events in forests],
        )
        aside = {'unit': 'item', 'group': 'item', 'folds': 3, 'aside': {'kind': ['forest']}}
        corpus = dataclasses.replace(corpus, facts={**corpus.facts, 'protocols': {'folds': aside}})
        made = material.prepare(EXPERIMENT, corpus)
        bound = step.bound(EXPERIMENT, made.meaning)
        state = step.init(bound)
        weights = step.Weights(state.params, state.stats)
        parts = {name: evaluate.Evaluator(bound, made, made.parts[name]) for name in PARTS}
        said = {name: part(*weights) for name, part in parts.items()}
        # Whatever a detector that has learnt nothing says is a call, so that there is one.
        tuned = {'threshold': 0.0, 'enter': 0.0, 'leave': 0.0}
        return Trained(Run(Path('nowhere')), bound, made, weights, parts, said, tuned)

    return make


def placed(trained: Trained, folder: Path) -> Trained:
    run = dataclasses.replace(trained, place=Run(folder / 'run'))
    run.place.predictions.mkdir(parents=True)
    run.place.plots.mkdir()
    return run


@pytest.fixture(scope='module')
def listened(taught, tmp_path_factory) -> tuple[Trained, dict[str, dict[str, Units]]]:
    """A run that heard its forests, and their units by part."""
    run = placed(taught(FORESTS), tmp_path_factory.mktemp('listened'))
    return run, detection.more(run)


def test_each_forest_is_counted_and_judged_where_its_truth_is_known(listened):
    run, found = listened
    assert sorted(found) == ['test']
    assert found['test']['count_error'].numerator.tolist() == [0, 1]
    assert found['test']['event_f1'].unit.tolist() == ['dusk', 'noon']
    with (run.place.directory / 'calls' / 'counts.csv').open(newline='') as file:
        rows = list(csv.reader(file))
    assert rows == [
        ['recording', 'seconds', 'found', 'true', 'error'],
        ['dusk', '7.300', '1', '1', '0'],
        ['by/the <river>', '7.300', '1', '', ''],
        ['noon', '7.300', '1', '0', '1'],
    ]


def test_label_files_say_what_the_table_says(listened):
    run, _ = listened
    calls = run.place.directory / 'calls'
    for name in ('dusk', 'by%2Fthe <river>', 'noon'):
        with (calls / f'{name}.csv').open(newline='') as file:
            [row] = csv.DictReader(file)
        [raven] = read_raven(calls / f'{name}.raven.txt')
        [audacity] = read_audacity(calls / f'{name}.audacity.txt')
        assert (raven.start_s, raven.end_s) == (0.0, 7.3)
        assert (float(row['start_s']), float(row['end_s'])) == (0.0, 7.3)
        assert (audacity.start_s, audacity.end_s) == (0.0, 7.3)
        assert raven.label == audacity.label == 'call'
        assert raven.score == pytest.approx(float(row['probability']))


def test_what_was_heard_is_read_back(listened):
    run, _ = listened
    heard = detection.listen(run)
    for one, other in zip(heard, detection.read(run), strict=True):
        assert (one.name, one.seconds, one.found) == (other.name, other.seconds, other.found)
        np.testing.assert_array_equal(one.probability, other.probability)
        np.testing.assert_array_equal(one.starts_s, np.arange(0, 6.6, 0.5))


def test_without_forests_nothing_is_written(taught, tmp_path):
    run = placed(taught([]), tmp_path)
    assert detection.more(run) == {}
    assert detection.read(run) == []
    assert not list(run.place.directory.rglob('*.*'))


def test_each_picture_is_drawn(listened):
    run, _ = listened
    detection_plots.draw(run)
    drawn = {str(path.relative_to(run.place.plots)) for path in run.place.plots.rglob('*.png')}
    assert drawn == {
        'precision_recall.png',
        'spectrograms.png',
        'calls/dusk.png',
        'calls/by%2Fthe <river>.png',
        'calls/noon.png',
    }
