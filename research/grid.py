"""Grids as data: lists of changes, joined by `product`, `chain` and `zipped`, over experiments.

A change is a tuple of assignments as `--set` takes them; an axis is a list of changes. Nothing here
trains or reads anything.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from research.errors import UserError
from research.experiment import Experiment

Change = tuple[str, ...]
Axis = list[Change]


@dataclasses.dataclass(frozen=True)
class Member:
    """One run of a grid.

    Attributes:
        label: tells it from the others, but for the seed; the name of its experiment where that
            is enough.
        experiment: as experiments/ has it.
        change: what is different from it.
    """

    label: str
    experiment: Experiment
    change: Change = ()


@dataclasses.dataclass(frozen=True)
class Grid:
    """Runs that are to be compared.

    Attributes:
        name: of the function that made it.
        members: in the order in which they are trained.
    """

    name: str
    members: tuple[Member, ...]


def vary(path: str, values: Iterable[Any]) -> Axis:
    """One change a value: `vary('model.dropout', [0.1, 0.3])`; `None` is written as none."""
    return [(f'{path}={_written(value)}',) for value in values]


def seeds(count: int) -> Axis:
    """Seeds from 0 on."""
    return vary('seed', range(count))


def product(*axes: Axis) -> Axis:
    """Every change of each axis with every one of the others; the last axis varies fastest."""
    return [tuple(itertools.chain(*changes)) for changes in itertools.product(*axes)]


def chain(*axes: Axis) -> Axis:
    """One axis after the other."""
    return list(itertools.chain(*axes))


def zipped(*axes: Axis) -> Axis:
    """The first changes together, the second ones, and so on.

    Raises:
        UserError: axes of different lengths.
    """
    if len({len(axis) for axis in axes}) > 1:
        lengths = ', '.join(str(len(axis)) for axis in axes)
        raise UserError(f'axes of {lengths} changes cannot be zipped: give them one length')
    return [tuple(itertools.chain(*changes)) for changes in zip(*axes, strict=True)]


def over(bases: Experiment | Sequence[Experiment], *axes: Axis) -> tuple[Member, ...]:
    """Members: every experiment with every change of the axes' product."""
    found = []
    for base in [bases] if isinstance(bases, Experiment) else bases:
        for change in product(*axes):
            told = [each for each in change if not each.startswith('seed=')]
            found.append(Member(' '.join([base.name, *told]), base, change))
    return tuple(found)


def ablate(base: Experiment, *axes: Axis, **less: str | Change) -> tuple[Member, ...]:
    """The experiment, and the same with one thing less or other at a time.

    Args:
        base: the baseline, whose label is its name.
        axes: repeated for each, as `seeds(5)`.
        less: label to assignment or assignments, `no_augment='augment=none'`.
    """
    found = []
    for label, own in [(base.name, ()), *less.items()]:
        for change in product(*axes):
            wanted = (own,) if isinstance(own, str) else own
            found.append(Member(label, base, (*wanted, *change)))
    return tuple(found)


def swept(base: Experiment, sweeps: Sequence[str]) -> Grid:
    """The grid that `--sweep` asks for: the product of `a.b=v1,v2` and of ranges, `seed=0:10`.

    Commas in brackets part no values: `model.channels=[16,16],[32,32]`.

    Raises:
        UserError: no values, or a path that is swept twice.
    """
    axes, paths = [], []
    for sweep in sweeps:
        path, equals, text = sweep.partition('=')
        values = _values(text)
        if not path or not equals or not values:
            raise UserError(
                f"--sweep={sweep}: 'name=value,value' is wanted, as in model.dropout=0.1,0.3, or a "
                'range of whole numbers, as in seed=0:10'
            )
        if path in paths:
            raise UserError(f'--sweep={sweep}: {path} is swept already; give all values at once')
        axes.append(vary(path, values))
        paths.append(path)
    what = '-'.join(path.rpartition('.')[2] for path in paths)
    return Grid(f'{base.name}-by-{what}', over(base, *axes))


def _values(text: str) -> list[Any]:
    """Values between commas outside brackets; whole numbers of a range a:b, b left out."""
    first, colon, last = text.partition(':')
    if colon and first.strip().isdigit() and last.strip().isdigit():
        return list(range(int(first), int(last)))
    values, depth = [''], 0
    for letter in text:
        depth += (letter in '[(') - (letter in '])')
        if letter == ',' and depth == 0:
            values.append('')
        else:
            values[-1] += letter
    values = [value.strip() for value in values]
    return values if all(values) else []


def _written(value: Any) -> str:
    if value is None:
        return 'none'
    if isinstance(value, tuple | list):
        return f'[{",".join(map(_written, value))}]'
    return str(value).lower() if isinstance(value, bool) else str(value)
