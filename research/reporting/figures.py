"""Figures of a report as SVG: lines with bands, intervals, points.

Drawn on 360 units' width in the colours of the page, as those of `data_prep.pages.charts`. What is
of a model carries its row's number, by which the page filters and colours.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from data_prep.pages import charts
from data_prep.pages.charts import BOTTOM, LEFT, RIGHT, TOP
from data_prep.pages.markup import Markup, tag
from data_prep.pages.wording import plain

COLOURS, DASHES = 7, 3
LINE, HEAD = 30, 38  # units of height that an interval takes, and the axis above them
SIZE, GAP = 11, 8  # units of a letter's size, and between a name and its number
# Letters' widths in their size: those of DejaVu Sans, the widest of the fonts that pages ask for.
NARROW, WIDE = ' .,:;|!()[]/-ijlftr', 'mwMW%@+=<>~\u2026\u2192'
SHORTEST = 8  # letters that are left of a name
Number = float | int
SPIKE = 20.0  # times the median, past which a scale is logarithmic
LEAST = 1e-12  # of a logarithmic scale


class Line(NamedTuple):
    """One model's line.

    Attributes:
        row: number of the model.
        name: of the model.
        x, mean, low, high: points, and the band about them.
    """

    row: int
    name: str
    x: Float[np.ndarray, ' points']
    mean: Float[np.ndarray, ' points']
    low: Float[np.ndarray, ' points']
    high: Float[np.ndarray, ' points']


class Interval(NamedTuple):
    """One model's value with the ends of its interval, NaN where it has none."""

    row: int
    name: str
    value: Number
    low: Number
    high: Number
    said: str


class Scale:
    """Numbers to places on an axis.

    Args:
        low, high: numbers that are to be shown.
        start, end: places of the axis's ends.
        log: whether its steps are factors; wants numbers above 0.
    """

    def __init__(self, low: Number, high: Number, start: Number, end: Number, log: bool = False):
        self._log, self._start, self._end = log, start, end
        if log:
            self.ticks = _factors(low, high)
        else:
            self.ticks = _steps(low, high)
        self._low, self._high = (self._at(each) for each in (self.ticks[0], self.ticks[-1]))

    def __call__(self, value: Number) -> float:
        share = (self._at(value) - self._low) / (self._high - self._low)
        return self._start + min(max(share, -0.02), 1.02) * (self._end - self._start)

    def marks(self, share: bool = False) -> list[tuple[float, str]]:
        """Places and texts of the ticks."""
        return [(self(tick), _said(tick, share)) for tick in self.ticks]

    def _at(self, value: Number) -> float:
        return math.log10(max(float(value), LEAST)) if self._log else float(value)


def lines(told: str, drawn: Sequence[Line], x: str, y: str, share: bool = False) -> Markup:
    """Lines over steps, each within the band of its seeds; axes.js draws them to other ends."""
    low, high, log = _ends(drawn, share)
    across = Scale(0, max(float(line.x.max()) for line in drawn), LEFT, RIGHT)
    up = Scale(low, high, BOTTOM, TOP, log)
    axes = charts.axes(across.marks(), up.marks(share), x, y + (', log' * log), grid=True)
    ends = ' '.join(f'{scale.ticks[i]:.9g}' for scale in (across, up) for i in (0, -1))
    kind = 'share' if share else 'log' if log else 'linear'
    pieces = [tag('g', *axes, data_ends=ends, data_scale=kind, data_what=y)]
    for line in drawn:
        there = [(across(a), up(b)) for a, b in zip(line.x, line.mean, strict=True)]
        upper = [(across(a), up(b)) for a, b in zip(line.x, line.high, strict=True)]
        lower = [(across(a), up(b)) for a, b in zip(line.x, line.low, strict=True)]
        tall = _tall(line, share, log, up)
        digits = _digits(across(line.x.max()) - LEFT, RIGHT - LEFT), _digits(tall, BOTTOM - TOP)
        band = tag('path', d=f'M{_path([*upper, *lower[::-1]], digits)}Z', class_='band')
        if len(there) > 1:
            mean = tag('path', d=f'M{_path(there, digits)}', class_='line')
        else:
            mean = _dot(*there[0])
        inside = [tag('title', line.name), band if len(there) > 1 else None, mean]
        span = ' '.join(f'{x:.9g}' for x in (line.x.max(), line.low.min(), line.high.max()))
        own = {'class_': style(line.row), 'data_row': line.row, 'data_span': span}
        pieces.append(tag('g', *inside, **own))
    return charts.figure(told, pieces)


def intervals(
    told: str, drawn: Sequence[Interval], what: str, share: bool, zero: bool = False
) -> Markup:
    """A dot a model with its interval, one below the other under their names."""
    found = [each for each in drawn if not math.isnan(each.value)]
    ends = [x for each in found for x in (each.value, each.low, each.high) if not math.isnan(x)]
    ends += [0.0] if zero else []
    across = Scale(float(np.min(ends)), float(np.max(ends)), 14, 346)
    height = HEAD + LINE * len(found)
    pieces = [tag('text', plain(what, 60), x=180, y=12, class_='middle')]
    for place, text in across.marks(share):
        line = 'zero' if zero and text.strip('+-%0.') == '' else 'grid'
        half = _span(text) / 2  # of what would stick out of the figure at its ends
        inward = min(max(place, half), charts.WIDTH - half)
        pieces.append(tag('text', text, x=f'{inward:.1f}', y=28, class_='middle'))
        pieces.append(tag('path', d=f'M{place:.1f} 34V{height}', class_=line))
    stacked = []
    for number, each in enumerate(found):
        name = _shortened(each.name, 346 - 14 - GAP - _span(each.said))
        inside = [
            tag('title', f'{each.name}: {each.said}'),
            # Between the lines of the axis, which would strike through the words, and the words.
            tag('rect', y=1, width=charts.WIDTH, height=14, class_='under'),
            tag('text', name, x=14, y=12, class_='told'),
            tag('text', each.said, x=346, y=12, class_='end'),
        ]
        if not math.isnan(each.low):
            ends = across(each.low), across(each.high)
            inside.append(tag('path', d=f'M{ends[0]:.1f} 20H{ends[1]:.1f}', class_='whisker'))
        inside.append(_dot(across(each.value), 20))
        place = f'translate(0 {HEAD + LINE * number})'
        own = {'class_': style(each.row), 'data_row': each.row, 'transform': place}
        stacked.append(tag('g', *inside, **own))
    # The axis stands above them, so that report.js can close the gaps of those it leaves out.
    pieces.append(tag('g', *stacked, data_head=HEAD, data_line=LINE))
    return charts.figure(told, pieces, height)


def points(
    told: str,
    x: Float[np.ndarray, ' points'],
    y: Float[np.ndarray, ' points'],
    names: Sequence[str],
    axes: tuple[str, str],
    row: int,
) -> Markup:
    """Points between two axes of one unit, and the line on which both are the same."""
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    across, up = Scale(low, high, LEFT, RIGHT), Scale(low, high, BOTTOM, TOP)
    ends = across.ticks[0], across.ticks[-1]
    same = f'M{across(ends[0]):.1f} {up(ends[0]):.1f}L{across(ends[1]):.1f} {up(ends[1]):.1f}'
    pieces = [*charts.axes(across.marks(), up.marks(), *axes, grid=True)]
    pieces.append(tag('path', d=same, class_='zero'))
    dots = [
        tag('circle', tag('title', name), cx=f'{across(a):.1f}', cy=f'{up(b):.1f}', r=2.6)
        for a, b, name in zip(x, y, names, strict=True)
    ]
    pieces.append(tag('g', *dots, class_=f'{style(row)} dots'))
    return charts.figure(told, pieces)


def _shortened(name: str, room: Number) -> str:
    """As much of a name, its middle left out, as fits into so many units."""
    fits = (plain(name, most) for most in range(len(plain(name)), SHORTEST, -1))
    return next((each for each in fits if _span(each) <= room), plain(name, SHORTEST))


def _span(text: str) -> float:
    """Units that a text takes at most, or nearly so."""
    narrow, wide = (sum(map(text.count, letters)) for letters in (NARROW, WIDE))
    capitals = sum(letter.isupper() and letter not in WIDE for letter in text)
    rest = len(text) - narrow - wide - capitals
    return SIZE * (0.41 * narrow + 0.64 * rest + 0.77 * capitals + 0.97 * wide)


def style(row: int) -> str:
    """Classes of a model's colour and, past as many as there are, of its dashes."""
    dash = row // COLOURS % DASHES
    return f'k{row % COLOURS}' + (f' d{dash}' if dash else '')


def swatch(row: int) -> Markup:
    """The stroke by which a model is known, for legends."""
    line = tag('path', d='M1 6H23', class_=f'{style(row)} line')
    return tag('svg', line, viewBox='0 0 24 12', aria_hidden='true', class_='swatch')


def _dot(x: Number, y: Number) -> Markup:
    return tag('circle', cx=f'{x:.1f}', cy=f'{y:.1f}', r=4, class_='dot')


def _path(places: Iterable[tuple[Number, Number]], digits: tuple[int, int]) -> str:
    return 'L'.join(f'{x:.{digits[0]}f} {y:.{digits[1]}f}' for x, y in places)


def _ends(drawn: Sequence[Line], share: bool) -> tuple[float, float, bool]:
    """From where to where the axis of some lines is to reach, and whether it is logarithmic."""
    values = np.concatenate([line.mean for line in drawn])
    ends = np.concatenate([each for line in drawn for each in (line.low, line.high)])
    low, high = float(np.min(ends)), float(np.max(ends))
    if share:
        return 0.0, max(1.0, high), False
    return low, high, low > 0 and high > SPIKE * float(np.median(values))


def _tall(line: Line, share: bool, log: bool, up: Scale) -> float:
    """Height on a scale, logarithmic or not, of what fills the axis where the line is alone."""
    low, high, own = _ends([line], share)
    if own and not log:  # factors of its least value will be as tall as those of its greatest
        high = 2 * low
    span = max(high - low, 1e-3 * abs(high))  # an axis is no shorter: see _steps
    return abs(up(high) - up(high - span))


def _digits(span: Number, whole: Number) -> int:
    """Digits after the point that a line needs to be drawn on the whole axis, read from its own."""
    return min(max(1 + math.ceil(math.log10(whole / max(span, 1e-9))), 1), 9)


def _steps(low: Number, high: Number) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`."""
    step = charts.rounded(max((high - low) / 5, abs(high) * 1e-3, 1e-6))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 9) for k in range(first, max(last, first + 1) + 1)]


def _factors(low: Number, high: Number) -> list[float]:
    low, high = max(low, LEAST), max(high, LEAST)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def _said(tick: Number, share: bool) -> str:
    return f'{charts.said(round(100 * tick, 6))}%' if share else charts.said(tick)
