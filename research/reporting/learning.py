"""Learning curves: a figure a quantity, a line a model, its seeds as a band."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from data_prep.pages.markup import Markup, tag
from research import codec, tasks
from research.errors import UserError
from research.finished import Finished
from research.reporting import evidence, figures
from research.reporting.comparisons import Comparison
from research.reporting.parts import Numbers, figure, gallery, legend, said, section
from research.results import curves

POINTS = 60  # of a line; what lies between is left out
MODELS = 14  # in a figure at once

# Steps, rising, and values; each curve has as many as it has.
Curve = tuple[Float[np.ndarray, '_'], Float[np.ndarray, '_']]
ABOUT = (
    'Lines: the mean over seeds; bands: from the lowest seed to the highest. At most '
    f'{POINTS} points a line are kept. Steps and losses span those of the models shown.'
)


def drawn(comparison: Comparison, numbers: Numbers) -> Markup | None:
    """The section; a note where the runs keep no curves."""
    rows = [row for row in comparison.held() if comparison.seeds(row)]
    kept = {row: [run for run in comparison.of(row) if run.place.is_dir()] for row in rows}
    if not any(kept.values()):
        return section('Learning curves', tag('p', 'Packed runs keep no curves.', class_='note'))
    records = {row: [evidence.records(run) for run in runs] for row, runs in kept.items()}
    trained = {row: each for row, each in records.items() if any(map(_trained, each))}
    shown = []
    for panel in _panels(next(run for runs in kept.values() for run in runs)):
        for line in panel.lines:
            found = []
            for row, seeds in trained.items():
                each = [_curve(seed, line.split, line.metric) for seed in seeds]
                each = [curve for curve in each if len(curve[0])]
                if each:
                    found.append(band(numbers[row], said(row), each))
            if found:
                title = f'{panel.axis}: {line.label}'
                told = f'{title}, by step, a line a model'
                picture = figures.lines(told, found, 'step', _unit(panel), panel.share)
                shown.append(figure(title, picture))
    without = ', '.join(said(row) for row in kept if row not in trained)
    note = f'Grown at once, without a curve: {without}.' if without else None
    return section(
        'Learning curves',
        legend(numbers, trained),
        gallery(shown),
        tag('p', note, class_='note') if note else None,
        about=ABOUT if shown else '',
        most=MODELS,
    )


def band(row: int, name: str, seeds: Sequence[Curve]) -> figures.Line:
    """Mean, lowest and highest of some curves, each interpolated between its own ends.

    Args:
        row: number of the model.
        name: of it.
        seeds: steps, rising, and values.
    """
    steps = np.unique(np.concatenate([steps for steps, _ in seeds]))
    if len(steps) > POINTS:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, POINTS).round().astype(int))]
    values = np.array([np.interp(steps, *seed, left=np.nan, right=np.nan) for seed in seeds])
    # Seeds that report at steps of their own, each between the others' ends, leave no gap here.
    told = ~np.isnan(values).all(axis=0)
    values = values[:, told]
    ends = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    return figures.Line(row, name, steps[told], np.nanmean(values, axis=0), *ends)


def _panels(run: Finished) -> Sequence[curves.Panel]:
    """What the task reports; the loss alone where it is one of another version."""
    try:
        return curves.panels(codec.read(tasks.Task, run.experiment.get('task'), 'task'))
    except UserError:
        return (curves.Panel('loss', curves.LOSSES),)


def _curve(records: Sequence[dict], split: str, metric: str) -> Curve:
    found = {
        record['step']: record[metric]
        for record in records
        if record.get('split') == split and isinstance(record.get(metric), int | float)
    }
    steps = np.array(sorted(step for step in found if np.isfinite(found[step])), np.float64)
    return steps, np.array([found[step] for step in steps], np.float64)


def _trained(records: Sequence[dict]) -> bool:
    return any(record.get('split') == 'train' for record in records)


def _unit(panel: curves.Panel) -> str:
    return panel.axis.partition(' (')[2].rstrip(')') or panel.axis
