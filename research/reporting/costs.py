"""What models cost: seconds, parameters, memory; and what they give for it."""

import math

import numpy as np

from data_prep.pages import charts
from data_prep.pages.charts import BOTTOM, LEFT, RIGHT, TOP
from data_prep.pages.markup import Markup, tag
from research import scores
from research.finished import Finished
from research.formats.layout import number
from research.reporting import evidence, figures
from research.reporting.comparisons import Comparison, Row
from research.reporting.parts import (
    Numbers,
    count,
    figure,
    gallery,
    legend,
    plain,
    said,
    section,
    table,
)

MIB = 2**20
ABOUT = (
    'Means over seeds, all folds of a seed together; examples a second are those of the last '
    'reports. Weights: what the parameters take as float32. Memory: the most that the process, or '
    'an accelerator of its own, had taken when the run ended, earlier runs of that process '
    'included; - where a run does not say.'
)


def drawn(comparison: Comparison, numbers: Numbers) -> Markup | None:
    """Score against seconds, and a table of both."""
    lines, owners = [], []
    rows = [row for row in comparison.models() if comparison.seeds(row)]
    for row in rows:
        runs = comparison.of(row)
        cell = _cell(comparison, row)
        parameters = cell.parameters if cell.parameters is not None else math.nan
        lines.append(
            [
                plain(said(row)),
                count(cell.seconds),
                count(_mean([_result(run, 'steps') for run in runs])),
                count(_mean([_speed(run) for run in runs])),
                count(parameters),
                count(parameters * 4 / MIB, 2),
                count(_mean([_peak(run) / MIB for run in runs])),
                plain(cell.device or '-'),
            ]
        )
        owners.append(numbers[row])
    header = [
        'model',
        'seconds',
        'steps',
        'examples/s',
        'parameters',
        'weights, MiB',
        'memory, MiB',
    ]
    made = table('Titles sort.', [*header, 'device'], lines, 1, owners)
    picture = _against(comparison, rows, numbers)
    shown = []
    if picture is not None:
        shown = [legend(numbers, rows), gallery([figure('Score and training time', picture)])]
    return section('Time and memory', *shown, made, about=ABOUT)


def _against(comparison: Comparison, rows: list[Row], numbers: Numbers) -> Markup | None:
    """The first score over seconds, with its interval."""
    cells = {row: _cell(comparison, row) for row in rows}
    kept = {row: c for row, c in cells.items() if c.seconds > 0 and not math.isnan(c.mean)}
    if not kept:
        return None
    seconds = [cell.seconds for cell in kept.values()]
    ends = [x for c in kept.values() for x in (c.mean, c.low, c.high) if not math.isnan(x)]
    share = scores.of(comparison.metric).share
    across = figures.Scale(min(seconds), max(seconds), LEFT + 8, RIGHT, log=True)
    up = figures.Scale(min(ends), max(ends), BOTTOM, TOP)
    pieces = charts.axes(
        across.marks(), up.marks(share), 'seconds, log', comparison.metric, grid=True
    )
    for row, cell in kept.items():
        x = across(cell.seconds)
        told = f'{said(row)}: {number(cell.mean, share)} after {cell.seconds:,.0f} s'
        inside = [tag('title', told)]
        if not math.isnan(cell.low):
            line = f'M{x:.1f} {up(cell.low):.1f}V{up(cell.high):.1f}'
            inside.append(tag('path', d=line, class_='whisker'))
        inside.append(tag('circle', cx=f'{x:.1f}', cy=f'{up(cell.mean):.1f}', r=4, class_='dot'))
        style = figures.style(numbers[row])
        pieces.append(tag('g', *inside, class_=style, data_row=numbers[row]))
    return charts.figure(f'{comparison.metric} over seconds of {len(kept)} models', pieces)


def _cell(comparison: Comparison, row: Row):
    return next(c for (own, _), c in comparison.cells[comparison.metric].items() if own == row)


def _result(run: Finished, name: str) -> float:
    value = run.result.get(name)
    return float(value) if isinstance(value, int | float) else math.nan


def _peak(run: Finished) -> float:
    """Bytes, of an accelerator where the run had one."""
    path = run.place / 'memory.json'
    taken = evidence.read_json(path) if path.is_file() else {}
    return float(taken.get('device', taken.get('host', math.nan)))


def _speed(run: Finished) -> float:
    if not run.place.is_dir():
        return math.nan
    found = [r['examples_per_s'] for r in evidence.records(run) if 'examples_per_s' in r]
    return float(np.median(found[-5:])) if found else math.nan


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan
