"""Where recordings lie as a classifier hears them: the maps that its runs have drawn."""

import numpy as np

from data_prep.pages.markup import Markup, joined, tag
from research.reporting.comparisons import Comparison, Row
from research.reporting.parts import Numbers, figure, gallery, said, section
from research.results import maps, marks

MODELS = 8  # at once
POINTS = 300  # of a map, drawn at random with one seed
SIDE, RADIUS = 360, 5.0
ABOUT = (
    'Near one another lie recordings that the last hidden layer makes alike: t-SNE, as the first '
    'seed with a map has it. Distances between far groups, and the axes, mean nothing. A ring: '
    'another class was named. The page plots/map.html of each run plays every mark.'
)


def drawn(comparison: Comparison, numbers: Numbers) -> Markup | None:
    """The section, of classifiers; a note where no run has a map."""
    if comparison.task != 'Classification':
        return None
    shown = []
    classes: set[tuple[int, str]] = set()
    for row in comparison.held():
        found = _placed(comparison, row)
        if found:
            shown.append(_figure(row, found, numbers[row]))
            classes |= {(point.target, point.label) for point in found}
    if not shown:
        note = (
            'No run keeps a map here: packed runs do not, nor runs of fewer than five recordings.'
        )
        return section('t-SNE maps', tag('p', note, class_='note'))
    legend = tag(
        'ul',
        *(tag('li', _swatch(target), label) for target, label in sorted(classes)),
        class_='legend',
    )
    return section('t-SNE maps', legend, gallery(shown), about=ABOUT, most=MODELS)


def _placed(comparison: Comparison, row: Row) -> list[maps.Placed]:
    """Of the first run that has a map, at most POINTS of its recordings."""
    for folds in comparison.seeds(row):
        for run in folds:
            path = run.place / 'plots' / 'map.html'
            if path.is_file():
                found = maps.read(path.read_text(encoding='utf-8'))
                chosen = np.sort(np.random.default_rng(0).permutation(len(found))[:POINTS])
                return [found[place] for place in chosen.tolist()]
    return []


def _figure(row: Row, found: list[maps.Placed], number: int) -> Markup:
    wrong = sum(point.wrong for point in found)
    pieces = []
    for point in sorted(found, key=lambda point: point.wrong):
        x, y = (f'{each * SIDE / maps.SIDE:.1f}' for each in point.place)
        told = tag('title', f'{point.item}: {point.label}, {point.told}')
        ring = tag('circle', cx=x, cy=y, r=RADIUS + 3, class_='ring') if point.wrong else None
        shape = f'#mark{point.target % len(marks.SHAPES)}'
        pieces.append(
            tag('g', told, ring, tag('use', href=shape, x=x, y=y, class_=_colour(point.target)))
        )
    told = f't-SNE of {len(found)} recordings as {said(row)} hears them, {wrong} named wrongly'
    picture = tag('svg', *pieces, viewBox=f'0 0 {SIDE} {SIDE}', role='img', aria_label=told)
    caption = f'{said(row)}: {wrong} of {len(found)} named wrongly'
    return figure(caption, tag('div', picture, class_='map'), row=number)


def shapes() -> Markup:
    """The marks' outlines, once a page."""
    paths = []
    for number in range(len(marks.SHAPES)):
        corners = marks.shape(number) * (RADIUS, -RADIUS)
        path = 'M' + 'L'.join(f'{x:.1f} {y:.1f}' for x, y in corners) + 'Z'
        paths.append(tag('path', d=path, id=f'mark{number}'))
    return tag('svg', tag('defs', joined(paths)), class_='defs', aria_hidden='true')


def _swatch(target: int) -> Markup:
    shape = tag('use', href=f'#mark{target % len(marks.SHAPES)}', class_=_colour(target))
    return tag('svg', shape, viewBox='-7 -7 14 14', aria_hidden='true')


def _colour(target: int) -> str:
    return f'c{target % len(marks.COLOURS)}'
