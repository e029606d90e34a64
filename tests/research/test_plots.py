import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from research import plots


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """Calls of the drawing methods and figures saved, in order; each is carried out."""
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
    for name in ('text', 'imshow'):
        original = getattr(Axes, name)

        def spy(self, *args, _name=name, _original=original, **kwargs):
            calls.append((_name, args, kwargs))
            return _original(self, *args, **kwargs)

        monkeypatch.setattr(Axes, name, spy)
    save = Figure.savefig
    monkeypatch.setattr(
        Figure,
        'savefig',
        lambda self, path: (calls.append(('savefig', (self,), {})), save(self, path)),
    )
    return calls


def of(calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]], name: str):
    return [(args, kwargs) for call, args, kwargs in calls if call == name]


def test_confusion_colours_by_row_and_writes_counts(tmp_path: Path, drawn: list):
    matrix = np.array([[3, 1, 0], [0, 8, 0], [0, 0, 0]])
    plots.confusion(matrix, ['a', 'b', 'none of these'], tmp_path / 'confusion.png', 'test')
    [(shown, _)] = of(drawn, 'imshow')
    np.testing.assert_allclose(shown[0], [[0.75, 0.25, 0], [0, 1, 0], [0, 0, 0]])
    texts = [(*args[:3],) for args, _ in of(drawn, 'text')]
    assert texts == [(0, 0, '3'), (1, 0, '1'), (1, 1, '8')]


def test_confusion_of_many_classes_holds_no_counts(tmp_path: Path, drawn: list):
    names = [f'class {i}' for i in range(30)]
    plots.confusion(np.eye(30, dtype=int), names, tmp_path / 'confusion.png')
    assert of(drawn, 'text') == []


def test_spectrograms_show_three_of_each_class_on_one_scale_and_one_time_axis(
    tmp_path: Path, drawn: list
):
    rng = np.random.default_rng(0)
    examples = [rng.normal(size=(n, 8)).astype(np.float32) for n in (40, 40, 30, 40)]
    plots.spectrograms(
        {'a': examples, 'b': examples[:1], 'none': []}, tmp_path / 'page.png', hop_s=0.5
    )
    images = of(drawn, 'imshow')
    assert len(images) == 4
    np.testing.assert_array_equal(images[2][0][0], examples[2].T)
    assert [kwargs['extent'][:2] for _, kwargs in images] == [(0, 20), (0, 20), (0, 15), (0, 20)]
    assert len({id(kwargs['norm']) for _, kwargs in images}) == 1
    shown = np.concatenate([examples[i].ravel() for i in (0, 1, 2, 0)])
    norm = images[0][1]['norm']
    np.testing.assert_allclose([norm.vmin, norm.vmax], np.percentile(shown, [1, 99]))
    [(page, _)] = of(drawn, 'savefig')
    assert {axes.get_xlim() for axes in page[0].axes if axes.images and axes.axison} == {(0, 20)}


def test_each_cepstral_coefficient_is_shown_by_its_own_mean_and_deviation(tmp_path: Path, drawn):
    # The first is a thousand times the others; the last says nothing.
    rng = np.random.default_rng(0)
    alike = [rng.normal(size=(40, 3)) for _ in range(3)]
    examples = [each * [1000, 1, 0] + [-5000, 3, 7] for each in alike]
    path = tmp_path / 'page.png'
    plots.spectrograms({'a': examples}, path, 0.5, axis='coefficient', unit='dB', apart=True)
    images = of(drawn, 'imshow')
    shown = np.concatenate([args[0].T for args, _ in images])
    np.testing.assert_allclose(shown.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(shown.std(axis=0), [1, 1, 0], atol=1e-9)
    norm = images[0][1]['norm']
    assert norm.vmin == -norm.vmax
    assert np.mean(np.abs(shown) <= norm.vmax) == pytest.approx(0.99, abs=0.01)
    [(page, _)] = of(drawn, 'savefig')
    [bar] = [axes for axes in page[0].axes if axes.get_label() == '<colorbar>']
    assert bar.get_ylabel() == 'standard deviations of\neach coefficient from its mean'


def test_pictures_are_big_enough_to_read_and_want_no_display(tmp_path: Path):
    plots.confusion(np.eye(10, dtype=int), list('abcdefghij'), tmp_path / 'confusion.png')
    height, width, _ = imread(tmp_path / 'confusion.png').shape
    assert height > 700
    assert width > 700
    assert 'matplotlib.pyplot' not in sys.modules
