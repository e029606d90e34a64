"""A page on which recordings lie as a classifier hears them: to look at, and to listen to."""

import base64
import io
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int16

from data_prep.pages.document import document
from data_prep.pages.markup import Markup, name, tag
from research.results import marks

SIDE = 1000  # of the map's own units
MARGIN = 40  # around the marks, in these
RADIUS = 11
RATE_HZ = 16_000
BYTES_PER_S = 3_050  # of MP3 at 24 kbit/s
MOST_BYTES = 6_500_000  # of all sounds; a third more once they are text
MOST_S = 5.0
PARTS = {'valid': 'validation', 'test': 'test'}
_STYLE, _SCRIPT = (Path(__file__).with_name(f'maps.{kind}') for kind in ('css', 'js'))


class Point(NamedTuple):
    """A recording on the map.

    Attributes:
        item: its name.
        part: 'valid' or 'test'.
        place: x and y in [0, 1], y upwards.
        target: its class's number.
        predicted: number of the class that was named.
        probability: of that class, calibrated.
        sound: a data URI; empty where there is none.
    """

    item: str
    part: str
    place: tuple[float, float]
    target: int
    predicted: int
    probability: float
    sound: str


def page(title: str, points: Sequence[Point], labels: Sequence[str], notes: Sequence[str]) -> str:
    """The page: HTML that needs nothing else.

    Args:
        title: of what.
        points: recordings.
        labels: names of the classes.
        notes: sentences on how it was made.
    """
    style, script = (path.read_text(encoding='utf-8') for path in (_STYLE, _SCRIPT))
    used = sorted({point.target for point in points})
    wrong = sum(point.target != point.predicted for point in points)
    help_ = (
        'Point at a mark, or reach it by Tab and the arrow keys, to read what it is; click it, or '
        'press Enter, to hear it, and again to stop. '
        f'A ring: another class was named ({wrong:,} of {len(points):,}).'
    )
    body = [
        tag('header', tag('h1', title), tag('p', help_)),
        tag(
            'main',
            tag('div', _map(points, labels), class_='map'),
            tag(
                'div',
                tag('div', tag('p', 'No recording chosen.'), id='told'),
                _legend(points, used, labels),
                class_='side',
            ),
        ),
        tag('details', tag('summary', 'All as a table'), _table(points, labels)),
        tag('footer', *(tag('p', note) for note in notes)),
    ]
    return document(title, style, body, script, allowed=('media-src data:',))


class Placed(NamedTuple):
    """A mark of a page that `page` made.

    Attributes:
        item, label: the recording's name and class.
        told: what was named, in words.
        target: the class's number.
        wrong: whether another class was named.
        place: x and y on the map's own units, y downwards.
    """

    item: str
    label: str
    told: str
    target: int
    wrong: bool
    place: tuple[float, float]


def read(text: str) -> list[Placed]:
    """The marks of a page that `page` made."""
    reader = _Reader()
    reader.feed(text)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[Placed] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]):
        own = {name: value or '' for name, value in attrs}
        kinds = own.get('class', '').split()
        if 'point' not in kinds:
            return
        x, y = own['transform'].removeprefix('translate(').removesuffix(')').split()
        said = own['data-item'], own['data-label'], own['data-told']
        place = float(x), float(y)
        self.found.append(Placed(*said, int(own['data-target']), 'wrong' in kinds, place))


def seconds(items: int) -> float:
    """How much of each of so many recordings the page carries: 5 s, or what fits into 6.5 MB."""
    return min(MOST_S, MOST_BYTES / BYTES_PER_S / max(items, 1))


def mp3(samples: Int16[np.ndarray, ' samples']) -> str:
    """The data URI of a sound of 16 kHz at 24 kbit/s; faded in and out, silence at the ends."""
    import soundfile

    ramp = np.minimum(np.arange(len(samples)) / (0.02 * RATE_HZ), 1.0)
    file = io.BytesIO()
    faded = samples / 32768 * ramp * ramp[::-1]
    soundfile.write(
        file, faded, RATE_HZ, format='MP3', bitrate_mode='CONSTANT', compression_level=0.9
    )
    return f'data:audio/mpeg;base64,{base64.b64encode(file.getvalue()).decode()}'


def told(point: Point, labels: Sequence[str]) -> str:
    """What was named, in words."""
    right = 'rightly' if point.target == point.predicted else 'wrongly'
    return f'{right} named {labels[point.predicted]}, {point.probability:.0%} sure'


def _map(points: Sequence[Point], labels: Sequence[str]) -> Markup:
    # Those that were named wrongly lie on top.
    order = sorted(points, key=lambda point: (point.target != point.predicted, point.target))
    inside = []
    for point in order:
        x, y = _units(point)
        wrong = point.target != point.predicted
        inside.append(
            tag(
                'g',
                tag(
                    'g',
                    tag('circle', r=RADIUS + 6, class_='ring') if wrong else None,
                    _mark(point.target),
                ),
                transform=f'translate({x} {y})',
                class_='point wrong' if wrong else 'point',
                role='button',
                tabindex=-1,
                aria_label=f'{point.item}: {labels[point.target]}, {told(point, labels)}',
                data_item=point.item,
                data_label=labels[point.target],
                data_told=f'{told(point, labels)}; {PARTS[point.part]} part',
                data_target=point.target,
                data_sound=Markup(point.sound),  # base64, and long
            )
        )
    return tag(
        'svg',
        *inside,
        viewBox=_frame(points),
        role='group',
        aria_label='Map of the recordings',
        id='map',
    )


def _units(point: Point) -> tuple[float, float]:
    """Its place in the map's own units, y downwards."""
    x, y = (MARGIN + (SIDE - 2 * MARGIN) * each for each in point.place)
    return round(x, 1), round(SIDE - y, 1)


def _frame(points: Sequence[Point]) -> str:
    """The map from its highest to its lowest mark, a third of it at least: many lie in a band."""
    down = [_units(point)[1] for point in points]
    height = max(max(down) - min(down) + 2 * MARGIN, SIDE / 3)
    return f'0 {(max(down) + min(down) - height) / 2:.1f} {SIDE} {height:.1f}'


def _mark(target: int) -> Markup:
    corners = marks.shape(target) * (RADIUS, -RADIUS)
    path = 'M' + 'L'.join(f'{x:.1f} {y:.1f}' for x, y in corners) + 'Z'
    return tag('path', d=path, class_=f'c{target % len(marks.COLOURS)}')


def _legend(points: Sequence[Point], used: Sequence[int], labels: Sequence[str]) -> Markup:
    rows = []
    for target in used:
        of = [point for point in points if point.target == target]
        right = sum(point.predicted == target for point in of)
        picture = tag('svg', _mark(target), viewBox='-14 -14 28 28', aria_hidden='true')
        box = tag('input', type='checkbox', checked=True, value=target, class_='class')
        row = tag('label', box, picture, name(labels[target]), f' {right}/{len(of)}')
        rows.append(tag('li', row))
    only = tag('label', tag('input', type='checkbox', id='wrong'), 'only those named wrongly')
    buttons = [tag('button', text, type='button', id=text) for text in ('all', 'none')]
    return tag(
        'fieldset',
        tag('legend', 'Classes, and how many were named rightly'),
        tag('ul', *rows),
        tag('p', *buttons),
        tag('p', only),
        tag('p', id='count', role='status'),
    )


def _table(points: Sequence[Point], labels: Sequence[str]) -> Markup:
    titles = ('recording', 'part', 'class', 'named', 'probability')
    head = tag('thead', tag('tr', *(tag('th', title, scope='col') for title in titles)))
    body = [
        tag(
            'tr',
            tag('td', name(point.item)),
            tag('td', PARTS[point.part]),
            tag('td', name(labels[point.target])),
            tag('td', name(labels[point.predicted])),
            tag('td', f'{point.probability:.0%}'),
        )
        for point in sorted(points, key=lambda point: (point.target, point.item, point.part))
    ]
    table = tag('table', head, tag('tbody', *body))
    return tag('div', table, class_='scroll', tabindex=0, role='region', aria_label='All')
