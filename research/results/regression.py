"""A regression's picture: what is told against what is true."""

import numpy as np

from research import plots
from research.results import Trained
from research.tasks.regression import OCTAVES, TOLERANCE, Regression, items


def draw(trained: Trained) -> None:
    """Writes plots/scatter.png: each item of the test part, between the lines of the mean error.

    Of a tempo also a line for each of the octaves, and the 4% about the truth.
    """
    task, part = trained.experiment.task, trained.evaluators['test']
    assert isinstance(task, Regression)
    _, said, true = items(trained.predictions['test'], part.truth, trained.made.meaning)
    error = float(np.abs(said - true).mean())
    low, high = float(min(true.min(), said.min())), float(max(true.max(), said.max()))
    room = 0.05 * (high - low)
    ends = np.array([low - room, high + room])
    unit = ' beats a minute' if task.tempo else ''
    axis = 'tempo (beats a minute)' if task.tempo else task.column
    with plots.page(trained.place.plots / 'scatter.png', 4.9, 5.7) as figure:
        axes = figure.subplots()
        axes.fill_between(
            ends,
            ends - error,
            ends + error,
            color='#DDDDDD',
            label=f'mean error: {error:.3g}{unit}',
        )
        if task.tempo:
            near = (1 - TOLERANCE) * ends, (1 + TOLERANCE) * ends
            axes.fill_between(ends, *near, color=plots.ITEMS, alpha=0.35, label='within 4%')
            for number, octave in enumerate(OCTAVES[1:]):
                label = None if number else '2, ½, 3 and ⅓ times the truth'
                axes.plot(ends, octave * ends, ':', color=plots.BEST, linewidth=0.8, label=label)
        axes.plot(ends, ends, color=plots.BEST, linewidth=1, label='the truth')
        axes.plot(true, said, 'o', color=plots.TRAIN, alpha=0.7, markersize=4)
        axes.set(xlim=ends, ylim=ends, aspect='equal', xlabel=f'true {axis}')
        axes.set(ylabel=f'told {axis}')
        axes.set_title(f'{trained.made.corpus.name}, test part, per recording')
        plots.legend(figure, axes, ncols=2, columnspacing=1, handlelength=1.4)
