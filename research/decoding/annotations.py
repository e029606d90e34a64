"""Label files of Raven (selection tables) and Audacity (label tracks), one a recording.

Both are text in UTF-8, parted by tabs, with times in seconds from the recording's beginning.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from research.errors import UserError, unknown

_SELECTION, _BEGIN, _END = 'Selection', 'Begin Time (s)', 'End Time (s)'
_LABEL, _SCORE, _FILE = 'Annotation', 'Score', 'Begin File'
_STANDARD = (_SELECTION, 'View', 'Channel', _BEGIN, _END, 'Low Freq (Hz)', 'High Freq (Hz)')


class Annotation(NamedTuple):
    """Seconds [start_s, end_s) of a recording; equal ends mark a point. The score may be None."""

    start_s: float
    end_s: float
    label: str = ''
    score: float | None = None


def write_raven(
    path: Path, annotations: Iterable[Annotation], high_hz: float, low_hz: float = 0.0
) -> None:
    """A selection table with Raven's seven standard columns, `Annotation` and `Score`.

    Args:
        annotations: of one recording.
        high_hz, low_hz: the band in which the spectrogram shows them.

    Raises:
        ValueError: an annotation that such a file cannot hold.
    """
    lines = ['\t'.join((*_STANDARD, _LABEL, _SCORE))]
    for number, (start, end, label, score) in enumerate(map(_fit, annotations), 1):
        band = f'{low_hz:.1f}\t{high_hz:.1f}'
        shown = '' if score is None else f'{score:.6f}'
        place = f'{number}\tSpectrogram 1\t1\t{start:.6f}\t{end:.6f}'
        lines.append(f'{place}\t{band}\t{label}\t{shown}')
    _write(path, lines)


def read_raven(path: Path, label_column: str | None = None) -> list[Annotation]:
    """The selections of a table, in its order; one shown in several views counts once.

    Args:
        label_column: what the labels stand under; None: under `Annotation`, or there are none.

    Raises:
        UserError: the file cannot be read, lacks a column, tells of several recordings, or has a
            line that is no selection; one line that names the file.
    """
    rows = [(number, line.split('\t')) for number, line in _lines(path)]
    header = [name.strip() for name in rows[0][1]] if rows else []
    for name in (_BEGIN, _END):
        if name not in header:
            raise UserError(f"{path} has no column '{name}': a Raven selection table is wanted")
    if label_column is not None and label_column not in header:
        raise UserError(f'{path}: {unknown("column", label_column, header)}')
    label_column = label_column or _LABEL
    found: dict[tuple[str, float, float], Annotation] = {}
    files = set()
    for number, values in rows[1:]:
        if len(values) != len(header):
            wanted = f'{len(header)} are wanted, as in the header'
            raise UserError(f'{path}, line {number}: {len(values)} values: {wanted}')
        row = dict(zip(header, (value.strip() for value in values), strict=True))
        score = _number(path, number, row[_SCORE]) if row.get(_SCORE) else None
        start, end = _span(path, number, row[_BEGIN], row[_END])
        selection = row.get(_SELECTION) or f'line {number}'
        annotation = Annotation(start, end, row.get(label_column, ''), score)
        found.setdefault((selection, start, end), annotation)
        files.add(row.get(_FILE, ''))
    if len(files) > 1:
        raise UserError(f'{path} tells of {len(files)} recordings: save a table for each of them')
    return list(found.values())


def write_audacity(path: Path, annotations: Iterable[Annotation]) -> None:
    """A label track; it has no place for scores.

    Raises:
        ValueError: an annotation that such a file cannot hold.
    """
    _write(path, [f'{x.start_s:.6f}\t{x.end_s:.6f}\t{x.label}' for x in map(_fit, annotations)])


def read_audacity(path: Path) -> list[Annotation]:
    """The labels of a track, in its order; bands of frequency are passed over.

    Raises:
        UserError: the file cannot be read or has a line that is no label; one line that names it.
    """
    found = []
    for number, line in _lines(path):
        values = line.split('\t')
        if values[0] == '\\':  # the band of the label before
            continue
        if len(values) not in (2, 3):
            wanted = '"start<tab>end<tab>label" is wanted, as Audacity exports it'
            raise UserError(f'{path}, line {number}: {len(values)} values: {wanted}')
        label = values[2].strip() if len(values) == 3 else ''
        found.append(Annotation(*_span(path, number, values[0], values[1]), label))
    return found


def _fit(annotation: Annotation) -> Annotation:
    start, end, label, score = annotation
    if not 0 <= start <= end < math.inf:
        raise ValueError(f'[{start}, {end}) s: 0 <= start <= end is wanted')
    if label.strip() != label or any(sign in label for sign in '\t\n\r'):
        raise ValueError(f'label {label!r}: no tabs, line ends or spaces around it are wanted')
    if score is not None and not math.isfinite(score):
        raise ValueError(f'score {score} of {label!r}: a finite number is wanted')
    return annotation


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text(''.join(f'{line}\n' for line in lines), encoding='utf-8', newline='\n')


def _lines(path: Path) -> list[tuple[int, str]]:
    """Those that are not empty, with their numbers."""
    try:
        text = path.read_text(encoding='utf-8-sig')
    except OSError as error:
        raise UserError(f'{path} cannot be read ({error.strerror})') from None
    except UnicodeDecodeError:
        raise UserError(f'{path} is not text in UTF-8: save it as such') from None
    return [(number, line) for number, line in enumerate(text.split('\n'), 1) if line.strip()]


def _span(path: Path, line: int, start: str, end: str) -> tuple[float, float]:
    start_s, end_s = _number(path, line, start), _number(path, line, end)
    if not 0 <= start_s <= end_s:
        raise UserError(f'{path}, line {line}: [{start}, {end}) s: 0 <= start <= end is wanted')
    return start_s, end_s


def _number(path: Path, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f'{path}, line {line}: {text!r} is not a number, such as 1.25')
    return value
