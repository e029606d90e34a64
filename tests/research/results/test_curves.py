"""What the picture of a run's course shows, on made-up records of each kind of task."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from research import plots
from research.meaning import Meaning
from research.results import curves
from research.tasks import CTC, Classification, Detection, NextFrame, NextToken, Regression, Task

ITEM = {'item': np.array(['a', 'b']), 'slice': np.zeros(2, int), 'group': np.array(['a', 'b'])}
TOKENS = {'nll': np.array([4.0, 9.0]), 'tokens': np.array([2.0, 3.0])}
LABELS = np.array([[1, 0], [2, 1]], np.int16)
SPELLED = {'labels': LABELS, 'count': np.array([1, 2]), 'loss': np.ones(2)}
NUMBERS = {'standard': np.array([0.5, -1.0], np.float32)}
# Of each kind of task: what a part of two items is predicted to be and is, and by which outputs.
PARTS: dict[str, tuple[Task, dict[str, Any], dict[str, Any], Meaning]] = {
    'classification': (
        Classification(),
        {'probabilities': np.array([[0.9, 0.1], [0.6, 0.4]])},
        {'target': np.array([0, 1])},
        Meaning(labels=('x', 'y')),
    ),
    'detection': (
        Detection(),
        {'probability': np.array([0.9, 0.2])},
        {'target': np.array([1, 0])},
        Meaning(labels=('other', 'call')),
    ),
    'speech': (
        CTC(),
        SPELLED,
        {'transcript': np.array(['A', 'B A'])},
        Meaning(labels=('', 'A', 'B')),
    ),
    'tokens': (NextToken(), TOKENS, {}, Meaning(sizes=(5,))),
    'notes': (NextToken(per='note'), TOKENS, {}, Meaning(sizes=(5,))),
    'frames': (NextFrame(), TOKENS, {}, Meaning()),
    'tempo': (
        Regression(tempo=True),
        NUMBERS,
        {'target': np.array([90.0, 120.0])},
        Meaning(centre=100.0, scale=20.0),
    ),
    'number': (
        Regression(column='age'),
        NUMBERS,
        {'target': np.array([90.0, 120.0])},
        Meaning(centre=100.0, scale=20.0),
    ),
}
# What stands in each panel, by its axis; metrics of validation in capitals.
SHOWN = {
    'classification': {
        'loss (nats per slice)': 'loss LOSS',
        'accuracy': 'accuracy SLICE_ACCURACY ITEM_ACCURACY',
    },
    'detection': {
        'loss (nats per slice)': 'loss LOSS',
        'accuracy': 'accuracy ITEM_ACCURACY',
        'average precision of recordings': 'AVERAGE_PRECISION',
    },
    'speech': {
        'loss (nats per utterance)': 'loss LOSS',
        'error rate': 'WER CER',
        'frames told as blank': 'blank',
    },
    'tokens': {'loss (nats per token)': 'loss NLL', 'tokens told rightly': 'accuracy'},
    'notes': {'loss (nats per note)': 'loss NOTE_NLL', 'notes told rightly': 'accuracy'},
    'frames': {
        'loss (nats per time step)': 'loss STEP_NLL',
        'accuracy of sounding keys': 'accuracy',
    },
    'tempo': {
        'loss (half the squared error, σ²)': 'loss LOSS',
        'mean absolute error (BPM)': 'mae MAE',
        'recordings within 4% of their tempo': 'WITHIN_4 WITHIN_4_OCTAVES',
    },
    'number': {
        'loss (half the squared error, σ²)': 'loss LOSS',
        'mean absolute error (units of age)': 'mae MAE',
    },
}


def course(task: Task, **validated: float) -> list[dict[str, Any]]:
    """A report every ten steps and a validation every twenty, best after the third."""
    records: list[dict[str, Any]] = []
    for step in range(10, 101, 10):
        reported = {'loss': 9 / step, task.progress: 0.3}
        records.append({'step': step, 'split': 'train', **reported})
        if step % 20 == 0:
            worse = 1 + abs(step - 60) / 100
            own = {name: worse * value for name, value in validated.items()}
            records.append({'step': step, 'split': 'valid', **own})
    return records


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draws, and gives each panel's axes; what stands on them is only painted where that is wanted.

    `tmp_path` then has curves.png.
    """
    figures = []
    save = Figure.savefig

    def draw(
        task: Task, records: list[dict[str, Any]], best_step: int, painted: bool = False
    ) -> list[Axes]:
        def keep(figure: Figure, path: Path) -> None:
            figures.append(figure)
            if painted:
                save(figure, path)

        with monkeypatch.context() as patch:
            patch.setattr(Figure, 'savefig', keep)
            curves.draw(task, records, best_step, tmp_path / 'curves.png', 'a title')
        return figures[-1].axes

    return draw


def lines(axes: Axes) -> dict[str, tuple[list[float], list[float]]]:
    """Steps and values by their labels in the legend."""
    found = {}
    for line in axes.get_lines():
        if not str(line.get_label()).startswith('_'):
            steps, values = line.get_data()
            found[line.get_label()] = (np.ravel(steps).tolist(), np.ravel(values).tolist())
    return found


@pytest.mark.parametrize('kind', PARTS)
def test_each_quantity_of_a_task_has_a_panel_with_its_unit(kind, drawn):
    task, said, truth, meaning = PARTS[kind]
    truth = ITEM | truth
    scores = task.score(said, truth, meaning, task.tune(said, truth, meaning))
    records = course(task, **{name: value + 0.1 for name, value in scores.items()})
    panels = drawn(task, records, 60)
    assert [axes.get_ylabel() for axes in panels] == list(SHOWN[kind])
    assert {axes.get_xlabel() for axes in panels} == {'step'}
    for axes, metrics in zip(panels, SHOWN[kind].values(), strict=True):
        curves_of = [each for label, each in lines(axes).items() if 'chosen' not in label]
        wanted = []
        for name in metrics.split():
            split = 'train' if name.islower() else 'valid'
            own = [record for record in records if record['split'] == split]
            steps = [record['step'] for record in own]
            wanted.append((steps, [record[name.lower()] for record in own]))
        assert curves_of == wanted


@pytest.mark.parametrize('kind', PARTS)
def test_the_chosen_step_crosses_every_panel_and_is_ringed_on_what_chose_it(kind, drawn):
    task, *_ = PARTS[kind]
    records = course(task, loss=0.5, **{task.selects_by: 0.25})
    panels = drawn(task, records, 60)
    assert len({axes.get_xlim() for axes in panels}) == 1
    for axes in panels:
        assert [60, 60] in [list(line.get_xdata()) for line in axes.get_lines()]
    rings = [lines(axes)['chosen: step 60'] for axes in panels if 'chosen: step 60' in lines(axes)]
    assert rings == [([60], [0.25])]


def test_an_error_rate_over_one_is_in_view_and_shares_are_in_percent(drawn):
    _, errors, blanks = drawn(CTC(), course(CTC(), loss=9.0, wer=1.25, cer=0.9), 60)
    highest = max(lines(errors)['validation, words'][1])
    assert highest == pytest.approx(1.25 * 1.4)
    assert errors.get_ylim()[1] > highest
    assert blanks.get_ylim() == (0, 1.02)
    assert blanks.yaxis.get_major_formatter()(0.5) == '50%'


def test_a_spike_does_not_flatten_the_rest(drawn):
    task = Classification()
    records = course(task, loss=2.0, item_accuracy=0.5)
    for record in records:
        if record['split'] == 'train':
            record['loss'] /= 1000  # all learnt by heart: that is no spike
    assert drawn(task, records, 60)[0].get_yscale() == 'linear'
    records[2]['loss'] = 500.0
    loss, accuracy = drawn(task, records, 60)
    assert loss.get_yscale() == 'log'
    assert loss.get_ylabel().endswith('log scale')
    assert accuracy.get_yscale() == 'linear'


def test_a_loss_that_is_not_a_number_leaves_a_gap(drawn):
    task = Classification()
    records = course(task, loss=2.0, item_accuracy=0.5)
    records[0]['loss'], records[3]['loss'] = float('nan'), float('inf')
    loss, _ = drawn(task, records, 60, painted=True)
    assert np.isfinite(lines(loss)['training'][1]).sum() == 8
    assert np.isfinite(loss.get_ylim()).all()


def test_a_run_without_a_validation_shows_its_training(drawn):
    records = [record for record in course(Detection()) if record['split'] == 'train']
    panels = drawn(Detection(), records, -1)
    assert [list(lines(axes)) for axes in panels] == [['training'], ['training, slices']]


def test_the_picture_is_as_wide_as_its_panels_and_of_one_height(drawn, tmp_path: Path):
    shapes = []
    for task in (Classification(), Detection()):
        drawn(task, course(task, loss=1.0, **{task.selects_by: 0.5}), 60, painted=True)
        shapes.append(imread(tmp_path / 'curves.png').shape[:2])
    (height, width), (same, wider) = shapes
    assert height == same > 500
    assert wider - width == pytest.approx(3.7 * 150, abs=1)
    assert plots.STYLE['savefig.dpi'] == 150


def test_a_task_of_another_kind_is_drawn_by_what_it_says_of_itself(drawn):
    class Other:
        labels, progress, selects_by = 'recording', 'hits', 'f1'
        meaning = outputs = targets = truth = loss = hits = predict = tune = units = score = print

    records = [
        {'step': 5, 'split': 'train', 'loss': 3.0, 'hits': 0.25},
        {'step': 5, 'split': 'valid', 'loss': 2.0, 'f1': 0.75},
    ]
    other: Any = Other()
    panels = drawn(other, records, 5)
    assert [axes.get_ylabel() for axes in panels] == ['loss', 'hits', 'f1']
    assert lines(panels[2])['validation'] == ([5], [0.75])
