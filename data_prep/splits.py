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

`known_torn` lists the groups that the publisher of a split tore apart. Whatever has to be drawn is
drawn by the SHA-256 of names, which no version of any library can change.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Shaped

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
        columns: one value a row; always 'item' and 'label', for unit 'slice' also 'slice' (and the
            item's columns repeated), and the columns that the protocol names.
        fold: which part is the test part, in [0, protocol['folds']).

    Returns:
        'train', 'valid', 'test', or '' for a row that is left out; one a row.

    Raises:
        PrepError: there is no such fold.
        TornGroup: a group is torn apart and not listed in `known_torn`.
    """
    folds = int(protocol['folds'])
    if not 0 <= fold < folds:
        raise PrepError(f'fold={fold} is not there: this protocol has the folds 0 to {folds - 1}')
    if 'shares' in protocol:
        return _shares(columns, protocol['shares'])
    groups = group_ids(columns, protocol['group'])
    if 'column' not in protocol:
        dealt = _deal(columns['label'], groups, folds)
        parts = np.full(len(groups), 'train', dtype='<U5')
        parts[dealt == fold] = 'test'
        parts[dealt == (fold + 1) % folds] = 'valid'
    elif folds == 1:
        parts = np.array(columns[protocol['column']], dtype='<U5')
    else:
        parts = _published_folds(protocol, columns, groups, fold)
    known = protocol.get('known_torn', ())
    for group, sides in torn(columns, protocol['group'], parts).items():
        if group not in known:
            raise TornGroup(
                f'{protocol["group"]} {group!r} stands in {" and ".join(sides)}: '
                'mend the column or list the group in known_torn'
            )
    return parts


def group_ids(columns: Columns, group: str) -> list[str]:
    """What may not be torn apart, a row; an item whose group is unknown ('') is its own group."""
    rows = zip(columns[group], columns['item'], strict=True)
    return [name or f'item {item}' for name, item in rows]


def torn(columns: Columns, group: str, parts: Parts) -> dict[str, tuple[str, ...]]:
    """The groups that stand in more than one part, with these parts; unknown groups never do."""
    sides = defaultdict(set)
    for name, part in zip(group_ids(columns, group), parts, strict=True):
        if part:
            sides[name].add(str(part))
    return {
        name: tuple(part for part in PARTS if part in seen)
        for name, seen in sorted(sides.items())
        if len(seen) > 1
    }


def leak(columns: Columns, group: str, parts: Parts) -> float:
    """Share of the test rows whose group is also trained on, in [0, 1]; NaN without test rows."""
    groups = np.array(group_ids(columns, group))
    test = groups[parts == 'test']
    return float(np.isin(test, groups[parts == 'train']).mean()) if len(test) else float('nan')


def coverage(labels: Sequence[str], parts: Parts) -> dict[str, tuple[str, ...]]:
    """For each part the classes, of all that occur in `labels`, that it lacks; sorted."""
    names = np.array(labels)
    every = {str(name) for name in names}
    return {part: tuple(sorted(every - set(names[parts == part].tolist()))) for part in PARTS}


def _hash(*names: str) -> bytes:
    return hashlib.sha256('\n'.join(names).encode()).digest()


def _by_class(labels: Sequence[str], groups: Sequence[str]) -> dict[str, dict[str, int]]:
    """Class to its groups and their sizes; a group of several classes counts for its commonest."""
    votes = defaultdict(lambda: defaultdict(int))
    for label, group in zip(labels, groups, strict=True):
        votes[group][label] += 1
    classes = defaultdict(dict)
    for group, counts in votes.items():
        label = min(counts, key=lambda name: (-counts[name], name))
        classes[label][group] = sum(counts.values())
    return dict(sorted(classes.items()))


def _deal(labels: Sequence[str], groups: Sequence[str], folds: int) -> np.ndarray:
    """Deals the groups of each class, largest first, always to the fold that has fewest rows."""
    dealt = {}
    total = [0] * folds
    for sizes in _by_class(labels, groups).values():
        filled = [0] * folds
        for group in sorted(sizes, key=lambda name: (-sizes[name], _hash(name))):
            # Between folds equal in this class, the one that is smaller over all classes.
            part = min(range(folds), key=lambda k: (filled[k], total[k], k))
            dealt[group] = part
            filled[part] += sizes[group]
            total[part] += sizes[group]
    return np.array([dealt[group] for group in groups])


def _published_folds(
    protocol: Mapping, columns: Columns, groups: Sequence[str], fold: int
) -> np.ndarray:
    column = np.array(columns[protocol['column']])
    parts = np.where(column == '', '', 'train').astype('<U5')
    parts[column == str(fold + 1)] = 'test'
    rows = [row for row, part in enumerate(parts) if part == 'train']
    labels = [columns['label'][row] for row in rows]
    valid = set()
    for sizes in _by_class(labels, [groups[row] for row in rows]).values():
        valid |= _about(sizes, float(protocol['valid_share']))
    parts[[row for row in rows if groups[row] in valid]] = 'valid'
    return parts


def _about(sizes: Mapping[str, int], share: float) -> set[str]:
    """Groups that hold about `share` of the rows: never none, never all, where there are two."""
    wanted = share * sum(sizes.values())
    taken, rows = set(), 0
    for group in sorted(sizes, key=_hash):
        if rows + sizes[group] <= wanted:
            taken.add(group)
            rows += sizes[group]
    if not taken and len(sizes) > 1:
        taken.add(min(sizes, key=lambda name: (sizes[name], _hash(name))))
    return taken


def _shares(columns: Columns, shares: Sequence[float]) -> np.ndarray:
    keys = [_hash(*key) for key in zip(columns['item'], columns['slice'], strict=True)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    edges = np.rint(np.cumsum(shares) * len(keys)).astype(int)
    parts = np.full(len(keys), 'test', dtype='<U5')
    parts[order[: edges[0]]] = 'train'
    parts[order[edges[0] : edges[1]]] = 'valid'
    return parts
