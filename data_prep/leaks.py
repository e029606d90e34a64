"""What a split leaks: groups and copies that stand on more than one of its sides."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data_prep import splits
from data_prep.splits import PARTS, Columns, Parts

if TYPE_CHECKING:
    from data_prep.copies import Pair


class Leaks(NamedTuple):
    """What stands on more than one side of train | valid | test.

    Attributes:
        sizes: rows a part: the three, then the parts set aside, sorted.
        left_out: rows that belong nowhere: published so, or copies of rows on another side.
        torn: column (the group's, then those kept together) to how many of its values are torn.
        exact: pairs of rows with equal content, on different sides.
        near: pairs of near copies on different sides; their exact copies are not counted again.
        known: column (as in `torn`, then 'copies' where there is one) to the share of test rows
            whose value is trained on, in [0, 1]; NaN without test rows.
        aside: each part set aside to its rows that are copies of rows that train or validate.
    """

    sizes: dict[str, int]
    left_out: int
    torn: dict[str, int]
    exact: int
    near: int
    known: dict[str, float]
    aside: dict[str, int]


def found(
    protocol: Mapping, columns: Columns, pairs: 'Iterable[Pair]' = (), fold: int = 0
) -> Leaks:
    """What a split over items tears apart.

    Args:
        protocol, columns, fold: as for `splits.assign`; equal 'sha256', where there is one, means
            equal content.
        pairs: copies, by item.

    Raises:
        PrepError: as `splits.assign`.
    """
    parts = splits.assign(protocol, columns, fold)
    counts = Counter(parts.tolist())
    others = sorted(counts.keys() - {*PARTS, ''})
    names = [protocol['group'], *protocol.get('together', ())]
    part_of = dict(zip(columns['item'], parts.tolist(), strict=True))
    sides = [{part_of[pair.a], part_of[pair.b]} for pair in pairs if pair.kind == 'near']
    bound = [*names, 'copies'] if 'copies' in columns else names
    copies = np.array(columns.get('copies', [''] * len(parts)))
    heard = (copies != '') & np.isin(copies, copies[np.isin(parts, ('train', 'valid'))])
    return Leaks(
        sizes={part: counts[part] for part in (*PARTS, *others)},
        left_out=counts[''],
        torn={name: len(splits.torn(columns, name, parts)) for name in names},
        exact=_exact(columns['sha256'], parts) if 'sha256' in columns else 0,
        near=sum(len(pair & {*PARTS}) == 2 for pair in sides),
        known={name: share(columns, name, parts) for name in bound},
        aside={part: int((heard & (parts == part)).sum()) for part in others},
    )


def share(columns: Columns, group: str, parts: Parts) -> float:
    """Share of the test rows whose group is also trained on, in [0, 1]; NaN without test rows."""
    groups = np.array(splits.group_ids(columns, group))
    test = groups[parts == 'test']
    return float(np.isin(test, groups[parts == 'train']).mean()) if len(test) else float('nan')


def _exact(hashes: Sequence[str], parts: Parts) -> int:
    counts = Counter(zip(hashes, parts.tolist(), strict=True))
    sizes = defaultdict(list)
    for (name, part), rows in counts.items():
        if part in PARTS:
            sizes[name].append(rows)
    return sum(
        one * other for sides in sizes.values() for one, other in itertools.combinations(sides, 2)
    )
