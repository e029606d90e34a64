"""Tables in Markdown documents, held against the runs that they were made of."""

import itertools
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from absl import flags

from research.errors import UserError
from research.predicting import outputs
from research.runs import RunError

COMMAND = ('python', '-m', 'research.tables')
# How the notes of a table begin or what is in them: see formats.layout.
NOTED = re.compile(r'.*(trained on \S+\.|In brackets: |Scores are )')
# Makes a table of arguments: its text, and notes that do not belong to it.
Build = Callable[[Sequence[str]], tuple[str, list[str]]]


class Place(NamedTuple):
    """A table in a document.

    Attributes:
        line: of the table's first line, counted from one.
        arguments: of the command in the comment before it.
        lines: the document's, from there on.
    """

    line: int
    arguments: Sequence[str]
    lines: Sequence[str]


def check(document: Path, build: Build) -> tuple[list[str], int]:
    """A line on each table that is not as its command makes it, and how many tables there are.

    Raises:
        UserError: the document cannot be read, or has no such table.
    """
    places = _found(document)
    faults = []
    for place in places:
        told = _fault(place, build)
        if told:
            faults.append(f'{document}:{told}')
    return faults, len(places)


def rewrite(document: Path, build: Build) -> int:
    """Puts in place of each table what its command makes of the runs now; how many there are.

    A table that is not there yet is put below its comment. All or none of them are written.

    Raises:
        UserError: the document cannot be read or written, or a table cannot be made.
        RunError: likewise.
    """
    lines = _text(document).split('\n')
    places = _found(document)
    for place in reversed(places):
        try:
            made = build(place.arguments)[0].split('\n')
        except (flags.Error, UserError) as error:
            raise UserError(
                f'{document}:{place.line}: the table cannot be made: {error}'
            ) from error
        start = place.line - 1
        size = _size(place.lines)
        lines[start : start + size] = made if size else [*made, '']
    with outputs.whole(document) as draft:
        draft.write_text('\n'.join(lines), encoding='utf-8')
    return len(places)


def _size(lines: Sequence[str]) -> int:
    """How many of these lines are a table and the notes that belong to it."""
    table = sum(1 for _ in itertools.takewhile(lambda line: line.startswith('|'), lines))
    rest = lines[table + 1 :]
    notes = sum(1 for _ in itertools.takewhile(lambda line: line.strip(), rest))
    # What says how a table is to be read is its own, whatever else follows is the document's.
    own = table and any(NOTED.match(line) for line in [' '.join(rest[:notes])])
    return table + 1 + notes if own else table


def find(text: str) -> list[Place]:
    """The tables that follow a comment with their command; blank lines may stand between."""
    places = []
    for found in re.finditer(r'<!--(.*?)-->[ \t]*\n?', text, flags=re.DOTALL):
        words = _words(found[1])
        if tuple(words[:3]) != COMMAND:
            continue
        lines = text[found.end() :].split('\n')
        blank = sum(1 for _ in itertools.takewhile(lambda line: not line.strip(), lines))
        first = text.count('\n', 0, found.end()) + blank + 1
        places.append(Place(first, words[3:], lines[blank:]))
    return places


def _found(document: Path) -> list[Place]:
    places = find(_text(document))
    if not places:
        raise UserError(
            f'{document} has no table to check: write <!-- {" ".join(COMMAND)} ... --> before one'
        )
    return places


def _text(document: Path) -> str:
    try:
        return document.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'{document} cannot be read ({error})') from error


def _words(comment: str) -> list[str]:
    try:
        return shlex.split(comment)
    except ValueError:  # an apostrophe: a comment for people
        return []


def _fault(place: Place, build: Build) -> str | None:
    try:
        wanted = build(place.arguments)[0].split('\n')
    except (flags.Error, UserError, RunError) as error:
        return f'{place.line}: the table cannot be made: {error}'
    for number, line in enumerate(wanted):
        there = place.lines[number] if number < len(place.lines) else ''
        if there != line:
            return f'{place.line + number}: the runs give\n  {line}\nthe document has\n  {there}'
    return None
