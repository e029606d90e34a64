"""Which finished runs may stand side by side, and what they come to."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from research import finished, stats
from research.errors import UserError
from research.finished import Finished

APART = ('data.corpus', 'data.protocol', 'fingerprint')
AVERAGED = {'seed', 'data.fold'}
Texts = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Cell:
    """What one row has in one column.

    Attributes:
        mean: the score, over seeds.
        low: lower end of its 95% interval.
        high: upper end.
        n: what each seed was tested on, summed: items, slices, words, tokens.
        seeds: how many.
        parameters: trained ones.
        seconds: of training a seed, all folds together.
    """

    mean: float
    low: float
    high: float
    n: int
    seeds: int
    parameters: int
    seconds: float


def tabulate(
    runs: Sequence[Finished], rows: Sequence[str], columns: Sequence[str], metric: str
) -> tuple[dict[tuple[Texts, Texts], Cell], list[str]]:
    """Cells by (row, column), and a line on each seed left out because it lacks folds.

    Raises:
        UserError: numbers would share a cell or a column that must not; says which runs and why.
    """
    cells, notes = {}, []
    for column, members in _grouped(runs, lambda run: run.texts(columns)).items():
        where = f'column {", ".join(column)}'
        _refuse(members, APART, f'{where} would mix what never shares one: put it in --columns')
        folds = sorted({run.settings['data.fold'] for run in members})
        tested: dict[Texts, Any] = {}
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
        for row, units in tested.items():
            if not np.array_equal(units, tested[first]):
                raise UserError(f'{where}: {first} and {row} were tested on other items: take one')
    return cells, notes


def _cell(seeds: Sequence[Sequence[Finished]], metric: str) -> tuple[Cell, Any]:
    parts = [finished.pooled(folds, metric) for folds in seeds]
    first = parts[0]
    if not all(np.array_equal(part.unit, first.unit) for part in parts):
        raise UserError(f'seeds of {seeds[0][0].directory.parent} were tested on other items')
    over, under = (
        np.stack([getattr(part, field) for part in parts]) for field in ('numerator', 'denominator')
    )
    low, high = stats.ratio_interval(over, under, first.group)
    seconds = float(np.mean([sum(run.result['seconds'] for run in folds) for folds in seeds]))
    parameters = seeds[0][0].result['parameters']
    counted = round(float(under.sum() / len(seeds)))
    shape = counted, len(seeds), parameters, seconds
    mean = float(np.mean([part.value for part in parts]))
    return Cell(mean, low, high, *shape), first.unit


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
