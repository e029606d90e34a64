"""What one row of a table has in one column: the runs of a model, over seeds."""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from research import aggregates, finished, measures, scores, significance, stats
from research.errors import UserError
from research.finished import Finished


@dataclasses.dataclass(frozen=True)
class Cell:
    """What one row has in one column.

    Attributes:
        mean: the score, over seeds; NaN where it is not defined for one of them, or no seed is
            finished.
        low: lower end of its 95% interval; NaN: it has none.
        high: upper end.
        n: what each seed was tested on: items, slices, words, tokens.
        groups: that are resampled whole.
        seeds: how many are finished.
        wanted: how many there are to be.
        parameters: trained ones, on average over seeds; None: the runs do not say.
        seconds: of training a seed, all folds together; NaN: the runs do not say.
        device: what trained them; '': the runs do not say.
        p: that it is no other than the best of its column, corrected for all rows (Holm); NaN for
            the best, and where nothing was tested.
        difference: from another row of the same column, on the same units; NaN: not asked for.
        difference_low: lower end of its paired 95% interval; NaN: it has none.
        difference_high: upper end.
        improvement: how often a seed does better than one of that row; NaN: not asked for.
    """

    mean: float
    low: float
    high: float
    n: int
    groups: int
    seeds: int
    wanted: int
    parameters: int | None = None
    seconds: float = math.nan
    device: str = ''
    p: float = math.nan
    difference: float = math.nan
    difference_low: float = math.nan
    difference_high: float = math.nan
    improvement: float = math.nan


class Pool(NamedTuple):
    """What a cell was tested on: the score of its seeds, and the names of the units."""

    measure: measures.Measure
    unit: np.ndarray


def missing(wanted: int) -> Cell:
    """The cell of a row none of whose seeds is finished."""
    return Cell(math.nan, math.nan, math.nan, 0, 0, 0, wanted)


def cell(
    seeds: Sequence[Sequence[Finished]], wanted: int, metric: str, aggregate: aggregates.Aggregate
) -> tuple[Cell, Pool]:
    """A cell of these seeds, of each its folds.

    Raises:
        UserError: they were not tested on the same.
    """
    parts = [finished.pooled(folds, metric) for folds in seeds]
    first = parts[0]
    if not all(np.array_equal(part.unit, first.unit) for part in parts):
        raise UserError(f'seeds of {seeds[0][0].place.parent} were tested on other items')
    measure = scores.measured(parts)
    low, high = stats.interval(measure, scores.of(metric).share, aggregate=aggregate)
    found = Cell(
        measures.value(measure, aggregate),
        low,
        high,
        n=round(measure.size),
        groups=int(measure.resampled.sum()),
        seeds=len(seeds),
        wanted=wanted,
        parameters=_parameters([run for folds in seeds for run in folds]),
        seconds=float(np.mean([sum(map(_seconds, folds)) for folds in seeds])),
        device=', '.join(sorted({_device(run) for folds in seeds for run in folds} - {''})),
    )
    return found, Pool(measure, first.unit)


def against(pool: Pool, other: Pool, lowest: bool, aggregate: aggregates.Aggregate):
    """The fields of a cell that tell it from another."""
    names = ('difference', 'difference_low', 'difference_high')
    found = stats.paired_difference(pool.measure, other.measure, aggregate=aggregate)
    sign = -1 if lowest else 1
    seeds = (sign * measures.of_seeds(each.measure) for each in (pool, other))
    improvement = significance.probability_of_improvement(*seeds)
    return {**dict(zip(names, found, strict=True)), 'improvement': improvement}


def _parameters(runs: Sequence[Finished]) -> int | None:
    """Models that choose their own size on validation have others for each seed."""
    found = [run.result.get('parameters') for run in runs]
    known = [count for count in found if count is not None]
    return round(float(np.mean(known))) if known else None


def _seconds(run: Finished) -> float:
    return float(run.result.get('seconds', math.nan))


def _device(run: Finished) -> str:
    return str((run.environment.get('device') or {}).get('kind', ''))
