"""The runs that a table is made of: from their directories, from packed files, from grids."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from research import finished, later, ledger, packed
from research.dotted import flatten
from research.errors import UserError
from research.finished import Finished
from research.ledger import Entry
from research.runs import Run
from research.tested import Predictions

# What runs are told apart by: one of a version that had no such settings cannot be compared.
WANTED = ('name', 'seed', 'data.corpus', 'data.protocol', 'data.fold')
Labels = Mapping[Path, str]


class Gathered(NamedTuple):
    """What lies at some places.

    Attributes:
        finished: the runs that may be compared.
        missing: settings of those that are not finished, as far as they are known.
        notes: a line on each run that is not among the finished.
        labelled: whether a grid labels them.
    """

    finished: list[Finished]
    missing: list[Mapping[str, Any]]
    notes: list[str]
    labelled: bool


def gather(places: Sequence[str], runs_dir: Path) -> Gathered:
    """The runs at these places, as `finished.find` has them, and those packed there.

    A run that lies there both ways is taken from its directory.

    Raises:
        UserError: there is no such place, or a file of a run is damaged; says what to do.
    """
    entries = [entry for name in grids(places, runs_dir) for entry in ledger.read(runs_dir, name)]
    folders = [place for place in places if not packed.is_one(Path(place))]
    there, labels = finished.find(folders, runs_dir)
    found = {_name(run.directory): _opened(run, labels) for run in there if _is_done(run)}
    for file in _files(places, runs_dir, entries):
        if _name(packed.directory(file)) not in found:
            found[_name(packed.directory(file))] = _unpacked(file, labels)
    open_ = [run for run in there if _name(run.directory) not in found]
    notes = [f'left out: {run.directory}: unfinished ({run.status()})' for run in open_]
    missing = [_settings(_json(run.experiment), {}, run.directory, labels) for run in open_]
    complete = []
    for run in found.values():
        lacking = [name for name in WANTED if name not in run.settings]
        if lacking:
            notes.append(f'left out: {run.place}: it has no {", ".join(lacking)}: train it anew')
        else:
            complete.append(run)
    known = {*found, *(_name(run.directory) for run in open_)}
    absent = [entry for entry in entries if _name(entry.run.directory) not in known]
    if absent:
        notes.append(f'not begun: {len(absent)} of the {len(entries)} runs of the grid')
    like = {each['label']: each for each in [*missing, *(run.settings for run in complete)]}
    missing += [_expected(entry, like) for entry in absent]
    return Gathered(complete, missing, notes, bool(labels))


def grids(places: Sequence[str], runs_dir: Path) -> list[str]:
    """Those of the places that are names of grids."""
    return [name for name in places if ledger.path(runs_dir, name).is_file()]


def _files(places: Sequence[str], runs_dir: Path, entries: Sequence[Entry]) -> list[Path]:
    """Packed runs at these places."""
    files = {packed.place(entry.run.directory) for entry in entries}
    for name in set(places) - set(grids(places, runs_dir)):
        path = Path(name)
        files |= {path} if packed.is_one(path) else packed.below(finished.root(name, runs_dir))
    return sorted(file for file in files if file.is_file())


def _is_done(run: Run) -> bool:
    return run.status() == 'finished'


def _name(directory: Path) -> tuple[str, str]:
    """What tells a run from all others, wherever it lies."""
    return directory.parent.name, directory.name


def _opened(run: Run, labels: Labels) -> Finished:
    experiment, environment = _json(run.experiment), _json(run.environment)
    settings = _settings(experiment, environment, run.directory, labels)
    tested = Predictions(run.directory)
    return Finished(run.directory, experiment, environment, _json(run.result), settings, tested)


def _unpacked(file: Path, labels: Labels) -> Finished:
    run = packed.read(file)
    settings = _settings(run.experiment, run.environment, packed.directory(file), labels)
    return Finished(file, run.experiment, run.environment, run.result, settings, run)


def _settings(
    experiment: Mapping[str, Any], environment: Mapping[str, Any], directory: Path, labels: Labels
) -> dict[str, Any]:
    settings = flatten(later.complete(experiment))
    settings['fingerprint'] = environment.get('fingerprint')
    return {**settings, 'label': labels.get(directory, settings.get('name'))}


def _expected(entry: Entry, like: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Settings of a member that has not begun: those of another that differs in the seed alone."""
    seeds = [change for change in entry.change if change.startswith('seed=')]
    seed = {'seed': int(seeds[-1].removeprefix('seed='))} if seeds else {}
    return {**like.get(entry.label, {'label': entry.label}), **seed}


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read ({error}): train the run anew') from error
    if not isinstance(value, dict):
        raise UserError(f'{path} holds no JSON object: train the run anew')
    return value
