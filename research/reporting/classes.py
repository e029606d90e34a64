"""What classes a classifier confuses: its matrix, and how well each class is known."""

import numpy as np
from jaxtyping import Float, Integer

from data_prep.pages import charts
from data_prep.pages.markup import Markup, tag
from research import measures, metrics, stats
from research.formats.layout import Entry, interval
from research.reporting.comparisons import Comparison, Row
from research.reporting.evidence import Named, named, there
from research.reporting.parts import (
    Numbers,
    count,
    figure,
    gallery,
    plain,
    said,
    section,
    share,
    table,
)

MODELS = 12  # with a matrix at once
COUNTED = 12  # classes; past that a cell is too small for its number
NAMED = 40  # classes; past that their names are left out
LEFT, TOP = 92, 8
Matrix = Integer[np.ndarray, 'classes classes']


def drawn(comparison: Comparison, numbers: Numbers) -> list[Markup | None]:
    """Confusion matrices and scores by class; a note where the runs keep no predictions."""
    if comparison.task != 'Classification':
        return []
    rows = [row for row in comparison.held() if there(comparison.of(row))]
    if not rows:
        note = 'Packed runs keep no probabilities: no matrix, no calibration.'
        return [section('Classes', tag('p', note, class_='note'))]
    said_ = {row: [named(folds) for folds in comparison.seeds(row)] for row in rows}
    pictures = [
        figure(said(row), matrix(confusion(seeds), seeds[0].classes), row=numbers[row])
        for row, seeds in said_.items()
    ]
    about = (
        'A row is the true class, a column what was named; recordings of all seeds are counted, '
        'and the deeper a cell, the greater its share of the row.'
    )
    lines, owners = [], []
    for row, seeds in said_.items():
        own = scores_by_class(row, seeds)
        lines += own
        owners += [numbers[row]] * len(own)
    header = ['model', 'class', 'recordings', 'recall', 'precision', 'F1', 'most often taken for']
    caption = (
        'Means over seeds; in brackets 95% intervals over seeds and groups. Titles sort. '
        'Precision is of what was named so, and not defined where nothing was.'
    )
    return [
        section('Confusion matrices', gallery(pictures), about=about, most=MODELS),
        section('Scores by class', table(caption, header, lines, 2, owners), most=MODELS),
    ]


def confusion(seeds: list[Named]) -> Matrix:
    """Counts over all seeds: row = the true class, column = the named one."""
    each = [metrics.confusion_matrix(s.target, s.predicted, len(s.classes)) for s in seeds]
    return np.sum(each, axis=0)


def scores_by_class(row: Row, seeds: list[Named]) -> list[list[Entry]]:
    """A line a class of the test part: recall with its interval, precision, F1."""
    each = np.array(
        [metrics.confusion_matrix(s.target, s.predicted, len(s.classes)) for s in seeds]
    )
    lines = []
    for number, name in enumerate(seeds[0].classes):
        if not each[:, number].sum():
            continue
        right = each[:, number, number]
        precision = _mean(right, each[:, :, number].sum(axis=1))
        f1 = _mean(2 * right, each[:, :, number].sum(axis=1) + each[:, number].sum(axis=1))
        others = each[:, number].sum(axis=0)
        others[number] = 0
        most = int(np.argmax(others))
        taken = f'{seeds[0].classes[most]} ({others[most]})' if others[most] else '-'
        recall, low, high = recalled(seeds, number)
        lines.append(
            [
                plain(said(row)),
                plain(name),
                count(float(each[0, number].sum())),
                share(recall, interval(low, high, True)),
                share(precision),
                share(f1),
                Entry(taken, order=float(others[most])),
            ]
        )
    return lines


def recalled(seeds: list[Named], number: int) -> tuple[float, float, float]:
    """The share of a class that is named so, over seeds, with the ends of its interval."""
    order = [np.argsort(seed.item) for seed in seeds]
    own = np.stack([(s.target == number)[o] for s, o in zip(seeds, order, strict=True)])
    right = np.stack([(s.predicted == number)[o] for s, o in zip(seeds, order, strict=True)])
    group = seeds[0].group[order[0]]
    measure = measures.Ratio((own & right).astype(float), own.astype(float), group)
    return (measures.value(measure), *stats.interval(measure, share=True, draws=2000))


def matrix(counts: Matrix, classes: list[str]) -> Markup:
    """The matrix as a picture."""
    size = len(classes)
    totals = counts.sum(axis=1)
    shares: Float[np.ndarray, 'a b'] = counts / np.maximum(totals, 1)[:, None]
    cell = (charts.RIGHT + 15 - LEFT) / size
    tall = min(cell, 40.0)
    bottom = TOP + tall * size
    pieces = [
        tag('rect', x=LEFT, y=TOP, width=f'{cell * size:.1f}', height=f'{tall * size:.1f}',
            class_='field')
    ]  # fmt: skip
    for (row, column), number in np.ndenumerate(counts):
        if not number:
            continue
        x, y = LEFT + cell * column, TOP + tall * row
        told = f'{classes[row]} named {classes[column]}: {number} of {totals[row]}'
        deep = round(float(shares[row, column]) * 10)
        square = tag('rect', tag('title', told), x=f'{x:.1f}', y=f'{y:.1f}', width=f'{cell:.1f}',
                     height=f'{tall:.1f}', class_=f'deep{deep}')  # fmt: skip
        pieces.append(square)
        if size <= COUNTED:
            place = {'x': f'{x + cell / 2:.1f}', 'y': f'{y + tall / 2 + 4:.1f}'}
            pieces.append(tag('text', number, class_=f'middle on{deep}', **place))
    if size <= NAMED:
        pieces += _names(classes, cell, tall, bottom)
    told = f'Confusion matrix of {int(counts.sum())} answers, {np.trace(counts)} of them right'
    return charts.figure(told, pieces, bottom + 84)


def _names(classes: list[str], cell: float, tall: float, bottom: float) -> list[Markup]:
    pieces = []
    small = 'small ' if tall < 12 else ''
    for number, name in enumerate(classes):
        short = name if len(name) <= 14 else f'{name[:13]}…'
        x, y = LEFT + cell * (number + 0.5) + 3, TOP + tall * (number + 0.5) + 4
        pieces.append(tag('text', short, x=LEFT - 6, y=f'{y:.1f}', class_=f'{small}end'))
        turned = f'translate({x:.1f} {bottom + 12:.1f}) rotate(-55)'
        pieces.append(tag('text', short, transform=turned, class_=f'{small}end'))
    return pieces


def _mean(over: np.ndarray, under: np.ndarray) -> float:
    """Over the seeds for which it is defined."""
    known = under > 0
    return float(np.mean(over[known] / under[known])) if known.any() else float('nan')
