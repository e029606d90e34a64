"""The reliability diagram: how often a classifier is right where it claims so much."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Integer

from research import calibration, plots


def draw(
    given: Float[np.ndarray, 'items classes'],
    scaled: Float[np.ndarray, 'items classes'],
    targets: Integer[np.ndarray, ' items'],
    temperature: float,
    path: Path,
    title: str = '',
) -> None:
    """Accuracy over confidence, before and after temperature scaling, with the ECE of each.

    Guo et al., "On Calibration of Modern Neural Networks", 2017, figure 1. Below: how many items
    are so sure.

    Args:
        given: probabilities as the model gives them.
        scaled: those at the temperature.
        targets: the true classes.
        temperature: which was fitted on another part.
        path: PNG file to write.
        title: over the picture.
    """
    with plots.page(path, 7.6, 4.7) as figure:
        above, below = figure.subplots(2, 2, sharex=True, height_ratios=(4, 1))
        figure.suptitle(title, size=11)
        names = ('as given', f'at temperature {temperature:.2f}')
        for column, (name, each) in enumerate(zip(names, (given, scaled), strict=True)):
            table = calibration.reliability(each, targets)
            ece = calibration.expected_calibration_error(each, targets)
            _bars(above[column], table)
            above[column].set_title(f'{name}: ECE {ece:.1%}')
            middle, width = (table.low + table.high) / 2, table.high - table.low
            below[column].bar(middle, table.count, width, color=plots.BEST, edgecolor='white')
            below[column].set(xlabel='confidence', ylim=(0, None))
            below[column].xaxis.set_major_formatter('{x:.0%}')
            below[column].locator_params(axis='y', nbins=3, integer=True)
        above[0].set_ylabel('accuracy')
        below[0].set_ylabel('items')
        plots.legend(figure, above[0], ncols=3)


def _bars(axes: Any, table: calibration.Reliability) -> None:
    """A bar a bin, and from its top to its mean confidence the gap."""
    width, some = table.high - table.low, table.count > 0
    low, gap = table.low[some], (table.confidence - table.accuracy)[some]
    shared: dict[str, Any] = {'width': width[some], 'align': 'edge'}
    axes.bar(
        low, table.accuracy[some], color=plots.TRAIN, edgecolor='white', label='right', **shared
    )
    axes.bar(
        low,
        gap,
        bottom=table.accuracy[some],
        color='none',
        edgecolor=plots.VALID,
        hatch='////',
        linewidth=0.8,
        label='gap to what is claimed',
        **shared,
    )
    axes.plot([0, 1], [0, 1], ':', color=plots.BEST, linewidth=1, label='as claimed')
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.yaxis.set_major_formatter('{x:.0%}')
