"""Tables in Markdown documents, held against the runs that they were made of."""

import itertools
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from absl import flags

from research.errors import UserError
from research.runs import RunError

COMMAND = ('python', '-m', 'research.tables')
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
    try:
        places = find(document.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'{document} cannot be read ({error})') from error
    if not places:
        raise UserError(
            f'{document} has no table to check: write <!-- {" ".join(COMMAND)} ... --> before one'
        )
    faults = []
    for place in places:
        told = _fault(place, build)
        if told:
            faults.append(f'{document}:{told}')
    return faults, len(places)


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
