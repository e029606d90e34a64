"""What runs said of single items of their test part, read from their directories."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Integer, Shaped

from research import calibration, detections, metrics
from research.errors import UserError
from research.finished import Finished
from research.tested import arrays


class Named(NamedTuple):
    """What a seed of a classifier said, all folds together.

    Attributes:
        item: names, in any order.
        group: of each.
        target: number of the true class.
        joined: probabilities as given, the mean over an item's slices.
        scaled: those at the temperature that was fitted on validation; None: there is none.
        classes: their names.
    """

    item: Shaped[np.ndarray, ' items']
    group: Shaped[np.ndarray, ' items']
    target: Integer[np.ndarray, ' items']
    joined: Float[np.ndarray, 'items classes']
    scaled: Float[np.ndarray, 'items classes'] | None
    classes: list[str]

    @property
    def predicted(self) -> Integer[np.ndarray, ' items']:
        return np.argmax(self.joined, axis=1)


class Found(NamedTuple):
    """What a seed of a detector said, all folds together: `found` is by each fold's threshold."""

    item: Shaped[np.ndarray, ' items']
    target: Bool[np.ndarray, ' items']
    probability: Float[np.ndarray, ' items']
    found: Bool[np.ndarray, ' items']


class Told(NamedTuple):
    """What a seed said of numbers, all folds together, in the target's own unit."""

    item: Shaped[np.ndarray, ' items']
    said: Float[np.ndarray, ' items']
    true: Float[np.ndarray, ' items']


def there(runs: Sequence[Finished]) -> bool:
    """Whether the runs lie there as directories: packed ones keep no predictions."""
    return all(run.place.is_dir() for run in runs)


def named(folds: Sequence[Finished]) -> Named:
    """A classifier's items; UserError where a file cannot be read."""
    parts = []
    for run in folds:
        names = ('item', 'group', 'target', 'probabilities', 'classes')
        part = arrays(run.place / 'predictions' / 'test.npz', names)
        items = part['item']
        item, joined = metrics.join_slices(part['probabilities'], items)
        temperature = run.result.get('tuned', {}).get('temperature')
        scaled = None
        if temperature is not None:
            floored = np.maximum(joined, metrics.LEAST_PROBABILITY)
            scaled = calibration.rescale(np.log(floored), float(temperature))
        target, group = (metrics.per_item(part[each], items) for each in ('target', 'group'))
        parts.append(Named(item, group, target, joined, scaled, part['classes'].tolist()))
    scaled = [part.scaled for part in parts if part.scaled is not None]
    item, group, target, joined = (
        np.concatenate([part[place] for part in parts]) for place in range(4)
    )
    together = np.concatenate(scaled) if len(scaled) == len(parts) else None
    return Named(item, group, target, joined, together, parts[0].classes)


def found(folds: Sequence[Finished]) -> Found:
    """A detector's items; UserError where a file cannot be read."""
    parts = []
    for run in folds:
        names = ('item', 'target', 'probability')
        part = arrays(run.place / 'predictions' / 'test.npz', names)
        probability, target = detections.joined(part, part)
        over = probability >= float(run.result.get('tuned', {}).get('threshold', 0.5))
        parts.append(Found(np.unique(part['item']), target, probability, over))
    return Found(*map(np.concatenate, zip(*parts, strict=True)))


def told(folds: Sequence[Finished]) -> Told:
    """The items of a regression; UserError where a file cannot be read."""
    parts = []
    for run in folds:
        part = arrays(run.place / 'predictions' / 'test.npz', ('item', 'target', 'standard'))
        scale = read_json(run.place / 'meaning.json')
        said = part['standard'].astype(np.float64) * scale['scale'] + scale['centre']
        item, joined = metrics.join_slices(said[:, None], part['item'])
        parts.append(Told(item, joined[:, 0], metrics.per_item(part['target'], part['item'])))
    return Told(*map(np.concatenate, zip(*parts, strict=True)))


def transcripts(folds: Sequence[Finished]) -> list[dict[str, str]]:
    """Rows of test_transcripts.csv; UserError where a file cannot be read."""
    rows = []
    for run in folds:
        path = run.place / 'predictions' / 'test_transcripts.csv'
        try:
            with path.open(encoding='utf-8', newline='') as file:
                rows += list(csv.DictReader(file))
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error
    return rows


def records(run: Finished) -> list[dict[str, Any]]:
    """Lines of metrics.jsonl; UserError where it cannot be read."""
    path = run.place / 'metrics.jsonl'
    try:
        return [json.loads(line) for line in path.read_text(encoding='utf-8').splitlines()]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; UserError where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UserError:
    return UserError(f'{path} cannot be read ({error}): train the run anew')
