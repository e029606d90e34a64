"""Cells as the entries of a table: what is said where, before it is written in any format."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

from research import scores
from research.cells import Cell

Texts = tuple[str, ...]
Cells = Mapping[tuple[Texts, Texts], Cell]
# Corrected p-values above it do not tell a row from the best.
LEVEL = 0.05


@dataclasses.dataclass(frozen=True)
class Entry:
    """What stands in one place.

    Attributes:
        text: as people read it.
        interval: '[low, high]', or ''.
        order: by which it is sorted; NaN comes last.
        best: whether it is the best of its column.
        tied: whether it is not told apart from the best.
    """

    text: str
    interval: str = ''
    order: float | str = math.nan
    best: bool = False
    tied: bool = False


@dataclasses.dataclass(frozen=True)
class Layout:
    """A table.

    Attributes:
        names: how many columns name the row; the others are numbers.
        header: titles of the columns.
        lines: entries by row and column.
        notes: sentences that belong below it.
    """

    names: int
    header: Sequence[str]
    lines: Sequence[Sequence[Entry]]
    notes: Sequence[str]


def lay(
    cells: Cells,
    rows: Sequence[str],
    metric: str,
    against: str | None = None,
    aggregate: str = 'mean',
) -> Layout:
    """A line a row. What is the same in all of a column is told in the notes, once.

    Args:
        cells: by (row, column).
        rows: settings that make a row.
        metric: what is compared.
        against: the row that the others are compared with.
        aggregate: name of what a row's score is made of those of its seeds.
    """
    score = scores.of(metric)
    columns = list(dict.fromkeys(column for _, column in cells))
    parts = [_Column(cells, column, metric, against) for column in columns]
    header = [*rows, *(title for part in parts for title in part.titles)]
    lines = [
        [*(Entry(name, order=name) for name in row), *(e for part in parts for e in part.of(row))]
        for row in dict.fromkeys(row for row, _ in cells)
    ]
    notes = [note for part in parts for note in part.notes]
    notes += _meanings(cells.values(), aggregate)
    if against:
        better = 'lower' if score.lowest else 'higher'
        notes += [
            f'Less {against}: the paired difference with its interval.',
            f'Better: probability of improvement, how often a seed is {better} than one of '
            f'{against}, ties counting half.',
        ]
        notes += [note for part in parts for note in part.at_odds()]
    return Layout(len(rows), header, lines, notes)


class _Column:
    """Entries of all rows in one column of scores."""

    def __init__(self, cells: Cells, column: Texts, metric: str, against: str | None):
        self._name = ', '.join(column)
        self._cells = {row: cell for (row, its), cell in cells.items() if its == column}
        self._score, self._against = scores.of(metric), against
        found = [cell for cell in self._cells.values() if cell.seeds]
        defined = [round(cell.mean, 3) for cell in found if not math.isnan(cell.mean)]
        self._best = (min if self._score.lowest else max)(defined, default=math.nan)
        # Told below the table where all rows have the same, else in columns of their own.
        tested = {(cell.n, cell.groups) for cell in found}
        devices = {cell.device for cell in found}
        self._tested, self._device = len(tested) > 1, len(devices) > 1
        per = self._score.per
        said = [f'{n:,} {per} in {groups:,} group{"s" * (groups != 1)}' for n, groups in tested]
        said += [f'trained on {device}' for device in devices if device]
        alike = said if not self._tested and not self._device else []
        if self._tested != self._device:
            alike = said[len(tested) :] if self._tested else said[:1]
        self.notes = [f'{self._name}: {", ".join(alike)}.'] if alike else []
        self.titles = [
            f'{metric}: {self._name}',
            *([self._score.per, 'groups'] if self._tested else []),
            *('seeds', 'parameters', 'seconds'),
            *(['device'] if self._device else []),
            *([f'less {against}', 'better'] if against else []),
        ]

    def of(self, row: Texts) -> list[Entry]:
        cell = self._cells.get(row)
        if cell is None:
            return [Entry('')] * len(self.titles)
        share = self._score.share
        few = f'{cell.seeds} of {cell.wanted}' if cell.seeds < cell.wanted else f'{cell.seeds}'
        entries = [
            self._mean(cell),
            *([_count(cell.n), _count(cell.groups)] if self._tested else []),
            Entry(few, order=float(cell.seeds)),
            _count(cell.parameters),
            _count(None if math.isnan(cell.seconds) else round(cell.seconds)),
            *([Entry(cell.device, order=cell.device)] if self._device else []),
        ]
        if self._against and math.isnan(cell.difference):
            entries += [Entry('')] * 2
        elif self._against:
            ends = cell.difference_low, cell.difference_high
            text = number(cell.difference, share, '+')
            entries.append(Entry(text, interval(*ends, share, '+'), cell.difference))
            entries.append(Entry(f'{cell.improvement:.0%}', order=cell.improvement))
        return entries

    def at_odds(self) -> list[str]:
        """A note on rows whose difference may be none by its interval, but not by the test.

        The test is of a row and the best of the column, the interval of a row and the one that the
        others are compared with: both are of one pair where that one is the best, or the row is.
        """
        base = next((cell for row, cell in self._cells.items() if said(row) == self._against), None)
        if base is None:
            return []
        # The best has no p: the others are tested against it.
        p = {row: base.p if math.isnan(cell.p) else cell.p for row, cell in self._cells.items()}
        pairs = [
            (row, cell)
            for row, cell in self._cells.items()
            if math.isnan(base.p) or math.isnan(cell.p)
            if p[row] <= LEVEL and cell.difference_low <= 0 <= cell.difference_high
        ]
        if not pairs:
            return []
        rows = '; '.join(said(row) for row, _ in pairs)
        several = max(base.seeds, *(cell.seeds for _, cell in pairs)) > 1
        why = 'with these seeds the items tell them apart, with others they may not'
        return [
            f'{self._name}: the test tells {rows} from {self._against}, though the interval of the '
            f'difference holds 0: {why if several else "it is close"}.'
        ]

    def _mean(self, cell: Cell) -> Entry:
        if not cell.seeds:
            return Entry('missing')
        best = round(cell.mean, 3) == self._best
        return Entry(
            number(cell.mean, self._score.share),
            interval(cell.low, cell.high, self._score.share),
            cell.mean,
            best=best,
            tied=not best and cell.p > LEVEL,
        )


def _meanings(cells: Iterable[Cell], aggregate: str) -> list[str]:
    """What brackets and marks stand for, as far as there are any."""
    found = [cell for cell in cells if cell.seeds]
    notes = ['Scores are interquartile means over seeds.'] if aggregate == 'iqm' else []
    seeds = {cell.seeds > 1 for cell in found if not math.isnan(cell.low)}
    over = {
        frozenset([True]): 'over seeds and groups',
        frozenset([False]): 'over groups alone: of one seed, how seeds vary is not in them',
        frozenset([True, False]): 'over seeds and groups; of one seed, over groups alone',
    }
    if seeds:
        notes.append(f'In brackets: 95% intervals by bootstrap {over[frozenset(seeds)]}.')
    if any(cell.groups == 1 and not math.isnan(cell.low) for cell in found):
        notes.append("Of a single group the interval is Wilson's, with one trial.")
    if any(
        cell.groups == 1 and math.isnan(cell.low) and not math.isnan(cell.mean) for cell in found
    ):
        notes.append('Of a single group what is no share up to 100% has no interval.')
    p_values = [cell.p for cell in found if not math.isnan(cell.p)]
    if p_values:
        test = 'paired permutation test over groups, the seeds as they are'
        tied = f'†: not told apart from it at {LEVEL:.0%}'
        clear = f'All others are told apart from it at {LEVEL:.0%}'
        how = f"{test}, Holm's correction over rows"
        notes.append(f'Bold: the best. {tied if max(p_values) > LEVEL else clear} ({how}).')
    return notes


def said(row: Texts) -> str:
    """A row's name as people read it."""
    return ', '.join(row)


def _count(value: int | None) -> Entry:
    return Entry('-') if value is None else Entry(f'{value:,}', order=float(value))


def number(value: float, share: bool, sign: str = '') -> str:
    if math.isnan(value):
        return 'undefined'
    return f'{value:{sign}.1%}' if share else f'{value:{sign}.3f}'


def interval(low: float, high: float, share: bool, sign: str = '') -> str:
    if math.isnan(low):
        return ''
    return f'[{number(low, share, sign)}, {number(high, share, sign)}]'
