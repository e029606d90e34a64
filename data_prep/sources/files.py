"""The one walk over a user's folder: every file once, in one order, whatever the disk is like.

Links are followed, wherever they lead, but not to a folder that holds the root itself ('/' and what
lies between): that would walk a whole disk. Which folders outside the root were entered is told.
A folder is entered once (by device and inode) and a file taken once (by its real path), and what is
reached without a link comes first: loops end, and of two ways to one file the plain one counts. A
link that leads nowhere is a bad file if its own name ends as a wanted one, else it is passed over.
Hidden files and folders (`.DS_Store`, `._x.wav`, `__MACOSX`) are passed over without a word.
"""

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import NamedTuple

from data_prep.cards import Entry, Rejected
from data_prep.errors import PrepError

REPEATED = 'repeated links'
ABOVE = 'links to a folder that holds the source'
NOWHERE = 'links that lead nowhere'


class Walk(NamedTuple):
    """What a folder holds.

    Attributes:
        paths: the files that were wanted, below the root as given, sorted by name.
        ignored: how many were not, by suffix in lower case; `REPEATED` counts the links to what is
            there already, `ABOVE` and `NOWHERE` those that were not followed.
        rejected: folders that cannot be read, links of a wanted name that lead nowhere, and names
            that are not Unicode.
        followed: links to folders outside the root: 'jazz/more -> /elsewhere/more'.
    """

    paths: list[Path]
    ignored: dict[str, int]
    rejected: list[Rejected]
    followed: list[str]

    def left_out(self, but: Container[str] = ()) -> str:
        """A phrase such as 'left out: 12 .txt, 1 .m4a', without the kinds in `but`; else ''."""
        kinds = [(kind, count) for kind, count in self.ignored.items() if kind not in but]
        most = sorted(kinds, key=lambda each: (-each[1], each[0]))
        return 'left out: ' + ', '.join(f'{count} {kind}' for kind, count in most) if most else ''

    def notes(self, but: Container[str] = ()) -> tuple[str, ...]:
        """`left_out`, and the folders that were `followed`, as notes for the user."""
        notes = [said] if (said := self.left_out(but)) else []
        if self.followed:
            more = f' and {len(self.followed) - 3} more' * (len(self.followed) > 3)
            notes.append(f'links followed out of the source: {", ".join(self.followed[:3])}{more}')
        return tuple(notes)


def walk(root: Path, suffixes: Sequence[str]) -> Walk:
    """Lists the files below `root` whose names end in one of `suffixes`, whatever their case.

    Args:
        root: a folder.
        suffixes: such as '.wav' or '.trans.txt', in lower case.
    """
    found = _Found(root, tuple(suffixes))
    links = found.enter(root)
    while links:
        # By name, so that the order in which a file system lists them cannot choose between two.
        further = [
            found.follow(link) for link in sorted(links, key=lambda path: _order(root, path))
        ]
        links = [link for new in further for link in new]
    found.paths.sort(key=lambda path: _order(root, path))
    return Walk(found.paths, dict(found.ignored), sorted(found.rejected), sorted(found.followed))


def name(root: Path, path: Path) -> str:
    """Path below `root` with '/' between folders, in Unicode's composed form (NFC)."""
    # Ten times faster than relative_to; the path of '.' is no prefix.
    below = os.fspath(path).removeprefix(os.path.join(root, ''))
    return unicodedata.normalize('NFC', below.replace(os.sep, '/'))


def ids(root: Path, paths: Sequence[Path]) -> list[str]:
    """A name for each path: `name` without its suffix, and with it where two would be equal.

    What is equal even so (one name in two forms of Unicode) gets ' (2)', ' (3)' and so on.
    """
    names = [name(root, path) for path in paths]
    bare = [os.path.splitext(each)[0] for each in names]
    often = Counter(bare)
    wanted = [b if often[b] == 1 else full for b, full in zip(bare, names, strict=True)]
    taken = set()
    for place, each in enumerate(wanted):
        number = 2
        while wanted[place] in taken:
            wanted[place] = f'{each} ({number})'
            number += 1
        taken.add(wanted[place])
    return wanted


def few(
    entries: Sequence[Entry], limit: int | None, kind: Callable[[Entry], str], group: str
) -> list[Entry]:
    """At most `limit` entries of each kind, in their order, from as many groups as there are.

    Args:
        limit: None takes all.
        kind: such as the label of an entry.
        group: column that tells the groups.
    """
    if limit is None:
        return list(entries)
    rank, turns = Counter(), defaultdict(list)
    for place, entry in enumerate(entries):
        of = (kind(entry), entry.columns[group])
        turns[of[0]].append((rank[of], place))
        rank[of] += 1
    kept = sorted(place for turn in turns.values() for _, place in sorted(turn)[:limit])
    return [entries[place] for place in kept]


def folder(source: Path | None, corpus: str, wanted: str) -> Path:
    """The source, if it is a folder that can be read.

    Args:
        wanted: what it is to hold, as the error puts it.

    Raises:
        PrepError: it is not.
    """
    if source is None:
        raise PrepError(f'{corpus} needs --source=DIR, a folder that holds {wanted}')
    if not source.is_dir():
        raise PrepError(f'--source={source} is not a folder; wanted: one that holds {wanted}')
    try:
        os.scandir(source).close()
    except OSError as error:
        raise PrepError(f'--source={source} cannot be read ({error.strerror})') from None
    return source


def holds(root: Path) -> str:
    """The first names in a folder, for an error: 'a, b, c, ...' or 'nothing'."""
    names = sorted(path.name for path in root.iterdir())
    return ', '.join(names[:6]) + (', ...' if len(names) > 6 else '') if names else 'nothing'


def _order(root: Path, path: Path) -> tuple[str, str]:
    return name(root, path), os.fspath(path)


class _Found:
    """What a walk has seen so far."""

    def __init__(self, root: Path, suffixes: tuple[str, ...]):
        self.root = root
        self.real_root = Path(os.path.realpath(root))
        self.followed: list[str] = []
        self.suffixes = suffixes
        self.paths: list[Path] = []
        self.ignored: Counter[str] = Counter()
        self.rejected: list[Rejected] = []
        self.folders: set[tuple[int, int]] = set()  # device and inode
        self.files: set[str] = set()  # real paths of what was taken

    def enter(self, top: Path) -> list[Path]:
        """Takes all that lies below a folder without a link; returns the links."""
        links, waiting = [], [os.fspath(top)]
        while waiting:
            here = waiting.pop()
            try:
                about = os.stat(here)
                if (about.st_dev, about.st_ino) in self.folders:
                    self.ignored[REPEATED] += 1
                    continue
                self.folders.add((about.st_dev, about.st_ino))
                with os.scandir(here) as listing:
                    inside = sorted(filter(self._shown, listing), key=lambda entry: entry.name)
                real = os.path.realpath(here)
                for entry in inside:
                    if entry.is_symlink():
                        links.append(Path(entry.path))
                    elif entry.is_dir():
                        waiting.append(entry.path)
                    else:
                        self._take(entry.path, os.path.join(real, entry.name), entry.is_file())
            except OSError as error:
                self.rejected.append(Rejected(here, f'cannot be read ({error.strerror})'))
        return links

    def follow(self, link: Path) -> list[Path]:
        """Takes what a link leads to; returns the links in there."""
        if os.path.isdir(link):
            real = Path(os.path.realpath(link))
            if real in self.real_root.parents:
                self.ignored[ABOVE] += 1
                return []
            before = len(self.folders)
            links = self.enter(link)
            if len(self.folders) > before and not real.is_relative_to(self.real_root):
                self.followed.append(f'{name(self.root, link)} -> {real}')
            return links
        if os.path.exists(link):
            self._take(os.fspath(link), os.path.realpath(link), os.path.isfile(link))
        elif os.fspath(link).lower().endswith(self.suffixes):
            self.rejected.append(Rejected(str(link), 'a link that leads nowhere'))
        else:
            self.ignored[NOWHERE] += 1
        return []

    def _shown(self, entry: os.DirEntry) -> bool:
        if entry.name.startswith('.') or entry.name == '__MACOSX':
            return False
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(entry.path).decode('utf-8', 'replace')
            self.rejected.append(Rejected(shown, 'the name is not UTF-8: rename it'))
            return False
        return True

    def _take(self, path: str, real: str, regular: bool) -> None:
        lower = path.lower()
        if not regular or not lower.endswith(self.suffixes):
            suffix = os.path.splitext(lower)[1] or 'without suffix'
            self.ignored[suffix if regular else 'special files'] += 1
        elif real in self.files:
            self.ignored[REPEATED] += 1
        else:
            self.files.add(real)
            self.paths.append(Path(path))
