"""What tells one finished run from another: settings, scores, single items."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

from research import finished, scores, significance, stats
from research.dotted import flatten
from research.errors import UserError
from research.finished import Finished
from research.formats.layout import interval, number
from research.gathering import gather
from research.scores import Counted, Ranked

APART = ('data.corpus', 'fingerprint', 'data.protocol', 'data.fold')
# Of the environment what says how a run was trained, not where it was started.
TRAINED_BY = ('commit', 'python', 'jax', 'jaxlib', 'flax', 'optax', 'numpy', 'device')
ABSENT = 'absent'


class Apart(NamedTuple):
    """One unit on which two runs differ.

    Attributes:
        unit: its name.
        group: that is resampled whole.
        one, other: what either run has there; of a ranking, the share of units ranked below it.
    """

    unit: str
    group: str
    one: float
    other: float


def find(place: str, runs_dir: Path) -> Finished:
    """The one finished run that a user means.

    Raises:
        UserError: there is none, or several; lists them.
    """
    found = gather([place], runs_dir).finished
    if not found:
        raise UserError(f'{place}: no finished run there')
    if len(found) > 1:
        names = ', '.join(str(run.place) for run in found[:3])
        more = f' and {len(found) - 3} more' if len(found) > 3 else ''
        raise UserError(f'{place} has {len(found)} finished runs, give one: {names}{more}')
    return found[0]


def told(one: Finished, other: Finished, metric: str | None, most: int) -> Iterator[str]:
    """The comparison for people, line by line.

    Args:
        one: a run.
        other: another, tested on the same.
        metric: what is compared; None: the first score that both have.
        most: units that are shown.

    Raises:
        UserError: the runs may not be compared, or lack the score; says why.
    """
    refuse(one, other)
    metric = metric or _shared(one, other)
    tested = [finished.pooled([run], metric) for run in (one, other)]
    if not np.array_equal(tested[0].unit, tested[1].unit):
        raise UserError(f'{one.place} and {other.place} were tested on other items')
    yield from (f'A  {one.place}', f'B  {other.place}', '', 'settings')
    yield from _aligned(differing(one.settings, other.settings), 'the same')
    by = [flatten({n: run.environment.get(n, ABSENT) for n in TRAINED_BY}) for run in (one, other)]
    yield from ('', 'trained by')
    yield from _aligned(differing(*by), 'the same')
    yield ''
    yield from _scores(one, tested, metric)
    units = apart(tested[0], tested[1])
    more = sum(unit.one > unit.other for unit in units)
    yield ''
    yield (
        f'of {len(tested[0].unit):,} units they differ on {len(units):,}: '
        f'A is higher on {more:,}, B on {len(units) - more:,}'
    )
    lines = [(u.unit, u.group, f'{u.one:.3g}', f'{u.other:.3g}') for u in units[:most]]
    yield from _columns([('unit', 'group', 'A', 'B'), *lines] if lines else [])


def refuse(one: Finished, other: Finished) -> None:
    """Refuses two runs that were not tested on the same.

    Raises:
        UserError: says in what they differ.
    """
    for name in APART:
        values = [run.settings.get(name, ABSENT) for run in (one, other)]
        if values[0] != values[1]:
            raise UserError(
                f'{one.place} and {other.place} differ in {name} ({values[0]}, {values[1]}): '
                'what was not tested on the same items cannot be compared'
            )


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Names with the values of both, in the order of the first, of what is not the same in both."""
    names = [name for name in dict.fromkeys([*one, *other]) if name != 'label']
    both = [(name, one.get(name, ABSENT), other.get(name, ABSENT)) for name in names]
    return [(name, str(a), str(b)) for name, a, b in both if a != b]


def apart(one: Counted, other: Counted) -> list[Apart]:
    """Units on which two runs differ, those first on which they do most."""
    values = [_values(each) for each in (one, other)]
    gap = np.abs(values[0] - values[1])
    order = [place for place in np.argsort(-gap, kind='stable') if gap[place] > 0]
    return [
        Apart(str(one.unit[i]), str(one.group[i]), float(values[0][i]), float(values[1][i]))
        for i in order
    ]


def _values(tested: Counted) -> Float[np.ndarray, ' units']:
    if isinstance(tested, Ranked):
        return _below(tested.probability)
    # A unit without anything to be right about has nothing to differ in.
    return tested.numerator / np.where(tested.denominator > 0, tested.denominator, np.inf)


def _below(values: Shaped[np.ndarray, ' units']) -> Float[np.ndarray, ' units']:
    ordered = np.sort(values)
    return np.searchsorted(ordered, values) / len(values)


def _shared(one: Finished, other: Finished) -> str:
    known = [run.tested.known() for run in (one, other)]
    # What a recording is called tells more than what each of its slices is.
    preferred = ['item_accuracy', *scores.SCORES]
    both = [name for name in preferred if all(name in names for names in known)]
    if not both:
        raise UserError(
            f'{one.place} and {other.place} share no score: '
            f'{", ".join(known[0])}; {", ".join(known[1])}'
        )
    return both[0]


def _scores(run: Finished, tested: Sequence[Counted], metric: str) -> Iterator[str]:
    score, share = scores.of(metric), scores.of(metric).share
    measures = [scores.measured([each]) for each in tested]
    where = ', '.join(str(run.settings[name]) for name in ('data.corpus', 'data.protocol'))
    groups = int(measures[0].resampled.sum())
    yield (
        f'{metric} of {measures[0].size:,.0f} {score.per} in {groups:,} '
        f'group{"s" * (groups != 1)} ({where}, fold {run.settings["data.fold"]})'
    )
    lines = []
    for name, each, measure in zip('AB', tested, measures, strict=True):
        ends = interval(*stats.interval(measure, share), share)
        lines.append((name, number(each.value, share), ends, ''))
    found, low, high = stats.paired_difference(measures[0], measures[1])
    p = significance.paired_permutation(measures[0], measures[1])
    ends = interval(low, high, share, '+')
    lines.append(('A - B', number(found, share, '+'), ends, f'p = {p:.2g}'))
    yield from _columns(lines)


def _aligned(lines: Sequence[tuple[str, ...]], nothing: str) -> Iterable[str]:
    return _columns([('', 'A', 'B'), *lines]) if lines else [f'  {nothing}']


def _columns(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ['  ' + '  '.join(map(str.ljust, line, widths)).rstrip() for line in lines]
