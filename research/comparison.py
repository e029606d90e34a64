"""Which finished runs may stand side by side, and what they come to."""

import contextlib
import dataclasses
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from data_prep.pages.wording import listed
from research import aggregates, cells, measures, scores, significance
from research.cells import Cell, Pool
from research.errors import UserError, unknown
from research.finished import Finished, texts
from research.gathering import Gathered

APART = ('data.corpus', 'data.protocol', 'fingerprint')
AVERAGED = {'seed', 'data.fold'}
# What would stand in for a corpus trains nothing by itself: of its overrides those that took effect
# are among a run's settings.
UNTRAINED = {'standin.corpus', 'standin.overrides'}
Texts = tuple[str, ...]
Cells = dict[tuple[Texts, Texts], Cell]


def tabulate(
    found: Gathered,
    rows: Sequence[str],
    columns: Sequence[str],
    metric: str,
    against: str | None = None,
    aggregate: aggregates.Aggregate = aggregates.mean,
) -> tuple[Cells, list[str]]:
    """Cells by (row, column), and a line on each run or seed that is left out.

    Args:
        found: the runs; those that are missing count among the seeds that a row is to have.
        rows: settings that make a row.
        columns: settings that make a column.
        metric: what is compared.
        against: a row, its values joined by ', ', from which the others' difference is told, groups
            resampled whole and the same for both.
        aggregate: what a row's score is made of those of its seeds.

    Raises:
        UserError: no run has the score; no such row in a column; or numbers would share a cell or a
            column that must not: says which runs and why.
    """
    runs, notes = _scored(found.finished, metric)
    runs, twins = once(runs)
    notes += twins
    wanted = _wanted([*(run.settings for run in runs), *found.missing], rows, columns)
    table: Cells = {}
    for column, members in _grouped(runs, lambda run: run.texts(columns)).items():
        where = f'column {", ".join(column)}'
        _refuse(members, APART, f'{where} would mix what never shares one: put it in --columns')
        folds = sorted({run.settings['data.fold'] for run in members})
        tested: dict[Texts, Pool] = {}
        for row, same in _grouped(members, lambda run: run.texts(rows)).items():
            names = {name for run in same for name in run.settings} - AVERAGED - UNTRAINED
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
                count = len(wanted[row, column])
                table[row, column], tested[row] = cells.cell(seeds, count, metric, aggregate)
        for row in dict.fromkeys(row for row, its in wanted if its == column):
            table.setdefault((row, column), cells.missing(len(wanted[row, column])))
        _refuse_other_items(tested, where)
        lowest = scores.of(metric).lowest
        for row, p in _ties(tested, lowest, aggregate).items():
            table[row, column] = dataclasses.replace(table[row, column], p=p)
        if against is not None and tested:
            named = {', '.join(row): pool for row, pool in tested.items()}
            if against not in named:
                raise UserError(f'{where}: {unknown("row", against, named)}')
            for row, pool in tested.items():
                if pool is not named[against]:
                    more = cells.against(pool, named[against], lowest, aggregate)
                    table[row, column] = dataclasses.replace(table[row, column], **more)
    return table, notes


def once(runs: Sequence[Finished]) -> tuple[list[Finished], list[str]]:
    """The runs less those that were trained by the very settings of another, seed included.

    Returns:
        Of each the one with the most scores, the first of these; and a line on each of the others.
    """
    twins = _grouped(runs, _trained)
    kept = {key: max(same, key=lambda run: len(run.tested.known())) for key, same in twins.items()}
    notes = [
        f'left out: {run.place}: trained by the same settings as {kept[key].place}'
        for key, same in twins.items()
        for run in same
        if run is not kept[key]
    ]
    return [*kept.values()], notes


def _trained(run: Finished) -> Texts:
    """All that a run was trained by."""
    return tuple(sorted(f'{k}={v}' for k, v in run.settings.items() if k not in UNTRAINED))


def _scored(runs: Sequence[Finished], metric: str) -> tuple[list[Finished], list[str]]:
    """The runs that have a score, and a line on all others that have the same scores."""
    known = [run.tested.known() for run in runs]
    having = [run for run, names in zip(runs, known, strict=True) if metric in names]
    if runs and not having:
        raise UserError(f'{runs[0].place}: {unknown("score", metric, known[0])}')
    lacking: dict[Texts, list[str]] = {}
    for run, names in zip(runs, known, strict=True):
        if metric not in names:
            lacking.setdefault(tuple(names), []).append(str(run.place))
    others = []
    for names, places in lacking.items():
        where = places[0] if len(places) == 1 else listed(places, 3)  # which shortens them
        others.append(f'left out: {where}: no {metric}, but {", ".join(names)}')
    return having, others


def _wanted(
    settings: Iterable[Mapping[str, Any]], rows: Sequence[str], columns: Sequence[str]
) -> dict[tuple[Texts, Texts], set[Any]]:
    """Seeds that each cell is to have, finished or not."""
    seeds = defaultdict(set)
    for each in settings:
        with contextlib.suppress(KeyError):  # one that has not begun need not tell its settings
            cell = texts(each, rows), texts(each, columns)
            seeds[cell].add(each.get('seed'))
    return seeds


def _ties(
    tested: Mapping[Texts, Pool], lowest: bool, aggregate: aggregates.Aggregate
) -> dict[Texts, float]:
    """Of each row but the best the corrected p-value of being no other than that."""
    values = {row: measures.value(pool.measure, aggregate) for row, pool in tested.items()}
    defined = {row: value for row, value in values.items() if not math.isnan(value)}
    if len(defined) < 2:
        return {}
    best = (min if lowest else max)(defined, key=lambda row: defined[row])
    p = {
        row: significance.paired_permutation(
            tested[row].measure, tested[best].measure, aggregate=aggregate
        )
        for row in defined
        if row != best
    }
    return dict(zip(p, significance.holm(list(p.values())), strict=True))


def _refuse_other_items(tested: Mapping[Texts, Pool], where: str) -> None:
    first = next(iter(tested), ())
    for row, pool in tested.items():
        if not np.array_equal(pool.unit, tested[first].unit):
            raise UserError(f'{where}: {first} and {row} were tested on other items: take one')


def _grouped(runs: Iterable[Finished], key: Callable[[Finished], Any]) -> dict[Any, list[Finished]]:
    groups: dict[Any, list[Finished]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return groups


def _refuse(runs: Sequence[Finished], names: Iterable[str], why: str) -> None:
    for name in names:
        for run in runs:
            one, other = (each.settings.get(name, 'absent') for each in (runs[0], run))
            if one != other:
                dirs = f'{runs[0].place} and {run.place}'
                raise UserError(f'{dirs} differ in {name} ({one}, {other}): {why}')
