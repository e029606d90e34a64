"""What must be known of a corpus before anybody trusts a score on it: leaks, copies, clipping."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from data_prep import leaks, splits
from data_prep.cards import Corpus
from data_prep.copies import Pair

SHOWN = 12  # classes that a line names


def hold(corpus: Corpus, columns: splits.Columns) -> None:
    """Deals every fold of every split of whole items once, before anything is decoded.

    Raises:
        PrepError: a protocol cannot be kept; says which, and why.
    """
    for _, protocol in _over_items(corpus.protocols):
        for fold in range(int(protocol['folds'])):
            splits.assign(protocol, columns, fold)


def run(
    corpus: Corpus, rows: Sequence[Mapping[str, Any]], pairs: Sequence[Pair], uncompared: int
) -> dict[str, Any]:
    """The checks as data for the manifest.

    Args:
        corpus: with its classes and protocols.
        rows: of items.csv.
        pairs, uncompared: as `data_prep.copies` gives them.

    Returns:
        'leaks': protocol to the `leaks.Leaks` of each fold, a share without test rows as None;
        'copies': kind to pairs; 'uncompared': as given; 'clipped': how many recordings are;
        'few_groups': protocol to the classes with fewer groups (those that copies bind are one)
        than train, valid and test need, and how many they have; 'empty_classes': those of which
        there is no record.
    """
    columns = {name: [str(row[name]) for row in rows] for name in rows[0]}
    protocols = dict(_over_items(corpus.protocols))
    return {
        'leaks': {
            name: [
                _plain(leaks.found(protocol, columns, pairs, fold))
                for fold in range(int(protocol['folds']))
            ]
            for name, protocol in protocols.items()
        },
        'copies': {kind: sum(pair.kind == kind for pair in pairs) for kind in ('exact', 'near')},
        'uncompared': uncompared,
        'clipped': sum(bool(row.get('clipped')) for row in rows),
        'few_groups': {
            name: few
            for name, protocol in protocols.items()
            if 'column' not in protocol and (few := _few(protocol, columns))
        },
        'empty_classes': sorted(set(corpus.classes) - set(columns['label'])),
    }


def lines(checks: Mapping[str, Any], label: str) -> Iterator[str]:
    """The checks for people; `label` says what the classes are of."""
    for name, folds in checks['leaks'].items():
        leaking = max(folds, key=_badness)
        sizes = leaking['sizes']
        said = [f'{"/".join(str(sizes[part]) for part in splits.PARTS)} train/valid/test']
        said += [f'{size} {part}' for part, size in sizes.items() if part not in splits.PARTS]
        said += [f'{leaking["left_out"]} left out'] * bool(leaking['left_out'])
        said += [
            f'{share:.1%} of test has its {column} in train'
            for column, share in leaking['known'].items()
            if share is not None and column not in ('item', 'copies')
        ]
        said += [
            f'{count} {column}s torn apart' for column, count in leaking['torn'].items() if count
        ]
        said.append(f'copies across sides: {leaking["exact"]} exact, {leaking["near"]} near')
        said += [
            f'{count} of {sizes[part]} {part} are copies of what trains or validates'
            for part, count in leaking['aside'].items()
        ]
        worst = f', fold {folds.index(leaking)}, the worst of {len(folds)}' * (len(folds) > 1)
        yield f'{name}{worst}: {", ".join(said)}'
        for fold, leaking in enumerate(folds):
            where = f', fold {fold}' * (len(folds) > 1)
            if empty := [part for part in splits.PARTS if not leaking['sizes'][part]]:
                why = 'too few groups, or joined by copies'
                yield f'{name}{where}: nothing in {" and ".join(empty)}: {why}'
    for name, few in checks['few_groups'].items():
        for of, count in few.items():
            sides = 'train and test both' if count == 1 else 'train, valid and test all'
            groups = f'{count} group' + 's' * (count > 1)
            yield f'{name}: {label} {of} has {groups}: it cannot be in {sides}'
    copies = checks['copies']
    yield f'copies: exact pairs {copies["exact"]}, near pairs {copies["near"]}, see copies.csv'
    if checks['uncompared']:
        yield (
            f'copies: {checks["uncompared"]} records hold too little to be compared (sound under '
            '1 s, below 5 kHz or mostly silent; notes under 15): only exact copies of them '
            'are found'
        )
    if checks['empty_classes']:
        yield f'no record of {label}: {", ".join(checks["empty_classes"])}'
    if checks['clipped']:
        yield f'clipped recordings: {checks["clipped"]}, see items.csv'


def untrained(
    protocols: Mapping[str, Mapping[str, Any]], columns: splits.Columns, label: str
) -> Iterator[str]:
    """A line on each protocol that leaves classes, of which there are records, untrained.

    Args:
        protocols: as manifests have them.
        columns: of items.csv.
        label: what the classes are of.
    """
    for name, protocol in _over_items(protocols):
        folds = defaultdict(list)
        for fold in range(int(protocol['folds'])):
            parts = splits.assign(protocol, columns, fold)
            # Rows that are set aside are no classes that a model should know.
            dealt = np.isin(parts, [*splits.PARTS, ''])
            if 'train' in parts:  # else all are, which has a line of its own
                labels = np.array(columns['label'])[dealt].tolist()
                for of in splits.coverage(labels, parts[dealt])['train']:
                    folds[of].append(str(fold))
        classes = defaultdict(list)
        for of, among in sorted(folds.items()):
            classes[tuple(among)].append(of)
        said = []
        for among, named in sorted(classes.items()):
            more = [f'{len(named) - SHOWN} more'] * (len(named) > SHOWN)
            where = f' in fold {among[0]}'
            if len(among) > 1:
                where = f' in folds {", ".join(among[:-1])} and {among[-1]}'
            several = int(protocol['folds']) > 1
            said.append(', '.join([*named[:SHOWN], *more]) + where * several)
        if said:
            yield f'{name}: nothing to train on of {label} {"; ".join(said)}'


def _over_items(
    protocols: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, each) for name, each in protocols.items() if each['unit'] == 'item')


def _few(protocol: Mapping[str, Any], columns: splits.Columns) -> dict[str, int]:
    groups = defaultdict(set)
    parts = splits.assign(protocol, columns)
    # Rows that are set aside bind nothing.
    dealt = [row for row, part in enumerate(parts.tolist()) if part in splits.PARTS]
    kept = {name: [values[row] for row in dealt] for name, values in columns.items()}
    for label, group in zip(kept['label'], splits.bound(protocol, kept), strict=True):
        if label:
            groups[label].add(group)
    return {label: len(seen) for label, seen in sorted(groups.items()) if len(seen) < 3}


def _badness(leaking: Mapping[str, Any]) -> tuple[float, ...]:
    """By which the worst fold is chosen: copies across sides, then the shares that are known."""
    known = [share or 0 for column, share in leaking['known'].items() if column != 'item']
    across = leaking['exact'] + leaking['near'] + sum(leaking['aside'].values())
    return across, sum(known), sum(leaking['torn'].values())


def _plain(leaking: leaks.Leaks) -> dict[str, Any]:
    known = {name: None if math.isnan(share) else share for name, share in leaking.known.items()}
    return leaking._asdict() | {'known': known}
