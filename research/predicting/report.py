"""Answers as tables: CSV or JSON, the same numbers in either."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from data_prep.pages.wording import plural
from research.loggers.console import Stream
from research.predicting.answers import Answers, Reported, Row

FORMATS = ('csv', 'json')
DECIMALS = 6


def file_rows(answers: Answers, reported: Iterable[Reported]) -> list[dict[str, Any]]:
    """A line a file: `file`, the task's columns, `error`; None where there is no answer."""
    return [_line(each, answers.columns, each.row) for each in reported]


def event_rows(answers: Answers, reported: Iterable[Reported]) -> list[dict[str, Any]]:
    """A line an event; a file without an answer has one with its error, one without events none."""
    return [
        _line(each, answers.event_columns, row)
        for each in reported
        for row in (each.events or ([{}] if each.error else []))
    ]


def rows(answers: Answers, reported: Iterable[Reported]) -> list[dict[str, Any]]:
    """What the report is about: events where the task has such, else files."""
    return (event_rows if answers.event_columns else file_rows)(answers, reported)


def columns(answers: Answers) -> list[str]:
    """Of `rows`."""
    return ['file', *(answers.event_columns or answers.columns), 'error']


def unsure(found: Iterable[dict[str, Any]], below: float) -> list[dict[str, Any]]:
    """The file rows with the least `probability` first, those below a threshold."""
    chosen = [row for row in found if not row['error'] and row['probability'] < below]
    return sorted(chosen, key=lambda row: row['probability'])


def write_csv(
    file: Stream, columns: Sequence[str], rows: Iterable[Row], header: bool = True
) -> None:
    """Lines, below a header; what is None is empty."""
    writer = csv.DictWriter(file, columns, lineterminator='\n')
    if header:
        writer.writeheader()
    writer.writerows(rows)
    file.flush()


def write_json(
    file: Stream, facts: Mapping[str, Any], answers: Answers, reported: Sequence[Reported]
) -> None:
    """One object: the facts of the run, `files` and, where the task has such, its events."""
    found: dict[str, Any] = {**facts, 'files': file_rows(answers, reported)}
    if answers.event_columns:
        answered = [each for each in reported if not each.error]
        found[plural(answers.event)] = event_rows(answers, answered)
    json.dump(found, file, indent=2, ensure_ascii=False, allow_nan=False)
    file.write('\n')


def _line(reported: Reported, columns: Sequence[str], row: Row) -> dict[str, Any]:
    values = {column: _plain(row.get(column)) for column in columns}
    return {'file': reported.place.name, **values, 'error': reported.error}


def _plain(value: Any) -> Any:
    return round(value, DECIMALS) if isinstance(value, float) else value
