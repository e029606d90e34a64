"""Which items train, which choose the checkpoint, which are scored: by group, and said aloud.

A protocol is data (it stands in the manifest of its corpus):

    {'unit': 'item', 'column': 'fault_filtered', 'group': 'artist', 'folds': 1}
        the parts as published: the column holds 'train', 'valid', 'test' or '' (left out)
    {'unit': 'item', 'column': 'fold', 'group': 'artist', 'folds': 3, 'valid_share': 0.2}
        published folds '1'..'3': fold k tests on 'k + 1', and validates on about a fifth of the
        groups of the others; '' is left out
    {'unit': 'item', 'group': 'piece', 'folds': 4}
        groups dealt into parts, class by class: fold k tests on part k, validates on part k + 1
    {'unit': 'slice', 'shares': [0.7, 0.15, 0.15], 'folds': 1}
        slices at random, as tutorials do: both sides hear the same recordings

More of it, in any protocol over items:

    'together': ['text']
        columns whose values may not be torn apart either
    'aside': {'kind': ['forest']}
        rows with one of these values in the column get it as their part, and count for nothing else
    'known_torn': ['138']
        what the publisher of a split tore apart
    'copies': 'leave_out'
        where the groups that copies bind would leave nothing to train on: groups are dealt without
        regard to copies, and of copies on several sides only those of one are kept: those that
        test, else those that validate
    'copies': 'reported'
        copies may stand on two sides, there to measure how much that flatters

Where there is a column 'copies' (the name of the cluster of near copies that a row belongs to, or
''), whatever is dealt or drawn is joined by it too. Parts as published are taken as they are;
data_prep/leaks.py tells what they tear. Unknown ('') binds nothing. Whatever has to be drawn is
drawn by the SHA-256 of names, which no version of any library can change.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Shaped

from data_prep import dealing
from data_prep.errors import PrepError

PARTS = ('train', 'valid', 'test')
Columns = Mapping[str, Sequence[str]]
Parts = Shaped[np.ndarray, ' rows']


class TornGroup(PrepError):
    """A group stands on more than one side of a split."""


def assign(protocol: Mapping, columns: Columns, fold: int = 0) -> Parts:
    """Gives every row its part.

    Args:
        protocol: as above.
        columns: one value a row; always 'item' and 'label' (all '' where there are no classes), for
            unit 'slice' also 'slice' (and the item's columns repeated), and the columns that the
            protocol names.
        fold: which part is the test part, in [0, protocol['folds']).

    Returns:
        'train', 'valid', 'test', '' for a row that is left out, or the part that a row is set aside
        to; one a row.

    Raises:
        PrepError: there is no such fold, or a published part is none.
        TornGroup: a group is torn apart and not listed in `known_torn`.
    """
    folds = int(protocol['folds'])
    if not 0 <= fold < folds:
        raise PrepError(f'fold={fold} is not there: this protocol has the folds 0 to {folds - 1}')
    aside = _aside(protocol.get('aside', {}), columns)
    rows = np.flatnonzero(aside == '')
    parts = aside.astype(np.result_type(aside, '<U5'))
    parts[rows] = _parts(protocol, _take(columns, rows), fold)
    return parts


def group_ids(columns: Columns, group: str) -> list[str]:
    """What may not be torn apart, a row; an item whose group is unknown ('') is its own group."""
    rows = zip(columns[group], columns['item'], strict=True)
    return [name or f'item {item}' for name, item in rows]


def torn(columns: Columns, group: str, parts: Parts) -> dict[str, tuple[str, ...]]:
    """The groups that stand in more than one part, with these parts; unknown groups never do."""
    sides = defaultdict(set)
    for name, part in zip(group_ids(columns, group), parts, strict=True):
        if part in PARTS:
            sides[name].add(str(part))
    return {
        name: tuple(part for part in PARTS if part in seen)
        for name, seen in sorted(sides.items())
        if len(seen) > 1
    }


def coverage(labels: Sequence[str], parts: Parts) -> dict[str, tuple[str, ...]]:
    """For each part the classes, of all that occur in `labels`, that it lacks; sorted."""
    names = np.array(labels)
    every = {str(name) for name in names} - {''}
    return {part: tuple(sorted(every - set(names[parts == part].tolist()))) for part in PARTS}


def _aside(aside: Mapping[str, Sequence[str]], columns: Columns) -> np.ndarray:
    parts = [''] * len(columns['item'])
    for name, values in aside.items():
        for row, value in enumerate(columns[name]):
            if value in values:
                parts[row] = value
    return np.array(parts, dtype=str)


def _take(columns: Columns, rows: np.ndarray) -> Columns:
    return {name: [values[int(row)] for row in rows] for name, values in columns.items()}


def _parts(protocol: Mapping, columns: Columns, fold: int) -> np.ndarray:
    """The parts of all rows that are not set aside."""
    if 'shares' in protocol:
        rows = list(zip(columns['item'], columns['slice'], strict=True))
        return dealing.by_shares(rows, protocol['shares'])
    folds = int(protocol['folds'])
    if 'column' not in protocol:
        dealt = dealing.deal(columns['label'], bound(protocol, columns), folds)
        parts = np.full(len(dealt), 'train', dtype='<U5')
        parts[dealt == fold] = 'test'
        parts[dealt == (fold + 1) % folds] = 'valid'
        if protocol.get('copies') == 'leave_out' and 'copies' in columns:
            dealing.leave_out(parts, columns['copies'], PARTS[::-1])
    elif folds == 1:
        parts = np.array(columns[protocol['column']], dtype=str)
        if strange := sorted({*parts.tolist()} - {*PARTS, ''}):
            raise PrepError(
                f'column {protocol["column"]} holds {strange[0]!r}: a part is train, valid, test '
                "or '' (left out)"
            )
    else:
        parts = _published_folds(protocol, columns, fold)
    known = protocol.get('known_torn', ())
    for column in (protocol['group'], *protocol.get('together', ())):
        for name, sides in torn(columns, column, parts).items():
            if name not in known:
                raise TornGroup(
                    f'{column} {name!r} stands in {" and ".join(sides)}: '
                    f'mend the column or list the {column} in known_torn'
                )
    return parts


def bound(protocol: Mapping, columns: Columns) -> list[str]:
    """What may not be torn apart by dealing, a row; of a protocol over items."""
    names = list(protocol.get('together', ()))
    if 'copies' in columns and protocol.get('copies', 'join') == 'join':
        names.append('copies')
    groups = group_ids(columns, protocol['group'])
    return dealing.bound(groups, [columns[name] for name in names])


def _published_folds(protocol: Mapping, columns: Columns, fold: int) -> np.ndarray:
    column = np.array(columns[protocol['column']])
    parts = np.where(column == '', '', 'train').astype('<U5')
    parts[column == str(fold + 1)] = 'test'
    rows = np.flatnonzero(parts == 'train')
    rest = _take(columns, rows)
    groups = bound(protocol, rest)
    valid = set()
    for sizes in dealing.by_class(rest['label'], groups).values():
        valid |= dealing.about(sizes, float(protocol['valid_share']))
    parts[rows[[group in valid for group in groups]]] = 'valid'
    return parts
