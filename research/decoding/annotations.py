"""Label files of Raven (selection tables) and Audacity (label tracks), one a recording.

Both are text in UTF-8, parted by tabs, with times in seconds from the recording's beginning.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_STANDARD = (
    'Selection',
    'View',
    'Channel',
    'Begin Time (s)',
    'End Time (s)',
    'Low Freq (Hz)',
    'High Freq (Hz)',
)


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
    lines = ['\t'.join((*_STANDARD, 'Annotation', 'Score'))]
    for number, (start, end, label, score) in enumerate(map(_fit, annotations), 1):
        band = f'{low_hz:.1f}\t{high_hz:.1f}'
        shown = '' if score is None else f'{score:.6f}'
        place = f'{number}\tSpectrogram 1\t1\t{start:.6f}\t{end:.6f}'
        lines.append(f'{place}\t{band}\t{label}\t{shown}')
    _write(path, lines)


def write_audacity(path: Path, annotations: Iterable[Annotation]) -> None:
    """A label track; it has no place for scores.

    Raises:
        ValueError: an annotation that such a file cannot hold.
    """
    _write(path, [f'{x.start_s:.6f}\t{x.end_s:.6f}\t{x.label}' for x in map(_fit, annotations)])


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
