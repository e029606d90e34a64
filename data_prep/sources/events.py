"""Tables of what happens when in a recording: recording, start_s, end_s; one row an event.

Events are half-open, [start_s, end_s). A recording named once with both times empty was listened
to and holds none: []. Of a recording that is not named nothing is known.
"""

from collections.abc import Mapping
from pathlib import Path

from data_prep.sources import tables

COLUMNS = ('recording', 'start_s', 'end_s')
Span = list[float]


def read(path: Path, recordings: Mapping[str, str]) -> dict[str, list[Span]]:
    """Recording to its events [start_s, end_s], by start.

    Args:
        recordings: each name under which the table may speak of a recording, to the one that is
            returned.

    Raises:
        PrepError: the table cannot be read; or rows name a recording that is not there, have times
            that are no numbers or no span, stand there twice, or contradict one another.
    """
    events: dict[str, list[Span]] = {}
    empty = set()

    def add(row: tables.Row) -> None:
        given = row.values['recording']
        if given not in recordings:
            raise ValueError(f'there is no recording {given!r}')
        name = recordings[given]
        spans = events.setdefault(name, [])
        if row.values['start_s'] or row.values['end_s']:
            spans.append(_span(row, spans))
        else:
            empty.add(name)
        if spans and name in empty:
            raise ValueError(f'{given!r} has events, and a row that says that it has none')

    tables.checked(path, tables.read(path, COLUMNS, COLUMNS), add)
    return {name: sorted(spans) for name, spans in events.items()}


def _span(row: tables.Row, others: list[Span]) -> Span:
    start_s, end_s = tables.number(row, 'start_s'), tables.number(row, 'end_s')
    if not 0 <= start_s < end_s:
        raise ValueError(f'{start_s:g} to {end_s:g} s is no span: wanted is 0 <= start_s < end_s')
    if [start_s, end_s] in others:
        raise ValueError(f'{start_s:g} to {end_s:g} s of this recording stands there twice')
    return [start_s, end_s]
