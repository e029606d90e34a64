"""Draws that no version of any library can change: by sizes, and by the SHA-256 of names."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int, Shaped

from data_prep.joining import joined


def deal(labels: Sequence[str], groups: Sequence[str], folds: int) -> Int[np.ndarray, ' rows']:
    """Deals the groups of each class, largest first, always to the fold that has fewest rows."""
    dealt = {}
    total = [0] * folds
    for sizes in by_class(labels, groups).values():
        filled = [0] * folds
        for group in sorted(sizes, key=lambda name: (-sizes[name], _hash(name))):
            # Between folds equal in this class, the one that is smaller over all classes.
            part = min(range(folds), key=lambda k: (filled[k], total[k], k))
            dealt[group] = part
            filled[part] += sizes[group]
            total[part] += sizes[group]
    return np.array([dealt[group] for group in groups], dtype=np.int64)


def about(sizes: Mapping[str, int], share: float) -> set[str]:
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


def by_shares(
    names: Sequence[tuple[str, ...]], shares: Sequence[float]
) -> Shaped[np.ndarray, ' rows']:
    """'train', 'valid' or 'test' a row, whatever group it is of; shares add up to 1."""
    keys = [_hash(*name) for name in names]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    edges = np.rint(np.cumsum(shares) * len(keys)).astype(int)
    parts = np.full(len(keys), 'test', dtype='<U5')
    parts[order[: edges[0]]] = 'train'
    parts[order[edges[0] : edges[1]]] = 'valid'
    return parts


def bound(groups: Sequence[str], bindings: Sequence[Sequence[str]]) -> list[str]:
    """One name for all groups that hang together by an equal value in a binding; '' binds none."""
    keys = [{(-1, group)} for group in groups]
    for number, values in enumerate(bindings):
        for key, value in zip(keys, values, strict=True):
            if value:
                key.add((number, value))
    firsts = joined(keys)
    least = {}
    for first, group in zip(firsts, groups, strict=True):
        least[first] = min(group, least.get(first, group))  # not the first: rows have no order
    return [least[first] for first in firsts]


def leave_out(parts: np.ndarray, clusters: Sequence[str], order: Sequence[str]) -> None:
    """Empties the part of rows whose cluster stands in a part that is earlier in `order`."""
    names = np.array(clusters)
    known = {''}
    for part in order:
        late = (parts == part) & np.isin(names, sorted(known - {''}))
        known |= {*names[parts == part].tolist()}
        parts[late] = ''


def by_class(labels: Sequence[str], groups: Sequence[str]) -> dict[str, dict[str, int]]:
    """Class to its groups and their sizes; a group of several classes counts for its commonest."""
    votes = defaultdict(lambda: defaultdict(int))
    for label, group in zip(labels, groups, strict=True):
        votes[group][label] += 1
    classes = defaultdict(dict)
    for group, counts in votes.items():
        label = min(counts, key=lambda name: (-counts[name], name))
        classes[label][group] = sum(counts.values())
    return dict(sorted(classes.items()))


def _hash(*names: str) -> bytes:
    return hashlib.sha256('\n'.join(names).encode()).digest()
