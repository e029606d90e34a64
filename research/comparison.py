"""Which finished runs may stand side by side, and what they come to."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from research import finished, measures, scores, stats
from research.errors import UserError, unknown
from research.finished import Finished

APART = ('data.corpus', 'data.protocol', 'fingerprint')
AVERAGED = {'seed', 'data.fold'}
Texts = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Cell:
    """What one row has in one column.

    Attributes:
        mean: the score, over seeds; NaN where it is not defined for one of them.
        low: lower end of its 95% interval; NaN: it has none.
        high: upper end.
        n: what each seed was tested on, summed: items, slices, words, tokens.
        seeds: how many.
        parameters: trained ones.
        seconds: of training a seed, all folds together.
        difference: from another row of the same column, on the same units; NaN: not asked for.
        difference_low: lower end of its paired 95% interval; NaN: it has none.
        difference_high: upper end.
    """

    mean: float
    low: float
    high: float
    n: int
    seeds: int
    parameters: int
    seconds: float
    difference: float = math.nan
    difference_low: float = math.nan
    difference_high: float = math.nan


class _Pool(NamedTuple):
    """What a cell was tested on: the score of its seeds, and the names of the units."""

    measure: measures.Measure
    unit: np.ndarray


def tabulate(
    runs: Sequence[Finished],
    rows: Sequence[str],
    columns: Sequence[str],
    metric: str,
    against: str | None = None,
) -> tuple[dict[tuple[Texts, Texts], Cell], list[str]]:
    """Cells by (row, column), and a line on each seed left out because it lacks folds.

    Args:
        against: a row, its values joined by ', ', from which the others' difference is told, groups
            resampled whole and the same for both.

    Raises:
        UserError: no such row in a column; or numbers would share a cell or a column that must not:
            says which runs and why.
    """
    cells, notes = {}, []
    for column, members in _grouped(runs, lambda run: run.texts(columns)).items():
        where = f'column {", ".join(column)}'
        _refuse(members, APART, f'{where} would mix what never shares one: put it in --columns')
        folds = sorted({run.settings['data.fold'] for run in members})
        tested: dict[Texts, _Pool] = {}
        for row, same in _grouped(members, lambda run: run.texts(rows)).items():
            names = {name for run in same for name in run.settings} - AVERAGED
            _refuse(
                same, sorted(names), f'row {", ".join(row)} would average them: put it in --rows'
            )
            seeds = []
            for seed, parts in _grouped(same, lambda run: run.settings['seed']).items():
                have = sorted(run.settings['data.fold'] for run in parts)
                if have == folds:
                    seeds.append(parts)
                else:
                    notes.append(
                        f'left out: {", ".join(row)}, seed {seed}: folds {have} of {folds}'
                    )
            if seeds:
                cells[row, column], tested[row] = _cell(seeds, metric)
        first = next(iter(tested), ())
        for row, pool in tested.items():
            if not np.array_equal(pool.unit, tested[first].unit):
                raise UserError(f'{where}: {first} and {row} were tested on other items: take one')
        if against is not None and tested:
            named = {', '.join(row): pool for row, pool in tested.items()}
            if against not in named:
                raise UserError(f'{where}: {unknown("row", against, named)}')
            for row, pool in tested.items():
                if pool is not named[against]:
                    found = _difference(pool, named[against])
                    cells[row, column] = dataclasses.replace(cells[row, column], **found)
    return cells, notes


def _difference(pool: _Pool, other: _Pool) -> dict[str, float]:
    found = stats.paired_difference(pool.measure, other.measure)
    names = ('difference', 'difference_low', 'difference_high')
    return dict(zip(names, found, strict=True))


def _cell(seeds: Sequence[Sequence[Finished]], metric: str) -> tuple[Cell, _Pool]:
    parts = [finished.pooled(folds, metric) for folds in seeds]
    first = parts[0]
    if not all(np.array_equal(part.unit, first.unit) for part in parts):
        raise UserError(f'seeds of {seeds[0][0].directory.parent} were tested on other items')
    measure = scores.measured(parts)
    low, high = stats.interval(measure, scores.of(metric).share)
    seconds = float(np.mean([sum(run.result['seconds'] for run in folds) for folds in seeds]))
    parameters = seeds[0][0].result['parameters']
    shape = round(measure.size), len(seeds), parameters, seconds
    return Cell(measures.value(measure), low, high, *shape), _Pool(measure, first.unit)


def _grouped(runs: Iterable[Finished], key: Callable[[Finished], Any]) -> dict[Any, list[Finished]]:
    groups: dict[Any, list[Finished]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return groups


def _refuse(runs: Sequence[Finished], names: Iterable[str], why: str) -> None:
    for name in names:
        for run in runs:
            one, other = runs[0].settings.get(name), run.settings.get(name)
            if one != other:
                dirs = f'{runs[0].directory} and {run.directory}'
                raise UserError(f'{dirs} differ in {name} ({one}, {other}): {why}')
