import numpy as np
from matplotlib.axes import Axes

from research.results import reliability


def test_titles_tell_the_error_before_and_after(tmp_path, monkeypatch):
    titles, bars = [], []
    title, bar = Axes.set_title, Axes.bar
    monkeypatch.setattr(Axes, 'set_title', lambda s, t, **k: (titles.append(t), title(s, t, **k)))
    monkeypatch.setattr(
        Axes, 'bar', lambda s, x, h, *a, **k: (bars.append(np.array(h)), bar(s, x, h, *a, **k))[1]
    )
    # Four are 90% sure, and half of them right; then 50% sure.
    given, scaled = np.array([[0.9, 0.1]] * 4), np.array([[0.5, 0.5]] * 4)
    targets = np.array([0, 0, 1, 1])
    reliability.draw(given, scaled, targets, 2.5, tmp_path / 'r.png', 'x')
    assert titles == ['as given: ECE 40.0%', 'at temperature 2.50: ECE 0.0%']
    np.testing.assert_allclose(bars[0], [0.5])
    np.testing.assert_allclose(bars[1], [0.4])
    assert (tmp_path / 'r.png').stat().st_size > 5000
