"""Finished runs as they stand on disk: settings, result and test predictions."""

import dataclasses
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from research import detections, ledger, metrics, runs, scores
from research.dotted import flatten
from research.errors import UserError, unknown
from research.scores import Counted, Ranked, Units

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


def find(places: Iterable[str], runs_dir: Path) -> tuple[list[runs.Run], dict[Path, str]]:
    """The runs at or below each path, or below `runs_dir` for a name, or those of a grid.

    Returns:
        The runs that there are, in the order of their paths, and the labels that grids give them.

    Raises:
        UserError: there is no such path or name; lists the names there are.
    """
    found, labels = set(), {}
    for place in places:
        if ledger.path(runs_dir, place).is_file():
            entries = ledger.read(runs_dir, place)
            labels |= {entry.run.directory: entry.label for entry in entries}
            found |= {e.run.directory for e in entries if e.run.status() != 'absent'}
            continue
        root = Path(place) if Path(place).is_dir() else runs_dir / place
        if not root.is_dir():
            known = [path.parent.name for path in runs_dir.glob('*/*/')]
            known += [path.stem for path in (runs_dir / ledger.FOLDER).glob('*.json')]
            raise UserError(unknown('run, folder, experiment or grid', place, {*known}))
        for depth in ('', '*/', '*/*/'):
            # A name with a dot in front is a shelf of replaced runs.
            found |= {
                path.parent
                for path in root.glob(f'{depth}experiment.json')
                if not any(part.startswith('.') for part in path.relative_to(root).parts)
            }
    return [runs.Run(directory) for directory in sorted(found)], labels


def read(
    places: Iterable[runs.Run], labels: Mapping[Path, str] | None = None
) -> tuple[list[Finished], list[str]]:
    """The finished runs, and a line on each of the others.

    Args:
        places: of the runs.
        labels: that a grid gives them, which become a setting `label`; its name for the others.
    """
    finished, notes = [], []
    for place in places:
        if place.status() != 'finished':
            notes.append(f'left out: {place.directory}: unfinished ({place.status()})')
            continue
        settings = flatten(_json(place.experiment))
        settings['fingerprint'] = _json(place.environment).get('fingerprint')
        settings['label'] = (labels or {}).get(place.directory, settings['name'])
        finished.append(Finished(place.directory, settings, _json(place.result)))
    return finished, notes


def pooled(folds: Sequence[Finished], score: str) -> Counted:
    """One seed's test units over its folds, in the order of their names, as one test of the corpus.

    Probabilities of all folds are then ranked as one, whichever of the models gave them.

    Raises:
        UserError: a run has no such score, a slice is tested by two folds, or an item that
            validated one fold is tested by none: the folds are no partition, or some have not been
            run.
    """
    parts = [_units(run, score) for run in folds]
    kind = type(parts[0])
    test = kind(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    names = ', '.join(run.directory.name for run in folds)
    if len(np.unique(test.unit)) < len(test.unit):
        raise UserError(f'{names} test the same slices: they cannot be pooled')
    if len(folds) > 1:
        seen, tested = (
            np.concatenate([_arrays(run, part, ('item',))['item'] for run in folds])
            for part in ('valid', 'test')
        )
        missing = np.setdiff1d(seen, tested)
        if len(missing):
            raise UserError(
                f'{names} leave {len(missing)} items untested ({missing[0]} is one): '
                'run the other folds, or put fold in --columns'
            )
    return kind(*(column[np.argsort(test.unit)] for column in test))


def known(run: Finished) -> list[str]:
    """Scores of the test part that have units."""
    path = run.directory / 'predictions' / 'test_units.npz'
    if not path.exists():
        return ['item_accuracy', 'slice_accuracy']
    return sorted({name.partition('/')[0] for name in _arrays(run, 'test_units')})


def _units(run: Finished, score: str) -> Counted:
    if not (run.directory / 'predictions' / 'test_units.npz').exists():
        return _of_an_earlier_version(run, score)
    arrays, kind = _arrays(run, 'test_units'), scores.of(score).units
    if score == 'average_precision' and 'f1/unit' in arrays and f'{score}/unit' not in arrays:
        return _ranked_of_an_earlier_version(run)
    if kind is None or f'{score}/unit' not in arrays:
        raise UserError(f'{run.directory}: {unknown("score", score, known(run))}')
    return kind(*(arrays[f'{score}/{field}'] for field in kind._fields))


def _of_an_earlier_version(run: Finished, score: str) -> Units:
    """Runs had no units in a file of their own while all were classifiers."""
    if score not in known(run):
        raise UserError(f'{run.directory}: {unknown("score", score, known(run))}')
    test = _arrays(run, 'test', ('item', 'slice', 'group', 'target', 'probabilities'))
    if score == 'slice_accuracy':
        right = np.argmax(test['probabilities'], axis=-1) == test['target']
        names = scores.per_slice(test['item'], test['slice'])
        return scores.plain(names, right, test['group'])
    names, joined = metrics.join_slices(test['probabilities'], test['item'])
    truth, groups = (metrics.per_item(test[each], test['item']) for each in ('target', 'group'))
    return scores.plain(names, np.argmax(joined, axis=-1) == truth, groups)


def _ranked_of_an_earlier_version(run: Finished) -> Ranked:
    """Detectors kept the units of ratios alone."""
    test = _arrays(run, 'test', ('item', 'group', 'target', 'probability'))
    probability, target = detections.joined(test, test)
    group = metrics.per_item(test['group'], test['item'])
    return Ranked(np.unique(test['item']), target, probability.astype(np.float64), group)


def _arrays(run: Finished, part: str, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    path = run.directory / 'predictions' / f'{part}.npz'
    try:
        # Opened here: numpy leaves a file that is no archive open.
        with path.open('rb') as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in (file.files if names is None else names)}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f'{path} cannot be read ({error}): train the run anew') from error


def _json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read ({error}): train the run anew') from error
