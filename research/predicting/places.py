"""What the user names on the command line: which files that is, each once."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from data_prep.sources.files import ids, walk
from research.errors import UserError


class Place(NamedTuple):
    """A file that is to be heard.

    Attributes:
        name: as the report has it: the path, below what the user named.
        path: of the file.
        error: why it cannot be heard; '' where it may be.
    """

    name: str
    path: Path
    error: str = ''


class Found(NamedTuple):
    """All that was named.

    Attributes:
        places: in the order of the command line, folders in that of their names.
        notes: what was passed over, for the user.
    """

    places: list[Place]
    notes: list[str]


def find(named: Iterable[str], suffixes: Sequence[str]) -> Found:
    """Files as they are named, whatever their names end in; folders with all that is below them.

    A file that is reached twice is taken once; hidden files in folders are passed over; a folder
    that holds none of the wanted is a place with an error.

    Args:
        named: paths.
        suffixes: of the files wanted in folders, in lower case, as '.wav'.

    Raises:
        UserError: a path that does not exist, or no file in any of them.
    """
    places: list[Place] = []
    notes: list[str] = []
    taken: set[str] = set()
    for text in named:
        top = Path(text)
        if not os.path.exists(top):  # Path.exists raises where a name is too long or a folder shut
            raise UserError(f'{shown(top)}: there is no such file or folder')
        inside, own, said = _folder(top, suffixes) if top.is_dir() else ([top], [], [])
        notes += said
        for path in inside:
            real = os.path.realpath(path)
            if real not in taken:
                taken.add(real)
                places.append(Place(shown(path), path))
        places += own
    if not any(not place.error for place in places):
        more = f' ({"; ".join(notes)})' if notes else ''
        given = ', '.join(map(repr, dict.fromkeys(place.name for place in places))) or 'nothing'
        raise UserError(f'no file to hear in {given}{more}: wanted are {", ".join(suffixes)}')
    return Found(places, notes)


def stems(places: Sequence[Place]) -> list[str]:
    """A name for what is written about each file: its path below the folder that holds them all."""
    paths = [place.path.absolute() for place in places]
    return ids(Path(os.path.commonpath([path.parent for path in paths])), paths)


def shown(path: Path) -> str:
    """A path that any text file takes: what is not UTF-8 in it is marked."""
    return os.fsencode(path).decode('utf-8', 'replace')


def _folder(top: Path, suffixes: Sequence[str]) -> tuple[list[Path], list[Place], list[str]]:
    found = walk(top, suffixes)
    own = [Place(each.path, Path(each.path), each.reason) for each in found.rejected]
    if not found.paths and not own:
        own = [Place(shown(top), top, f'a folder without any {", ".join(suffixes)}')]
    return found.paths, own, [f'{shown(top)}: {note}' for note in found.notes()]
