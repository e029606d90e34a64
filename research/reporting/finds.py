"""What detectors find: precision over recall, and calls counted in long recordings."""

import csv

import numpy as np

from data_prep.pages import charts
from data_prep.pages.charts import BOTTOM, LEFT, RIGHT, TOP
from data_prep.pages.markup import Markup, tag
from research import detections
from research.errors import UserError
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

POINTS = 80  # of a curve
MODELS = 14  # at once


def drawn(comparison: Comparison, numbers: Numbers) -> list[Markup | None]:
    """Both sections, of detectors."""
    if comparison.task != 'Detection':
        return []
    rows = [row for row in comparison.held() if evidence.there(comparison.of(row))]
    if not rows:
        note = 'Packed runs keep no probabilities: no curves, no counts.'
        return [section('Precision and recall', tag('p', note, class_='note'))]
    return [_curves(comparison, rows, numbers), _counts(comparison, rows, numbers)]


def _curves(comparison: Comparison, rows: list[Row], numbers: Numbers) -> Markup | None:
    across = figures.Scale(0, 1, LEFT, RIGHT)
    up = figures.Scale(0, 1, BOTTOM, TOP)
    pieces = charts.axes(across.marks(True), up.marks(True), 'recall', 'precision', grid=True)
    drawn_ = 0
    for row in rows:
        lines = []
        for folds in comparison.seeds(row):
            found = evidence.found(folds)
            if found.target.any():
                lines += _curve(found, across, up)
        drawn_ += len(lines)
        inside = [tag('title', said(row)), *lines]
        pieces.append(tag('g', *inside, class_=figures.style(numbers[row]), data_row=numbers[row]))
    if not drawn_:
        note = 'The test part has no call: there is nothing to recall.'
        return section('Precision and recall', tag('p', note, class_='note'))
    about = (
        'A line a seed, over recordings; the dot is at the threshold that validation chose. '
        'A recording is as probable as its most probable slice.'
    )
    told = 'Precision over recall, a line a seed'
    shown = figure('Precision over recall', charts.figure(told, pieces))
    inside = [legend(numbers, rows), gallery([shown])]
    return section('Precision and recall', *inside, about=about, most=MODELS)


def _curve(found: evidence.Found, across: figures.Scale, up: figures.Scale) -> list[Markup]:
    curve = detections.precision_recall_curve(found.target, found.probability)
    chosen = np.unique(np.linspace(0, len(curve.recall) - 1, POINTS).round().astype(int))
    recall = np.append(0, curve.recall[chosen])
    precision = np.append(curve.precision[:1], curve.precision[chosen])
    path = f'M{across(recall[0]):.1f} {up(precision[0]):.1f}'
    for r, p in zip(recall[1:], precision[1:], strict=True):
        path += f'V{up(p):.1f}H{across(r):.1f}'
    pieces = [tag('path', d=path, class_='line')]
    if found.found.any():
        hits = float((found.found & found.target).sum())
        x, y = across(hits / found.target.sum()), up(hits / found.found.sum())
        pieces.append(tag('circle', cx=f'{x:.1f}', cy=f'{y:.1f}', r=4, class_='dot'))
    return pieces


def _counts(comparison: Comparison, rows: list[Row], numbers: Numbers) -> Markup | None:
    """Calls found in long recordings beside those there are and those an ideal detector finds."""
    lines, owners = [], []
    for row in rows:
        seeds = [_counted(run) for run in comparison.of(row)]
        for name in dict.fromkeys(each['recording'] for seed in seeds for each in seed):
            own = [each for seed in seeds for each in seed if each['recording'] == name]
            numbers_ = [[float(each[key]) for each in own if each.get(key)] for key in KEYS]
            cells = [count(float(np.mean(each)) if each else np.nan, 1) for each in numbers_]
            copied = 'not judged: a copy trains' if own[0].get('copied') else ''
            lines.append([plain(said(row)), plain(name), *cells, plain(copied)])
            owners.append(numbers[row])
    if not lines:
        return None
    header = ['model', 'recording', 'seconds', 'found', 'there', 'by an ideal detector', '']
    about = 'An ideal detector of such windows, decoded alike, is never wrong: no model passes it.'
    made = table('Means over seeds. Titles sort.', header, lines, 2, owners)
    return section('Calls in long recordings', made, about=about, most=MODELS)


KEYS = ('seconds', 'found', 'true', 'ideal')


def _counted(run) -> list[dict[str, str]]:
    path = run.place / 'calls' / 'counts.csv'
    if not path.is_file():
        return []
    try:
        with path.open(encoding='utf-8', newline='') as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read ({error}): train the run anew') from error
