"""Finished runs as they stand on disk: settings, result and test predictions."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from research import ledger, runs, untrained
from research.errors import UserError, unknown
from research.scores import Counted
from research.tested import Tested

SHORT = {name: f'data.{name}' for name in ('corpus', 'protocol', 'fold')}


@dataclasses.dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes:
        place: its directory, or the file that it is packed in.
        experiment: experiment.json.
        environment: environment.json.
        result: result.json.
        settings: the experiment by dotted name, the corpus's `fingerprint`, and the `label` that a
            grid gives it, else its name.
        tested: its test part.
    """

    place: Path
    experiment: Mapping[str, Any]
    environment: Mapping[str, Any]
    result: Mapping[str, Any]
    settings: Mapping[str, Any]
    tested: Tested

    def texts(self, names: Sequence[str]) -> tuple[str, ...]:
        """Its settings of these names; `corpus`, `protocol` and `fold` are short for `data.…`."""
        try:
            return texts(self.settings, names)
        except KeyError as error:
            raise UserError(
                f'{self.place}: {unknown("setting", error.args[0], self.settings)}'
            ) from None


def texts(settings: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """Settings of these names, as `Finished.texts` has them; KeyError has one that is lacking."""
    return tuple(str(settings[SHORT.get(name, name)]) for name in names)


def find(places: Iterable[str], runs_dir: Path) -> tuple[list[runs.Run], dict[Path, str]]:
    """The runs at or below each path, or below `runs_dir` for a name, or those of a grid.

    Returns:
        The runs that there are, in the order of their paths, and the labels that grids give them.

    Raises:
        UserError: as of `root`.
    """
    found, labels = set(), {}
    for place in places:
        if ledger.path(runs_dir, place).is_file():
            entries = ledger.read(runs_dir, place)
            labels |= {entry.run.directory: entry.label for entry in entries}
            found |= {e.run.directory for e in entries if e.run.status() != 'absent'}
            continue
        folder = root(place, runs_dir)
        for depth in ('', '*/', '*/*/'):
            # A name with a dot in front is a shelf of replaced runs.
            found |= {
                path.parent
                for path in folder.glob(f'{depth}experiment.json')
                if not any(part.startswith('.') for part in path.relative_to(folder).parts)
            }
    return [runs.Run(directory) for directory in sorted(found)], labels


def root(place: str, runs_dir: Path) -> Path:
    """The folder at a path, or below `runs_dir` of a name.

    Raises:
        UserError: there is none; says where it lies further down, or what trains it, or lists the
            names there are.
    """
    found = Path(place) if Path(place).is_dir() else runs_dir / place
    if not found.is_dir():
        raise UserError(
            _deeper(place, runs_dir) or untrained.told(place, runs_dir) or _unknown(place, runs_dir)
        )
    return found


def _deeper(place: str, runs_dir: Path) -> str | None:
    """Where runs of this name lie further down, so that nobody trains what is there."""
    for depth in ('*/', '*/*/'):
        for folder in sorted(runs_dir.glob(depth)):
            found, parts = folder / place, folder.relative_to(runs_dir).parts
            if not any(part.startswith('.') for part in parts) and _holds(found):
                lies = f'but {found} holds runs: give that'
                return f"there is no '{place}' in {runs_dir}/ itself, {lies}"
    return None


def _holds(folder: Path) -> bool:
    """Whether it is a run, or runs lie in it."""
    marks = 'experiment.json', '*/experiment.json', '*.run.json'
    return any(next(folder.glob(mark), None) for mark in marks)


def _unknown(place: str, runs_dir: Path) -> str:
    known = [path.parent.name for path in runs_dir.glob('*/*/')]
    known += [path.parent.name for path in runs_dir.glob('*/*.run.json')]
    known += [path.stem for path in (runs_dir / ledger.FOLDER).glob('*.json')]
    return unknown('run, folder, experiment or grid', place, {*known})


def pooled(folds: Sequence[Finished], score: str) -> Counted:
    """One seed's test units over its folds, in the order of their names, as one test of the corpus.

    Probabilities of all folds are then ranked as one, whichever of the models gave them.

    Raises:
        UserError: a run has no such score, a slice is tested by two folds, or an item that
            validated one fold is tested by none: the folds are no partition, or some have not been
            run.
    """
    parts = [run.tested.units(score) for run in folds]
    kind = type(parts[0])
    test = kind(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    names = ', '.join(run.place.name for run in folds)
    if len(np.unique(test.unit)) < len(test.unit):
        raise UserError(f'{names} test the same slices: they cannot be pooled')
    if len(folds) > 1:
        seen, tested = (
            np.concatenate([run.tested.items(part) for run in folds]) for part in ('valid', 'test')
        )
        missing = np.setdiff1d(seen, tested)
        if len(missing):
            raise UserError(
                f'{names} leave {len(missing)} items untested ({missing[0]} is one): '
                'run the other folds, or put fold in --columns'
            )
    return kind(*(column[np.argsort(test.unit)] for column in test))
