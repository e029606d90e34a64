"""Tables that users write: CSV as spreadsheets save it, read strictly.

Separators are commas, semicolons, tabs or bars, whichever gives the header its names; the text is
UTF-8 with or without a byte order mark, UTF-16 with one, or else Windows-1252.
"""

import codecs
import csv
import difflib
import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from data_prep.errors import PrepError

In = TypeVar('In', bound=tuple)
Out = TypeVar('Out')
_SEPARATORS = ',;\t|'


class Row(NamedTuple):
    """A row: its line in the file, and its values by column, stripped; '' is empty."""

    line: int
    values: Mapping[str, str]


def read(path: Path, required: Sequence[str], known: Sequence[str]) -> list[Row]:
    """The rows of a table; empty lines are passed over.

    Args:
        required: columns that must be there.
        known: all columns that may be; those that are not have '' in every row.

    Raises:
        PrepError: the table cannot be read, has no rows, lacks a column, has one that is unknown
            or twice, or a row does not have as many values as the header.
    """
    if not path.is_file():
        raise PrepError(f'{path} is not a file; wanted: a CSV with the columns {_listed(known)}')
    lines = _lines(path)
    if not lines:
        raise PrepError(f'{path} is empty; wanted: a CSV with the columns {_listed(known)}')
    header = _filled([name.strip().casefold() for name in lines[0][1]])
    _judge(path, header, required, known)
    rows = checked(path, lines[1:], lambda row: _row(row, header, known))
    if not rows:
        raise PrepError(f'{path} has a header and no rows')
    return rows


def checked(path: Path, rows: Sequence[In], check: Callable[[In], Out]) -> list[Out]:
    """`check` of each row, whose first member is its line.

    Raises:
        PrepError: it raised ValueError for some; says how many and why the first five did.
    """
    passed, wrong = [], []
    for row in rows:
        try:
            passed.append(check(row))
        except ValueError as error:
            wrong.append(f'line {row[0]}: {error}')
    if wrong:
        more = f'; and {len(wrong) - 5} more' if len(wrong) > 5 else ''
        what = '1 row is' if len(wrong) == 1 else f'{len(wrong)} rows are'
        raise PrepError(f'{path}: {what} wrong: {"; ".join(wrong[:5])}{more}')
    return passed


def number(row: Row, column: str) -> float:
    """A finite number; raises ValueError that names the column and the text."""
    text = row.values[column]
    try:
        value = float(text)
    except ValueError:
        point = ': write it with a point' if ',' in text else ''
        raise ValueError(f'{column} {text!r} is not a number{point}') from None
    if not math.isfinite(value):
        raise ValueError(f'{column} {text!r} is not a finite number')
    return value


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and values of what is not empty, by the separator that fits the header."""
    text = _text(path)
    head = next((line for line in text.splitlines() if line.strip()), '')
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=''), delimiter=separator, strict=True)
    lines = []
    try:
        for values in reader:
            if any(value.strip() for value in values):
                lines.append((reader.line_num, values))
    except csv.Error as error:
        raise PrepError(f'{path}: line {reader.line_num} is not CSV ({error})') from None
    return lines


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PrepError(f'{path} cannot be read ({error.strerror})') from None
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ('utf-16',) if wide else ('utf-8-sig', 'cp1252'):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PrepError(f'{path} is not text that can be read: save it as CSV in UTF-8')


def _judge(path: Path, header: list[str], required: Sequence[str], known: Sequence[str]) -> None:
    for name in header:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f' did you mean {near[0]!r}?' if near else ''
            raise PrepError(f'{path}: unknown column {name!r}:{hint} known: {_listed(known)}')
        if header.count(name) > 1:
            raise PrepError(f'{path}: the column {name!r} stands there twice')
    for name in required:
        if name not in header:
            raise PrepError(f'{path} lacks the column {name!r}; it has {_listed(header)}')


def _row(row: tuple, header: list[str], known: Sequence[str]) -> Row:
    line, values = row
    if len(values) > len(header):
        values = [*values[: len(header)], *_filled(values[len(header) :])]
    if len(values) != len(header):
        raise ValueError(f'{len(values)} values, the header has {len(header)}')
    given = dict(zip(header, (value.strip() for value in values), strict=True))
    return Row(line, {name: given.get(name, '') for name in known})


def _filled(values: list[str]) -> list[str]:
    """Without the empty ones at the end: spreadsheets pad every line to the longest."""
    while values and not values[-1].strip():
        values = values[:-1]
    return values


def _listed(names: Sequence[str]) -> str:
    return ', '.join(names)
