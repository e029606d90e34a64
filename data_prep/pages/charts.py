"""Figures of a page as SVG: histograms, spectrograms and piano rolls with their axes.

All are drawn on 360 x 190 units, so that letters keep their size on a telephone; colours are those
of the page's style sheet, so that they follow its light and its dark.
"""

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from data_prep.audio import Recording
from data_prep.notes import PART, PITCH, Notes
from data_prep.pages import pictures
from data_prep.pages.markup import Markup, tag

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 58, 337, 8, 152
_BARS = 24
_PARTS = 6  # colours of parts


def histogram(
    values: Sequence[float] | Float[np.ndarray, ' values'], what: str, unit: str
) -> Markup:
    """How often values occur; `what` counts them, such as 'records', `unit` is of the axis."""
    edges = bins(values)
    counts, _ = np.histogram(values, edges)
    # Bars of whole numbers hold one each: the number stands below the middle.
    shift = 0.5 if edges[0] % 1 == 0.5 else 0.0
    names = [said(edge + shift) for edge in edges]
    step = (RIGHT - LEFT) / len(counts)
    marked = ticks(float(counts.max()), whole=True)
    tall = (BOTTOM - TOP) / marked[-1]
    spans = names if shift else [f'{a} to {b}' for a, b in itertools.pairwise(names)]
    bars = [
        tag(
            'rect',
            tag('title', f'{spans[i]} {unit}: {count:,} {what}'),
            x=f'{LEFT + i * step + 0.5:.1f}',
            y=f'{BOTTOM - count * tall:.1f}',
            width=f'{step - 1:.1f}',
            height=f'{count * tall:.1f}',
            class_='bar',
        )
        for i, count in enumerate(counts.tolist())
        if count
    ]
    every = math.ceil(len(counts) / 5)
    if len(counts) > 5:
        every = int(rounded(every))
    even = math.isclose(edges[1] - edges[0], edges[-1] - edges[-2])
    first = round(edges[0] / (edges[1] - edges[0]) + shift) if even else 0  # multiples are round
    marks = range(-first % every, len(counts) if shift else len(edges), every)
    below = [(LEFT + (i + shift) * step, names[i]) for i in marks]
    beside = [(BOTTOM - tick * tall, said(tick)) for tick in marked]
    top = int(counts.argmax())
    told = (
        f'Histogram of {len(values):,} {what} from {said(min(values))} to {said(max(values))} '
        f'{unit}; most, {counts[top]:,}, at {spans[top]} {unit}'
    )
    return figure(told, [*axes(below, beside, unit, what, grid=True), *bars])


def bins(values: Sequence[float] | Float[np.ndarray, ' values']) -> list[float]:
    """Edges of bars, at most about 24 of them.

    A bar for each where values are whole and few (edges at halves); even bars between round
    numbers; or from 1 to 2 to 5 to 10 and so on, where a few values tower over most.
    """
    low, high, middle = float(min(values)), float(max(values)), float(np.median(values))
    if low > 0 and high > 20 * middle:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        edges = [base * 10.0**power for power in powers for base in (1, 2, 5)]
        first = max(i for i, edge in enumerate(edges) if edge <= low)
        last = min(i for i, edge in enumerate(edges) if edge > high)
        return edges[first : last + 1]
    whole = all(float(value).is_integer() for value in values)
    if whole and high - low < _BARS:
        return [low - 0.5 + k for k in range(int(high - low) + 2)]
    step = rounded(max((high - low) / _BARS, abs(high) * 1e-4, 1e-4))
    step = max(1.0, step) if whole else step
    first = math.floor(low / step)
    last = max(math.floor(high / step + 1e-9) + 1, first + 1)
    return [round(k * step, 9) for k in range(first, last + 1)]


def spectrogram(sound: Recording, item: str) -> Markup:
    """A log-mel spectrogram over time and frequency."""
    picture = pictures.spectrogram(sound)
    top_hz = sound.rate_hz / 2
    wanted = [hz for hz in (125, 250, 500, 1000, 2000, 4000, 8000, 16000) if hz < top_hz]
    wanted = [hz for hz in wanted if hz >= top_hz / 50] or wanted
    places = pictures.heights(sound.rate_hz, len(picture), wanted)
    beside = [
        (BOTTOM - place * (BOTTOM - TOP), f'{hz:,}')
        for place, hz in zip(places, wanted, strict=True)
        if 0.02 < place < 0.98
    ]
    length_s = len(sound.samples) / sound.rate_hz
    image = tag(
        'image',
        href=pictures.png(picture),
        x=LEFT,
        y=TOP,
        width=RIGHT - LEFT,
        height=BOTTOM - TOP,
        preserveAspectRatio='none',
    )
    told = f'Spectrogram of {item}: {length_s:.1f} s, up to {top_hz:,.0f} Hz'
    return figure(told, [image, *axes(_seconds(length_s), beside, 's', 'Hz')])


def piano_roll(piece: Notes, item: str) -> Markup:
    """The notes that start within an excerpt, over time and pitch; each part has its colour."""
    times = pictures.times_s(piece)
    chosen = times[:, 0] < pictures.EXCERPT_S
    times, events = np.minimum(times[chosen], pictures.EXCERPT_S), piece.events[chosen]
    length_s = float(times.max(initial=1.0))
    lowest = min(int(events[:, PITCH].min(initial=60)) - 1, 55)
    highest = max(int(events[:, PITCH].max(initial=60)) + 2, lowest + 25)
    tall, wide = (BOTTOM - TOP) / (highest - lowest), (RIGHT - LEFT) / length_s
    notes = [
        tag(
            'rect',
            x=f'{LEFT + start * wide:.1f}',
            y=f'{BOTTOM - (event[PITCH] + 1 - lowest) * tall:.1f}',
            width=f'{max((end - start) * wide - 0.6, 0.8):.1f}',
            height=f'{tall:.1f}',
            class_=f'part{event[PART] % _PARTS}',
        )
        for (start, end), event in zip(times.tolist(), events.tolist(), strict=True)
    ]
    octaves = [(c, f'C{c // 12 - 1}') for c in range(0, 128, 12) if lowest < c < highest]
    beside = [(BOTTOM - (c + 0.5 - lowest) * tall, name) for c, name in octaves]
    told = f'Piano roll of {item}: {len(events)} notes in {length_s:.1f} s'
    return figure(told, [*axes(_seconds(length_s), beside, 's', 'pitch', grid=True), *notes])


def shares(counts: Sequence[tuple[str, int]], whole: int) -> Markup:
    """A bar a table row: `counts` by class of the style sheet, against the longest row."""
    pieces, start = [], 0.0
    for style, count in counts:
        width = 100 * count / max(whole, 1)
        if count:
            rect = {'x': f'{start:.2f}', 'width': f'{width:.2f}', 'height': 10, 'class_': style}
            pieces.append(tag('rect', **rect))
        start += width
    still = {'preserveAspectRatio': 'none', 'aria_hidden': 'true', 'class_': 'shares'}
    return tag('svg', *pieces, viewBox='0 0 100 10', **still)


def figure(told: str, pieces: Iterable[Markup], height: float = HEIGHT) -> Markup:
    """A picture of 360 units' width; `told` says in words what is seen."""
    return tag('svg', *pieces, viewBox=f'0 0 {WIDTH} {height:g}', role='img', aria_label=told)


def axes(
    below: Sequence[tuple[float, str]],
    beside: Sequence[tuple[float, str]],
    unit: str,
    what: str,
    grid: bool = False,
) -> list[Markup]:
    """Both axes of a figure of 360 x 190 units.

    Args:
        below: where ticks of the lower axis stand, and what they say.
        beside: the same of the left one.
        unit: of the lower axis.
        what: of the left one.
        grid: whether lines lead through the figure from the ticks of the left one.
    """
    ticks = []
    for y, text in beside:
        end = RIGHT if grid else LEFT
        ticks.append(tag('path', d=f'M{LEFT - 4} {y:.1f}H{end}', class_='grid'))
        ticks.append(tag('text', text, x=LEFT - 7, y=f'{y + 3.5:.1f}', class_='end'))
    for x, text in below:
        ticks.append(tag('path', d=f'M{x:.1f} {BOTTOM}v4', class_='grid'))
        ticks.append(tag('text', text, x=f'{x:.1f}', y=BOTTOM + 16, class_='middle'))
    middle = (TOP + BOTTOM) / 2
    turned = f'rotate(-90 10 {middle:.0f})'
    named = {'x': 10, 'y': f'{middle:.0f}', 'transform': turned, 'class_': 'middle what'}
    return [
        tag('g', *ticks, class_='ticks'),
        tag('text', unit, x=(LEFT + RIGHT) / 2, y=HEIGHT - 5, class_='middle'),
        tag('text', what, **named),
        tag('path', d=f'M{LEFT} {TOP}V{BOTTOM}H{RIGHT}', class_='axis'),
    ]


def _seconds(length_s: float) -> list[tuple[float, str]]:
    marked = [tick for tick in ticks(length_s) if tick <= length_s * 1.001]
    return [(LEFT + tick / length_s * (RIGHT - LEFT), said(tick)) for tick in marked]


def ticks(high: float, whole: bool = False) -> list[float]:
    """Round numbers from 0 to the first that is not below `high`."""
    step = rounded(high / 5)
    step = max(1.0, step) if whole else step
    return [round(k * step, 9) for k in range(math.ceil(high / step - 1e-9) + 1)]


def rounded(step: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is not below `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(base * power for base in (1, 2, 5, 10) if base * power >= step * (1 - 1e-9))


def said(value: float) -> str:
    """A number as an axis has it: '30.25', '22,050', '1e-6'; axes.js writes them the same way."""
    if 0 < abs(value) < 1e-4 or 1e10 <= abs(value) < math.inf:
        mantissa, power = f'{value:.5e}'.split('e')
        return f'{float(mantissa):g}e{int(power)}'
    return f'{round(value, 6):,.10g}'
