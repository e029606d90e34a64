"""The table of a folder of sounds: what its user knows of each file.

    file,label,target,group,split
    rock/a b.wav,rock,121.5,The Band,train

Only `file` must be there: a path below the folder, or without its folders or its suffix as long as
that is one file. `target` is a number, `group` what a split may not tear apart, `split` one of
train, valid, test.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from data_prep.errors import PrepError
from data_prep.sources import tables

COLUMNS = ('file', 'label', 'target', 'group', 'split')
_WORDS = {
    'train': ('train', 'training'),
    'valid': ('valid', 'validation', 'val', 'dev'),
    'test': ('test', 'testing'),
}
PARTS = {word: part for part, words in _WORDS.items() for word in words}


class Known(NamedTuple):
    """What a row says of a file; '' is nothing."""

    label: str = ''
    target: str = ''
    group: str = ''
    part: str = ''


def read(path: Path, names: Sequence[str]) -> tuple[dict[str, Known], list[str]]:
    """What is known of each of the files, by name; and notes on rows that speak of no file.

    Args:
        names: of the files, below the folder.

    Raises:
        PrepError: the table cannot be read or speaks of none of the files; or rows have a bad
            number or split, fit several files, or speak of a file for the second time.
    """
    places = _places(names)
    known: dict[str, Known] = {}
    strange = []

    def add(row: tables.Row) -> None:
        given = row.values['file']
        wanted = unicodedata.normalize('NFC', given.replace('\\', '/')).removeprefix('./')
        fitting = places.get(wanted, ())
        if len(fitting) > 1:
            raise ValueError(f'{given!r} fits {" and ".join(fitting[:2])}: write the path')
        facts = _known(row)
        if not fitting:
            strange.append(f'{given!r} (line {row.line})')
        elif fitting[0] in known:
            raise ValueError(f'{given!r} is there for the second time')
        else:
            known[fitting[0]] = facts

    rows = tables.read(path, ('file',), COLUMNS)
    tables.checked(path, rows, add)
    if not known:
        raise PrepError(
            f'{path}: none of the {len(rows)} rows speaks of a file that is there, not even '
            f'{strange[0]}; wanted: paths below the source, such as {names[0]!r}'
        )
    if strange:
        return known, [f'{path.name}: rows without a file: {len(strange)}, the first {strange[0]}']
    return known, []


def _known(row: tables.Row) -> Known:
    target = repr(tables.number(row, 'target')) if row.values['target'] else ''
    split = row.values['split']
    if split and split.lower() not in PARTS:
        raise ValueError(f'split {split!r} is none of train, valid, test')
    return Known(row.values['label'], target, row.values['group'], PARTS.get(split.lower(), ''))


def _places(names: Sequence[str]) -> dict[str, list[str]]:
    """What a row may call a file, to the files that it may mean; a whole path means one."""
    places = defaultdict(list)
    for name in names:
        bare = name.rpartition('.')[0]
        for short in {bare, name.rpartition('/')[2], bare.rpartition('/')[2]}:
            places[short].append(name)
    return places | {name: [name] for name in names}
