"""What a prepared corpus holds, in figures: from its manifest and tables, no record is read."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

import data_prep
from data_prep import manifest, splits
from data_prep.cards import Card
from data_prep.contents import KINDS
from data_prep.copies import Pair
from data_prep.pages import folds


@dataclasses.dataclass(frozen=True)
class Tally:
    """What a class holds.

    Attributes:
        label: the class; '' for records without one.
        records: how many.
        hours: of them together.
        groups: of what the default protocol keeps whole; unknown ones are not counted.
        parts: part to records in fold 0 of the default protocol; empty where that splits slices.
    """

    label: str
    records: int
    hours: float
    groups: int
    parts: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Grouping:
    """A column that a protocol keeps whole: its values, largest first, and records without one."""

    column: str
    sizes: Mapping[str, int]
    unknown: int


@dataclasses.dataclass(frozen=True)
class Facts:
    """A prepared corpus.

    Attributes:
        name: as on the command line, with its label if it has one.
        card: what is known of it anyway.
        directory: where it lies.
        manifest: its manifest.
        rows: of items.csv.
        lengths_s: of the records, in seconds.
        tallies: of each class in the order of the ids, then of records without a class where
            there are any.
        total: of all of them.
        rates_hz: rate to the records that have it; empty for notes.
        clipped: item to its clipped samples, most first; those without any are not listed.
        groupings: of each column that a protocol keeps whole, the default's group first.
        copies: every pair that was found, exact ones first.
        rejected: path and reason; the path is relative to the source where it lies in it.
        protocols: the default first.
        bytes: on disk.
    """

    name: str
    card: Card
    directory: Path
    manifest: Mapping[str, Any]
    rows: Sequence[Mapping[str, str]]
    lengths_s: Float[np.ndarray, ' records']
    tallies: tuple[Tally, ...]
    total: Tally
    rates_hz: Mapping[int, int]
    clipped: Mapping[str, int]
    groupings: tuple[Grouping, ...]
    copies: tuple[Pair, ...]
    rejected: tuple[tuple[str, str], ...]
    protocols: tuple[folds.Protocol, ...]
    bytes: int


def quartiles(values: Sequence[float] | Float[np.ndarray, ' values']) -> list[float]:
    """Least, quarter, half, three quarters, most, by linear interpolation."""
    return np.quantile(np.asarray(values, float), [0, 0.25, 0.5, 0.75, 1]).tolist()


def named(facts: Facts) -> list[tuple[str, Tally]]:
    """The tallies under the names that people see, 'all' last; where there are no classes alone."""
    alone = [tally.label for tally in facts.tallies] == ['']
    each = [] if alone else [(tally.label or '(none)', tally) for tally in facts.tallies]
    return [*each, ('all', facts.total)]


def gather(name: str, directory: Path) -> Facts:
    """The facts of the corpus `name` that lies in `directory`.

    Raises:
        DamagedCorpus: it is not what its manifest says.
    """
    facts = manifest.check(directory)
    rows = manifest.items(directory)
    columns = {column: [row[column] for row in rows] for column in rows[0]}
    lengths_s = np.array([KINDS[facts['content']].seconds(row) for row in rows])
    first = facts['default_protocol']
    rules = {first: facts['protocols'][first], **facts['protocols']}
    pairs = _copies(directory)
    tallies = _tallies(facts['classes'], rules[first], columns, lengths_s)
    clipped = {row['item']: int(row['clipped']) for row in rows if int(row.get('clipped', 0))}
    rates = Counter(int(row['rate_hz']) for row in rows if 'rate_hz' in row)
    return Facts(
        name=name,
        card=data_prep.card(name),
        directory=directory,
        manifest=facts,
        rows=rows,
        lengths_s=lengths_s,
        tallies=tallies[:-1],
        total=tallies[-1],
        rates_hz=dict(sorted(rates.items())),
        clipped=_largest_first(clipped),
        groupings=tuple(_grouping(each, columns[each]) for each in folds.kept_whole(rules)),
        copies=pairs,
        rejected=tuple(
            (_below(facts['source'], bad['path']), bad['reason'])
            for bad in manifest.rejected(directory)
        ),
        protocols=folds.of(rules, columns, pairs),
        bytes=sum(file['bytes'] for file in facts['files'].values()),
    )


def _tallies(
    classes: Sequence[str],
    rule: Mapping[str, Any],
    columns: splits.Columns,
    lengths_s: Float[np.ndarray, ' records'],
) -> tuple[Tally, ...]:
    """Of every class, of no class, of all."""
    labels = np.array(columns['label'])
    groups = np.array(columns[rule.get('group', 'item')])
    parts = splits.assign(rule, columns) if rule['unit'] == 'item' else np.array([])

    def tally(label: str, chosen: np.ndarray) -> Tally:
        return Tally(
            label=label,
            records=int(chosen.sum()),
            hours=float(lengths_s[chosen].sum()) / 3600,
            groups=len({*groups[chosen].tolist()} - {''}),
            parts=Counter(parts[chosen].tolist()) if len(parts) else {},
        )

    every = [(label, labels == label) for label in classes]
    if (labels == '').any():
        every.append(('', labels == ''))
    return tuple(tally(*each) for each in [*every, ('', labels == labels)])


def _grouping(column: str, values: Sequence[str]) -> Grouping:
    counts = Counter(values)
    unknown = counts.pop('', 0)
    return Grouping(column, _largest_first(counts), unknown)


def _largest_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _copies(directory: Path) -> tuple[Pair, ...]:
    rows = manifest.copies(directory)
    pairs = [Pair(row['a'], row['b'], row['kind'], float(row['similarity'])) for row in rows]
    return tuple(sorted(pairs, key=lambda pair: (pair.kind, -pair.similarity, pair.a, pair.b)))


def _below(source: str, path: str) -> str:
    """The path as seen from the source: where a user keeps it is nobody's business."""
    return path.removeprefix(f'{source}/')
