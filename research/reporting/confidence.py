"""Whether models are right as often as they claim: reliability diagrams."""

import numpy as np
from jaxtyping import Float, Integer

from data_prep.pages import charts
from data_prep.pages.charts import BOTTOM, LEFT, RIGHT, TOP
from data_prep.pages.markup import Markup, tag
from research import calibration
from research.reporting import evidence, figures
from research.reporting.comparisons import Comparison, Row
from research.reporting.parts import Numbers, figure, gallery, said, section

MODELS = 12  # at once
ABOUT = (
    'Bars: how often those of one confidence are right; the rising line: as often as claimed. '
    'Recordings of all seeds together; the calibration error (ECE) is the mean over seeds.'
)
SCALED = ' Dots: the same once a temperature that was fitted on validation has scaled them.'

Said = list[tuple[Float[np.ndarray, '_ _'], Integer[np.ndarray, '_']]]


def drawn(comparison: Comparison, numbers: Numbers) -> Markup | None:
    """The section, of what has probabilities of classes."""
    if comparison.task not in ('Classification', 'Detection'):
        return None
    pictures, temperatures = [], False
    rows = [row for row in comparison.held() if evidence.there(comparison.of(row))]
    for row in rows:
        given, scaled = _said(comparison, row)
        temperatures |= bool(scaled)
        errors = [('as given', given), *([('scaled', scaled)] if scaled else [])]
        told = ', '.join(f'{name} {_error(each):.1%}' for name, each in errors)
        caption = f'{said(row)}: ECE {told}'
        pictures.append(figure(caption, diagram(given, scaled, numbers[row]), row=numbers[row]))
    about = ABOUT + SCALED if temperatures else ABOUT
    return section('Calibration', gallery(pictures), about=about, most=MODELS)


def _said(comparison: Comparison, row: Row) -> tuple[Said, Said]:
    """Of each seed probabilities and truth, as given and at the temperature."""
    if comparison.task == 'Detection':
        found = [evidence.found(folds) for folds in comparison.seeds(row)]
        pairs = [np.stack([1 - each.probability, each.probability], axis=1) for each in found]
        truths = [each.target.astype(np.int64) for each in found]
        return list(zip(pairs, truths, strict=True)), []
    seeds = [evidence.named(folds) for folds in comparison.seeds(row)]
    scaled = [(seed.scaled, seed.target) for seed in seeds if seed.scaled is not None]
    return [(seed.joined, seed.target) for seed in seeds], scaled


def _error(seeds: Said) -> float:
    return float(np.mean([calibration.expected_calibration_error(*seed) for seed in seeds]))


def diagram(given: Said, scaled: Said, row: int) -> Markup:
    """Accuracy over confidence."""
    across = figures.Scale(0, 1, LEFT, RIGHT)
    up = figures.Scale(0, 1, BOTTOM, TOP)
    pieces = charts.axes(across.marks(True), up.marks(True), 'confidence', 'right', grid=True)
    table = calibration.reliability(*_together(given))
    for low, high, count, accuracy in zip(
        table.low, table.high, table.count, table.accuracy, strict=True
    ):
        if not count:
            continue
        told = f'{low:.0%} to {high:.0%} sure: {accuracy:.0%} of {count} right'
        place = {'x': f'{across(low) + 0.5:.1f}', 'y': f'{up(accuracy):.1f}'}
        size = {'width': f'{across(high) - across(low) - 1:.1f}'}
        size['height'] = f'{max(BOTTOM - up(accuracy), 0.6):.1f}'
        pieces.append(tag('rect', tag('title', told), class_='own', **place, **size))
    pieces.append(tag('path', d=f'M{LEFT} {BOTTOM}L{RIGHT} {TOP}', class_='zero'))
    if scaled:
        table = calibration.reliability(*_together(scaled))
        for confidence, accuracy, count in zip(
            table.confidence, table.accuracy, table.count, strict=True
        ):
            if count:
                told = f'scaled, {confidence:.0%} sure: {accuracy:.0%} of {count} right'
                place = {'cx': f'{across(confidence):.1f}', 'cy': f'{up(accuracy):.1f}'}
                pieces.append(tag('circle', tag('title', told), r=3.4, class_='open', **place))
    told = f'Reliability diagram of {sum(len(truth) for _, truth in given)} answers'
    return charts.figure(told, [tag('g', *pieces, class_=figures.style(row))])


def _together(seeds: Said) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([p for p, _ in seeds]), np.concatenate([t for _, t in seeds])
