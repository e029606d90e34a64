import csv
import re

import numpy as np
import pytest
from matplotlib.image import imread

from research import evaluate, material, metrics, step
from research.experiment import Data, Experiment, StandIn
from research.frontends import MFCC
from research.models import MLP
from research.optimizers import Adam
from research.results import Trained, classification, mapping, maps
from research.runs import Run
from research.tasks import Classification

RATE_HZ = 4000
EXPERIMENT = Experiment(
    name='drawn',
    data=Data(corpus='drawn', slice_s=1.0, slices=3),
    frontend=MFCC(rate_hz=RATE_HZ, n_fft=256, hop=100, n_mels=12, n_mfcc=8),
    model=MLP(widths=(8, 6)),
    task=Classification(),
    optimizer=Adam(),
    standin=StandIn('drawn'),
)


@pytest.fixture
def trained(drawn, tmp_path):
    """A network that has learnt nothing."""
    corpus = drawn([(RATE_HZ, 3.5)] * 12, classes=('fox & <hound>', 'b', 'c'))
    made = material.prepare(EXPERIMENT, corpus)
    bound = step.bound(EXPERIMENT, made.meaning)
    state = step.init(bound)
    weights = step.Weights(state.params, state.stats)
    parts = {name: evaluate.Evaluator(bound, made, made.parts[name]) for name in ('valid', 'test')}
    said = {name: part(*weights) for name, part in parts.items()}
    place = Run(tmp_path / 'run')
    place.plots.mkdir(parents=True)
    return Trained(place, bound, made, weights, parts, said, {'temperature': 300.0})


def test_a_run_has_its_list_its_pictures_and_its_map(trained):
    assert classification.more(trained) == {}
    classification.draw(trained)
    with (trained.place.directory / 'review.csv').open(encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    # At so high a temperature nothing is sure.
    assert len(rows) == 8
    assert 'fox & <hound>' in {row['true'] for row in rows}
    for name in ('confusion', 'reliability', 'spectrograms', 'map'):
        assert imread(trained.place.plots / f'{name}.png').std() > 0.01, name
    page = (trained.place.plots / 'map.html').read_text(encoding='utf-8')
    assert page.count('class="point') == 8
    assert '<hound>' not in page


def test_a_point_is_what_the_predictions_say_of_its_item(trained):
    points = mapping.points(trained)
    assert len(points) == 8
    for point in points:
        truth = trained.evaluators[point.part].truth
        own = truth['item'] == point.item
        mean = trained.predictions[point.part]['probabilities'][own].mean(axis=0)
        assert point.target == truth['target'][own][0]
        assert point.predicted == mean.argmax()
        scaled = np.maximum(mean, metrics.LEAST_PROBABILITY) ** (1 / 300)
        assert point.probability == pytest.approx(scaled.max() / scaled.sum(), abs=1e-6)
        assert re.match(r'data:audio/mpeg;base64,.{1000}', point.sound)


def test_what_is_heard_is_the_middle_of_the_slices(drawn):
    corpus = drawn([(maps.RATE_HZ, 3.5)] * 9)
    made = material.prepare(EXPERIMENT, corpus)
    part = made.parts['test']
    item = part.item[0]
    own = part.where(part.item == item)
    second = maps.RATE_HZ
    assert mapping.middle(own, RATE_HZ, 1.0) == (own.record[0], second, 2 * second)
    assert mapping.middle(own, RATE_HZ, 100.0) == (own.record[0], 0, 3 * second)


def test_many_items_are_drawn_from_evenly(trained, monkeypatch):
    monkeypatch.setattr(mapping, 'MOST_ITEMS', 6)
    points = mapping.points(trained)
    assert len({(point.part, point.item) for point in points}) == 6
    mapping.draw(trained)
    page = (trained.place.plots / 'map.html').read_text(encoding='utf-8')
    assert '6 of 8 recordings, drawn at random.' in page


def test_too_few_items_make_no_map(trained, monkeypatch):
    monkeypatch.setattr(mapping.hidden, 'LEAST_ITEMS', 9)
    mapping.draw(trained)
    assert not (trained.place.plots / 'map.html').exists()


def test_the_map_is_of_the_items_in_the_order_of_their_scores(trained):
    vectors = mapping.hidden.of_items(trained, 'test')
    truth = trained.evaluators['test'].truth
    names, _ = metrics.join_slices(trained.predictions['test']['probabilities'], truth['item'])
    assert vectors.shape == (len(names), 6)
