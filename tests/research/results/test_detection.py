"""Calls in long recordings: judged beside an ideal detector's, and written."""

import csv
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from research import evaluate, material, step
from research.decoding.events import Call
from research.experiment import Data, Experiment, StandIn
from research.frontends import STFT
from research.models import MLP
from research.optimizers import Adam
from research.results import Trained, detection, detection_plots
from research.results.detection import Forest
from research.runs import Run
from research.scores import Units
from research.tasks import Detection

RATE_HZ, WINDOW_S, UNTIL_S = 4000, 3.0, 60.0
STARTS_S = np.arange(0, UNTIL_S - WINDOW_S + 0.5, 0.5)
EXPERIMENT = Experiment(
    name='drawn',
    data=Data(corpus='drawn', slice_s=1.0),
    frontend=STFT(rate_hz=RATE_HZ, n_fft=256, hop=100),
    model=MLP(widths=(4,)),
    task=Detection(),
    optimizer=Adam(),
    standin=StandIn('drawn'),
)


def forest(name, found, truth):
    calls = [Call(start, end, 0.9) for start, end in found]
    spans = np.array(truth, np.float64).reshape(-1, 2)
    return Forest(name, UNTIL_S, WINDOW_S, STARTS_S, np.zeros(len(STARTS_S)), calls, spans, [])


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
FORESTS = [
    ('dusk', '[[0.5, 1.3], [3.0, 3.8], [5.5, 6.3]]'),
    ('by/the <river>', ''),
    ('noon', '[]'),
]


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
    assert found['test']['count_error'].numerator.tolist() == [2, 1]
    assert found['test']['event_f1'].unit.tolist() == ['dusk', 'noon']
    with (run.place.directory / 'calls' / 'counts.csv').open(newline='') as file:
        rows = list(csv.reader(file))
    assert rows == [
        ['recording', 'seconds', 'found', 'true', 'error', 'ideal', 'copied'],
        ['dusk', '7.300', '1', '3', '-2', '3', ''],
        ['by/the <river>', '7.300', '1', '', '', '', ''],
        ['noon', '7.300', '1', '0', '1', '0', ''],
    ]


def test_label_files_say_what_the_table_says(listened):
    run, _ = listened
    calls = run.place.directory / 'calls'
    for name in ('dusk', 'by%2Fthe <river>', 'noon'):
        with (calls / f'{name}.csv').open(newline='') as file:
            rows = list(csv.DictReader(file))
        [row] = rows
        assert (row['start_s'], row['end_s']) == ('0.000', '7.300')
        raven = (calls / f'{name}.raven.txt').read_text().splitlines()[1:]
        times = '0.000000\t7.300000'
        assert raven == [f'1\tSpectrogram 1\t1\t{times}\t0.0\t2000.0\tcall\t{row["probability"]}']
        assert (calls / f'{name}.audacity.txt').read_text() == f'{times}\tcall\n'


def test_what_an_ideal_detector_has_is_told_beside_the_scores(listened):
    run, _ = listened
    ceiling = {'event_precision': 1.0, 'event_recall': 1.0, 'event_f1': 1.0, 'count_error': 0.0}
    assert detection.beside(run) == {
        'forests': {'heard': 3, 'known': 2, 'copied': 0, 'ceiling': ceiling}
    }


@pytest.mark.parametrize('part', ['train', 'valid'])
def test_a_recording_of_which_a_copy_was_heard_before_is_not_judged(listened, tmp_path, part):
    run, _ = listened
    corpus, parts = run.made.corpus, run.made.parts
    copies = np.full(len(corpus.columns['item']), '', object)
    copies[corpus.columns['item'] == 'dusk'] = copies[parts[part].record[0]] = 'one'
    copies[corpus.columns['item'] == 'noon'] = copies[parts['test'].record[0]] = 'other'
    of_copies = dataclasses.replace(corpus, columns={**corpus.columns, 'copies': copies})
    run = dataclasses.replace(run, made=dataclasses.replace(run.made, corpus=of_copies))
    run = placed(run, tmp_path)
    assert detection.more(run)['test']['event_f1'].unit.tolist() == ['noon']
    assert detection.beside(run)['forests'] == {
        'heard': 3,
        'known': 2,
        'copied': 1,
        'ceiling': {'count_error': 0.0},
        'of_copies': {
            'event_precision': 0.0,
            'event_recall': 0.0,
            'event_f1': 0.0,
            'count_error': 2.0,
        },
    }
    with (run.place.directory / 'calls' / 'counts.csv').open(newline='') as file:
        assert [row['copied'] for row in csv.DictReader(file)] == ['yes', '', '']


def test_what_was_heard_is_read_back(listened):
    run, _ = listened
    heard = detection.listen(run)
    for one, other in zip(heard, detection.read(run), strict=True):
        assert (one.name, one.seconds, one.found) == (other.name, other.seconds, other.found)
        np.testing.assert_array_equal(one.probability, other.probability)
        np.testing.assert_array_equal(one.starts_s, np.arange(0, 6.6, 0.5))


@pytest.mark.parametrize(
    ('events', 'learnt'),
    [
        ('', {}),
        ('[]', {}),
        ('[[0.0, 0.7]]', {}),
        ('[[0.5, 1.0]]', {}),
        ('[[0.0, 0.2], [0.3, 0.7]]', {'call_s': 0.4}),
    ],
)
def test_lengths_of_calls_are_those_that_training_clips_hold_whole(listened, events, learnt):
    run, _ = listened
    corpus, parts = run.made.corpus, run.made.parts
    told = np.array(corpus.columns['events'], object)
    told[[*parts['valid'].record, *parts['test'].record]] = '[[0.1, 0.2]]'
    told[parts['train'].record[:2]] = events
    of_events = dataclasses.replace(corpus, columns={**corpus.columns, 'events': told})
    found = detection.learnt(dataclasses.replace(run.made, corpus=of_events))
    assert found == {name: pytest.approx(value) for name, value in learnt.items()}


def test_without_forests_nothing_is_written(taught, tmp_path):
    run = placed(taught([]), tmp_path)
    assert detection.more(run) == {}
    assert detection.read(run) == []
    assert detection.beside(run) == {}
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
