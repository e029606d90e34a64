"""Finished runs as they stand on disk: settings, result and test predictions."""

import dataclasses
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped

from research import metrics, runs
from research.dotted import flatten
from research.errors import UserError, unknown

METRICS = ('item_accuracy', 'slice_accuracy')
SHORT = {name: f'data.{name}' for name in ('corpus', 'protocol', 'fold')}


@dataclasses.dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes:
        directory: where it stands.
        settings: experiment.json by dotted name, and the corpus's `fingerprint`.
        result: result.json.
    """

    directory: Path
    settings: Mapping[str, Any]
    result: Mapping[str, Any]

    def texts(self, names: Sequence[str]) -> tuple[str, ...]:
        """Its settings of these names; `corpus`, `protocol` and `fold` are short for `data.…`."""
        full = [SHORT.get(name, name) for name in names]
        for name in full:
            if name not in self.settings:
                raise UserError(f'{self.directory}: {unknown("setting", name, self.settings)}')
        return tuple(str(self.settings[name]) for name in full)


@dataclasses.dataclass(frozen=True)
class Tested:
    """Right or wrong on each unit (item or slice) of the test parts, in the order of `units`."""

    units: Shaped[np.ndarray, ' units']
    groups: Shaped[np.ndarray, ' units']
    correct: Bool[np.ndarray, ' units']


def find(places: Iterable[str], runs_dir: Path) -> list[runs.Run]:
    """The runs at or below each path, or below `runs_dir` for a name.

    Raises:
        UserError: there is no such path or name; lists the names there are.
    """
    found = set()
    for place in places:
        root = Path(place) if Path(place).is_dir() else runs_dir / place
        if not root.is_dir():
            known = [path.parent.name for path in runs_dir.glob('*/*/')]
            raise UserError(unknown('run, folder or experiment', place, {*known}))
        for depth in ('', '*/', '*/*/'):
            # A name with a dot in front is a shelf of replaced runs.
            found |= {
                path.parent
                for path in root.glob(f'{depth}experiment.json')
                if not any(part.startswith('.') for part in path.relative_to(root).parts)
            }
    return [runs.Run(directory) for directory in sorted(found)]


def read(places: Iterable[runs.Run]) -> tuple[list[Finished], list[str]]:
    """The finished runs, and a line on each of the others."""
    finished, notes = [], []
    for place in places:
        if place.status() != 'finished':
            notes.append(f'left out: {place.directory}: unfinished ({place.status()})')
            continue
        settings = flatten(_json(place.experiment))
        settings['fingerprint'] = _json(place.environment).get('fingerprint')
        finished.append(Finished(place.directory, settings, _json(place.result)))
    return finished, notes


def pooled(folds: Sequence[Finished], metric: str) -> Tested:
    """One seed's test predictions over its folds, as one test of the whole corpus.

    Raises:
        UserError: a slice is tested by two folds, or an item that validated one fold is tested by
            none: the folds are no partition, or some have not been run.
    """
    parts = [_arrays(run, 'test') for run in folds]
    test = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    names = [run.directory.name for run in folds]
    if len({*zip(test['item'], test['slice'], strict=True)}) < len(test['item']):
        raise UserError(f'{", ".join(names)} test the same slices: they cannot be pooled')
    if len(folds) > 1:
        seen = np.concatenate([_arrays(run, 'valid')['item'] for run in folds])
        missing = np.setdiff1d(seen, test['item'])
        if len(missing):
            raise UserError(
                f'{", ".join(names)} leave {len(missing)} items untested ({missing[0]} is one): '
                'run the other folds, or put fold in --columns'
            )
    if metric == 'slice_accuracy':
        order = np.lexsort((test['slice'], test['item']))
        units = np.array([f'{test["item"][i]} {test["slice"][i]}' for i in order])
        correct = (np.argmax(test['probabilities'], axis=-1) == test['target'])[order]
        return Tested(units, test['group'][order], correct)
    units, joined = metrics.join_slices(test['probabilities'], test['item'])
    truth, groups = (metrics.per_item(test[name], test['item']) for name in ('target', 'group'))
    return Tested(units, groups, np.argmax(joined, axis=-1) == truth)


def _arrays(run: Finished, part: str) -> dict[str, np.ndarray]:
    path = run.directory / 'predictions' / f'{part}.npz'
    try:
        # Opened here: numpy leaves a file that is no archive open.
        with path.open('rb') as raw, np.load(raw, allow_pickle=False) as file:
            return {
                name: file[name] for name in ('item', 'slice', 'group', 'target', 'probabilities')
            }
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f'{path} cannot be read ({error}): train the run anew') from error


def _json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read ({error}): train the run anew') from error
