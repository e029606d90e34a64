"""What must be known of a corpus before anybody trusts a score on it: leaks, copies, clipping."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_prep import splits
from data_prep.cards import Corpus
from data_prep.copies import Pair


def hold(corpus: Corpus, columns: splits.Columns) -> None:
    """Deals every fold of every split of whole items once, before anything is decoded.

    Raises:
        PrepError: a protocol cannot be kept; says which, and why.
    """
    for _, protocol in _over_items(corpus.protocols):
        for fold in range(int(protocol['folds'])):
            splits.assign(protocol, columns, fold)


def run(corpus: Corpus, rows: Sequence[Mapping[str, Any]], pairs: Sequence[Pair]) -> dict[str, Any]:
    """The checks as data for the manifest.

    Returns:
        'leaks': protocol to the `splits.Leaks` of its fold 0, a share without test rows as None;
        'copies': kind to pairs; 'clipped': how many recordings are; 'few_groups': protocol to the
        classes with fewer groups than train, valid and test need, and how many they have.
    """
    columns = {name: [str(row[name]) for row in rows] for name in rows[0]}
    protocols = dict(_over_items(corpus.protocols))
    return {
        'leaks': {
            name: _plain(splits.leaks(protocol, columns, pairs))
            for name, protocol in protocols.items()
        },
        'copies': {kind: sum(pair.kind == kind for pair in pairs) for kind in ('exact', 'near')},
        'clipped': sum(bool(row.get('clipped')) for row in rows),
        'few_groups': {
            name: few
            for name, protocol in protocols.items()
            if 'column' not in protocol and (few := _few(protocol, columns))
        },
    }


def lines(checks: Mapping[str, Any], label: str) -> Iterator[str]:
    """The checks for people; `label` says what the classes are of."""
    for name, leaks in checks['leaks'].items():
        sizes = leaks['sizes']
        said = [f'{"/".join(str(sizes[part]) for part in splits.PARTS)} train/valid/test']
        said += [f'{size} {part}' for part, size in sizes.items() if part not in splits.PARTS]
        said += [f'{leaks["left_out"]} left out'] * bool(leaks['left_out'])
        said += [
            f'{share:.1%} of test has its {column} in train'
            for column, share in leaks['known'].items()
            if share is not None and column not in ('item', 'copies')
        ]
        said += [
            f'{count} {column}s torn apart' for column, count in leaks['torn'].items() if count
        ]
        said.append(f'copies across sides: {leaks["exact"]} exact, {leaks["near"]} near')
        yield f'{name}: {", ".join(said)}'
        if empty := [part for part in splits.PARTS if not sizes[part]]:
            yield f'{name}: nothing in {" and ".join(empty)}: too few groups, or joined by copies'
    for name, few in checks['few_groups'].items():
        for of, count in few.items():
            sides = 'train and test both' if count == 1 else 'train, valid and test all'
            groups = f'{count} group' + 's' * (count > 1)
            yield f'{name}: {label} {of} has {groups}: it cannot be in {sides}'
    copies = checks['copies']
    yield f'copies: exact pairs {copies["exact"]}, near pairs {copies["near"]}, see copies.csv'
    if checks['clipped']:
        yield f'clipped recordings: {checks["clipped"]}, see items.csv'


def _over_items(
    protocols: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, each) for name, each in protocols.items() if each['unit'] == 'item')


def _few(protocol: Mapping[str, Any], columns: splits.Columns) -> dict[str, int]:
    groups = defaultdict(set)
    parts = splits.assign(protocol, columns)
    names = splits.group_ids(columns, protocol['group'])
    for label, group, part in zip(columns['label'], names, parts.tolist(), strict=True):
        if label and part in splits.PARTS:
            groups[label].add(group)
    return {label: len(seen) for label, seen in sorted(groups.items()) if len(seen) < 3}


def _plain(leaks: splits.Leaks) -> dict[str, Any]:
    known = {name: None if math.isnan(share) else share for name, share in leaks.known.items()}
    return leaks._asdict() | {'known': known}
