"""Legends of the pictures that have one: what they hide, and what they tell."""

from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
from matplotlib.figure import Figure

from research.decoding.events import Call
from research.meaning import Meaning
from research.results import Trained, detection_plots, regression, reliability
from research.results.detection import Forest
from research.tasks import Regression

RNG = np.random.default_rng(0)
COUNT = 40
ITEMS = {
    'item': np.array([f'item {i}' for i in range(COUNT)]),
    'slice': np.zeros(COUNT, int),
    'group': np.array([f'item {i}' for i in range(COUNT)]),
}


def trained(folder, predictions: dict[str, Any], truth: dict[str, Any], **more: Any) -> Any:
    parts = ('valid', 'test')
    return mock.Mock(
        spec=Trained,
        place=SimpleNamespace(plots=folder),
        evaluators={part: SimpleNamespace(truth={**ITEMS, **truth}) for part in parts},
        predictions=dict.fromkeys(parts, predictions),
        made=SimpleNamespace(corpus=SimpleNamespace(name='drawn'), meaning=Meaning()),
        **more,
    )


def scatter(folder, tempo: bool = True) -> None:
    task = Regression(tempo=True) if tempo else Regression(column='age')
    regression.draw(
        trained(
            folder,
            {'standard': RNG.uniform(60, 180, COUNT)},
            {'target': RNG.uniform(60, 180, COUNT)},
            experiment=SimpleNamespace(task=task),
        )
    )


def precision_recall(folder) -> None:
    target = np.arange(COUNT) % 2
    probability = np.clip(0.5 * target + RNG.uniform(0, 0.6, COUNT), 0, 1)
    tuned = {'threshold': 0.5}
    detection_plots.precision_recall(
        trained(folder, {'probability': probability}, {'target': target}, tuned=tuned)
    )


def reliable(folder) -> None:
    given = RNG.dirichlet([0.5, 0.5, 0.5], COUNT)
    targets = RNG.integers(3, size=COUNT)
    reliability.draw(given, given, targets, 1.0, folder / 'reliability.png', 'drawn')


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures that are saved, as they then stand."""
    kept: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, 'savefig', lambda self, path: (save(self, path), kept.append(self)))
    return kept


@pytest.mark.parametrize('draw', [scatter, precision_recall, reliable])
def test_a_legend_lies_beside_what_is_drawn(draw, figures: list[Figure], tmp_path):
    draw(tmp_path)
    [figure] = figures
    figure.draw_without_rendering()  # at its own resolution: it was saved at another
    [legend] = figure.legends
    box = legend.get_window_extent()
    drawn = [each for axes in figure.axes if (each := axes.get_tightbbox()) is not None]
    assert len(drawn) == len(figure.axes)
    assert not any(box.overlaps(each) for each in drawn)
    assert all(each.y1 <= figure.bbox.y1 for each in drawn)
    assert figure.bbox.containsx(box.x0)
    assert figure.bbox.containsx(box.x1)
    assert all(axes.get_legend() is None for axes in figure.axes)


def test_a_scatter_of_tempi_tells_its_unit_and_what_its_lines_are(figures, tmp_path):
    scatter(tmp_path)
    [figure] = figures
    [axes] = figure.axes
    assert axes.get_xlabel() == 'true tempo (beats a minute)'
    assert axes.get_ylabel() == 'told tempo (beats a minute)'
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told[1:] == ['within 4%', '2, ½, 3 and ⅓ times the truth', 'the truth']
    assert told[0].endswith(' beats a minute')


def test_a_scatter_of_other_numbers_names_their_column(figures, tmp_path):
    scatter(tmp_path, tempo=False)
    [axes] = figures[0].axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ('true age', 'told age')


def test_the_timeline_of_a_recording_tells_its_thresholds_and_bars(figures, tmp_path):
    starts_s = np.arange(0.0, 20.0)
    probability = np.where(starts_s == 5, 0.9, 0.1).astype(np.float32)
    found, truth = [Call(5.0, 8.0, 0.9)], np.array([[5.5, 7.0]])
    forest = Forest('wood', 22.0, 3.0, starts_s, probability, found, truth, [])
    tuned = {'enter': 0.75, 'leave': 0.25}
    detection_plots.timeline(forest, tuned, tmp_path / 'wood.png', 'drawn')
    [figure] = figures
    [axes] = figure.axes
    told = axes.get_legend()
    assert told is not None
    texts = [text.get_text() for text in told.get_texts()]
    assert texts == ['window', 'enter 0.75', 'leave 0.25', 'found', 'there']
    assert figure.get_suptitle() == 'wood (drawn): 1 call found, 1 there'
