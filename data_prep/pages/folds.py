"""What the protocols of a prepared corpus come to, fold by fold."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_prep import leaks, splits
from data_prep.copies import Pair
from data_prep.pages import wording

LEFT_OUT = ''  # the part of what is in no part


@dataclasses.dataclass(frozen=True)
class Fold:
    """One fold of a protocol.

    Attributes:
        counts: part to class to records; train, valid and test first, LEFT_OUT last where there is
            such a part.
        lacking: of train, valid and test those that lack classes, to the classes.
        known: column to the share of test records, in [0, 1], whose value of it is trained on;
            NaN without test records.
        exact, near: pairs of copies that stand on two sides, as `leaks.Leaks` has them.
    """

    counts: Mapping[str, Mapping[str, int]]
    lacking: Mapping[str, tuple[str, ...]]
    known: Mapping[str, float]
    exact: int
    near: int

    def records(self, part: str) -> int:
        return sum(self.counts.get(part, {}).values())


@dataclasses.dataclass(frozen=True)
class Protocol:
    """A split in words and figures.

    Attributes:
        name: as in the manifest.
        words: what it does.
        group: the column that it keeps whole; '' where each item stands for itself.
        folds: every one; empty where slices are split, not records.
    """

    name: str
    words: str
    group: str
    folds: tuple[Fold, ...]


def of(
    protocols: Mapping[str, Mapping[str, Any]], columns: splits.Columns, pairs: Sequence[Pair]
) -> tuple[Protocol, ...]:
    """Every protocol with all its folds.

    Args:
        protocols: as manifests have them.
        columns: of items.csv.
        pairs: of copies.
    """
    watched = kept_whole(protocols) + (['copies'] if 'copies' in columns else [])
    return tuple(
        Protocol(
            name,
            wording.split(rule),
            '' if rule.get('group', 'item') == 'item' else rule['group'],
            tuple(
                _fold(rule, columns, pairs, watched, number)
                for number in range(int(rule['folds']))
                if rule['unit'] == 'item'
            ),
        )
        for name, rule in protocols.items()
    )


def kept_whole(protocols: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Columns that some protocol keeps on one side; an item is kept whole by itself."""
    rules = [rule for rule in protocols.values() if 'group' in rule]
    named = [name for rule in rules for name in (rule['group'], *rule.get('together', ()))]
    return [name for name in dict.fromkeys(named) if name != 'item']


def _fold(
    rule: Mapping[str, Any],
    columns: splits.Columns,
    pairs: Sequence[Pair],
    watched: Sequence[str],
    number: int,
) -> Fold:
    parts = splits.assign(rule, columns, number)
    across = leaks.found(rule, columns, pairs, number)
    labels = np.array(columns['label'])
    order = [*across.sizes, *([LEFT_OUT] if (parts == LEFT_OUT).any() else [])]
    lacking = splits.coverage(columns['label'], parts)
    return Fold(
        counts={part: dict(Counter(labels[parts == part].tolist())) for part in order},
        lacking={part: names for part, names in lacking.items() if names},
        known={name: leaks.share(columns, name, parts) for name in watched},
        exact=across.exact,
        near=across.near,
    )
