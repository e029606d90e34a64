"""A run's course as a picture: a panel for each quantity that training and validation report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from research import plots, scores
from research.tasks import (
    CTC,
    Classification,
    Detection,
    NextFrame,
    NextToken,
    Regression,
    Task,
)

MARKED_UP_TO = 40  # points of a line; past that their marks run together
SPIKE = 20.0  # times a line's median, the highest of all: what is higher would flatten the rest


class Line(NamedTuple):
    """One metric of one part, as records of metrics.jsonl have it."""

    split: str
    metric: str
    label: str


class Panel(NamedTuple):
    """Lines of one quantity.

    Attributes:
        axis: the quantity and its unit.
        lines: of training first.
        share: whether it is written in percent.
    """

    axis: str
    lines: tuple[Line, ...]
    share: bool = False


LOSSES = Line('train', 'loss', 'training'), Line('valid', 'loss', 'validation')


def panels(task: Task) -> tuple[Panel, ...]:
    """What a task reports, the loss first, no two quantities or units in one panel."""
    progress = Line('train', task.progress, 'training')
    chosen_by = Line('valid', task.selects_by, 'validation')
    if isinstance(task, Classification):
        return (
            _loss('nats per slice'),
            Panel(
                'accuracy',
                (
                    Line('train', 'accuracy', 'training, slices'),
                    Line('valid', 'slice_accuracy', 'validation, slices'),
                    Line('valid', 'item_accuracy', 'validation, recordings'),
                ),
                share=True,
            ),
        )
    if isinstance(task, Detection):
        return (
            _loss('nats per slice'),
            Panel(
                'accuracy',
                (
                    Line('train', 'accuracy', 'training, slices'),
                    Line('valid', 'item_accuracy', 'validation, recordings'),
                ),
                share=True,
            ),
            Panel('average precision of recordings', (chosen_by,), share=True),
        )
    if isinstance(task, CTC):
        errors = (
            Line('valid', 'wer', 'validation, words'),
            Line('valid', 'cer', 'validation, characters'),
        )
        return (
            _loss('nats per utterance'),
            Panel('error rate', errors, share=True),
            Panel('frames told as blank', (progress,), share=True),
        )
    # What chooses among networks of notes is their loss, taken over all tokens and not window by
    # window: its line would lie on that of `loss`.
    told = Line('train', 'loss', 'training'), chosen_by
    if isinstance(task, NextToken):
        return (
            Panel(f'loss (nats per {task.per})', told),
            Panel(f'{task.per}s told rightly', (progress,), share=True),
        )
    if isinstance(task, NextFrame):
        return (
            Panel('loss (nats per time step)', told),
            Panel('accuracy of sounding keys', (progress,), share=True),
        )
    if isinstance(task, Regression):
        return _of_numbers(task)
    return (
        Panel('loss', LOSSES),
        Panel(task.progress, (progress,)),
        Panel(task.selects_by, (chosen_by,), scores.of(task.selects_by).share),
    )


def draw(
    task: Task,
    records: Sequence[Mapping[str, Any]],
    best_step: int,
    path: Path,
    title: str = '',
) -> None:
    """Each panel against the step; the step that validation chose is marked in all of them.

    Args:
        task: of the run.
        records: of metrics.jsonl.
        best_step: the checkpoint that was chosen.
        path: PNG file to write.
        title: over the picture.
    """
    shown = [panel for panel in panels(task) if any(_points(records, x) for x in panel.lines)]
    last = max(record['step'] for record in records)
    with plots.page(path, 3.7 * len(shown) + 0.4, 3.5) as figure:
        [row] = figure.subplots(1, len(shown), squeeze=False)
        for axes, panel in zip(row, shown, strict=True):
            _draw(axes, panel, records, best_step, task.selects_by)
            axes.set_xlim(-0.02 * last, 1.02 * last)
        figure.suptitle(title, size=11)


def _draw(
    axes: Any, panel: Panel, records: Sequence[Mapping[str, Any]], best_step: int, chosen_by: str
) -> None:
    colours = iter((plots.VALID, plots.ITEMS))
    highest, typical, lowest = 0.0, 0.0, np.inf
    for line in panel.lines:
        colour = plots.TRAIN if line.split == 'train' else next(colours)
        if not (points := _points(records, line)):
            continue
        marker = 'o' if len(points) <= MARKED_UP_TO else None
        style = {'color': colour, 'linewidth': 1.3, 'marker': marker, 'markersize': 3}
        axes.plot(*np.transpose(points), label=line.label, **style)
        if values := [value for _, value in points if np.isfinite(value)]:
            typical = max(typical, float(np.median(values)))
            highest, lowest = max(highest, *values), min(lowest, *values)
        if (line.split, line.metric) == ('valid', chosen_by) and best_step in dict(points):
            axes.plot(
                best_step,
                dict(points)[best_step],
                'o',
                color=colour,
                fillstyle='none',
                markersize=9,
                label=f'chosen: step {best_step:,}',
            )
    axes.axvline(best_step, color=plots.BEST, linewidth=1, linestyle=':')
    axes.set(xlabel='step', ylabel=panel.axis)
    axes.xaxis.set_major_formatter('{x:,.0f}')
    axes.locator_params(axis='x', integer=True, nbins=6)
    if panel.share:
        axes.set_ylim(0, max(1.02, 1.05 * highest))  # errors may be more than words
        axes.yaxis.set_major_formatter('{x:.0%}')
    elif lowest > 0 and highest > SPIKE * typical:
        axes.set(yscale='log', ylabel=f'{panel.axis}, log scale')
    axes.grid(axis='y', color='#DDDDDD', linewidth=0.6)
    axes.set_axisbelow(True)
    # Over the panel, where it hides no line.
    narrow = {'fontsize': 8, 'handlelength': 1.4, 'handletextpad': 0.5, 'columnspacing': 1.2}
    axes.legend(loc='lower left', bbox_to_anchor=(-0.02, 1), ncols=2, borderaxespad=0.2, **narrow)


def _points(records: Sequence[Mapping[str, Any]], line: Line) -> list[tuple[int, float]]:
    return [
        (record['step'], record[line.metric])
        for record in records
        if record['split'] == line.split and line.metric in record
    ]


def _loss(unit: str) -> Panel:
    return Panel(f'loss ({unit})', LOSSES)


def _of_numbers(task: Regression) -> tuple[Panel, ...]:
    errors = (
        Line('train', 'mae', 'training, slices'),
        Line('valid', 'mae', 'validation, recordings'),
    )
    unit = 'BPM' if task.tempo else f'units of {task.column}'
    found = (
        _loss("Huber's, σ²" if task.huber else 'half the squared error, σ²'),
        Panel(f'mean absolute error ({unit})', errors),
    )
    if not task.tempo:
        return found
    near = (
        Line('valid', 'within_4', 'validation'),
        Line('valid', 'within_4_octaves', 'validation, or an octave'),
    )
    return (*found, Panel('recordings within 4% of their tempo', near, share=True))
