"""A detector's pictures: precision and recall, spectrograms, and each long recording it heard."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_prep.pages.wording import many
from research import detections, plots
from research.results import Trained, classification
from research.results.detection import Forest, read

FOUND, TRUE = plots.VALID, plots.ITEMS
ROW_S = 180.0  # about so much of a recording in a row
PART_COLOURS = {'valid': plots.VALID, 'test': plots.TRAIN}
PARTS = {'valid': 'validation', 'test': 'test'}


def draw(trained: Trained) -> None:
    """Writes plots/precision_recall.png, plots/spectrograms.png and plots/calls/<name>.png."""
    precision_recall(trained)
    classification.spectrograms(trained)
    for forest in read(trained):
        path = trained.place.plots / 'calls' / f'{forest.file}.png'
        timeline(forest, trained.tuned, path, trained.made.corpus.name)


def precision_recall(trained: Trained) -> None:
    """Writes plots/precision_recall.png: both parts, by item, the tuned threshold marked."""
    threshold = trained.tuned['threshold']
    path = trained.place.plots / 'precision_recall.png'
    with plots.page(path, 4.4, 5.3) as figure:
        axes = figure.subplots()
        for part, evaluator in trained.evaluators.items():
            probability, target = detections.joined(trained.predictions[part], evaluator.truth)
            if target.any():
                colour = PART_COLOURS[part]
                _curve(axes, target, probability, threshold, PARTS[part], colour)
        axes.set(
            xlim=(0, 1.02),
            ylim=(0, 1.02),
            xlabel='recall',
            ylabel='precision',
            title=f'{trained.made.corpus.name}, per recording',
        )
        axes.set_aspect('equal')
        axes.xaxis.set_major_formatter('{x:.0%}')
        axes.yaxis.set_major_formatter('{x:.0%}')
        axes.grid(color='#DDDDDD', linewidth=0.6)
        axes.set_axisbelow(True)
        plots.legend(figure, axes, title=f'marked: probability of {threshold:.3g} or more')


def _curve(
    axes: Any,
    target: np.ndarray,
    probability: np.ndarray,
    threshold: float,
    part: str,
    colour: str,
) -> None:
    curve = detections.precision_recall_curve(target, probability)
    area = detections.average_precision(target, probability)
    axes.step(
        np.append(0, curve.recall),
        np.append(curve.precision[:1], curve.precision),
        where='pre',
        color=colour,
        linewidth=1.3,
        label=f'{part}: average precision {area:.2f}, {int(target.sum())} of {len(target)}',
    )
    found = probability >= threshold
    if found.any():
        hits = (found & target).sum()
        axes.plot(hits / target.sum(), hits / found.sum(), 'o', color=colour, markersize=7)


def timeline(forest: Forest, tuned: Mapping[str, float], path: Any, corpus: str) -> None:
    """The windows' probability over time, with the calls found and those there are.

    Args:
        forest: heard.
        tuned: `enter` and `leave` are drawn as lines.
        path: PNG file to write.
        corpus: its name, for the title.
    """
    rows = max(1, round(forest.seconds / ROW_S))
    known = forest.truth is not None
    found = f'{many(len(forest.found), "call")} found'
    there = f', {len(forest.truth)} there' if forest.truth is not None else ', truth not known'
    width_s = forest.seconds / rows
    with plots.page(path, 9.0, 0.5 + 1.5 * rows) as figure:
        grid = figure.subplots(rows, 1, squeeze=False)[:, 0]
        figure.suptitle(f'{forest.name} ({corpus}): {found}{there}', size=11)
        for row, axes in enumerate(grid):
            low_s = row * width_s
            _row(axes, forest, tuned)
            axes.set_xlim(low_s, low_s + width_s)
        grid[-1].set_xlabel('time (s)')
        grid[0].legend(loc='upper right', bbox_to_anchor=(1, 1.25), ncols=4 + known)


def _row(axes: Any, forest: Forest, tuned: Mapping[str, float]) -> None:
    centres_s = forest.starts_s + forest.window_s / 2
    axes.plot(centres_s, forest.probability, color=plots.TRAIN, linewidth=1, label='window')
    for name, style in (('enter', '--'), ('leave', ':')):
        label = f'{name} {tuned[name]:.3g}'
        axes.axhline(tuned[name], color=plots.BEST, linewidth=0.7, linestyle=style, label=label)
    spans = [(call.start_s, call.end_s) for call in forest.found]
    _bars(axes, spans, 1.06, FOUND, 'found')
    if forest.truth is not None:
        _bars(axes, forest.truth.tolist(), 1.16, TRUE, 'there')
    axes.set(ylim=(0, 1.24), yticks=(0, 0.5, 1), ylabel='probability')


def _bars(axes: Any, spans: Sequence[Sequence[float]], low: float, colour: str, label: str) -> None:
    """A bar a call, above the curve."""
    widths = [(start, end - start) for start, end in spans]
    axes.broken_barh(widths, (low, 0.07), color=colour, label=label)
