"""Finished runs as small files that can be committed: all that a table needs of them.

`<folder>/<experiment>/<run>.run.json` stands where a run's directory would, so that the folder is
read as a runs_dir is. It holds the experiment, the environment, the result, and of each score the
numerators and denominators (or targets and probabilities). The names of the units, which the runs
of one test part share, lie once in `<folder>/tested/<hash>.json`.
"""

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from research import ledger, scores
from research.errors import UserError, unknown
from research.finished import Finished
from research.predicting import outputs
from research.scores import Counted

FORMAT = 1
SUFFIX = '.run.json'
FOLDER = 'tested'
# Paths of a machine and the flags of its user are nothing to others.
KEPT_BACK = ('argv', 'resumed')
Column = int | float | Sequence[int | float]


class Packed:
    """A run out of such a file; its test part, as `research.tested` wants it.

    Attributes:
        experiment: experiment.json.
        environment: environment.json, less what was told to the program.
        result: result.json.
    """

    def __init__(self, file: Path, record: Mapping[str, Any], names: Mapping[str, Any]):
        self._file, self._scores, self._names = file, record['scores'], names
        self.experiment: Mapping[str, Any] = record['experiment']
        self.environment: Mapping[str, Any] = record['environment']
        self.result: Mapping[str, Any] = record['result']

    def known(self) -> list[str]:
        return sorted(self._scores)

    def units(self, score: str) -> Counted:
        kind = scores.of(score).units
        if kind is None or score not in self._scores:
            raise UserError(f'{self._file}: {unknown("score", score, self.known())}')
        names = self._names['scores'][score]
        unit = np.array(names['unit'])
        group = np.array(names['groups'])[names['group']] if 'groups' in names else unit
        one, other = (_column(self._scores[score][field], len(unit)) for field in kind._fields[1:3])
        one = one.astype(bool) if kind is scores.Ranked else one
        return kind(unit, one, other, group)

    def items(self, part: str) -> Shaped[np.ndarray, ' items']:
        return np.array(self._names['items'][part], str)


def place(directory: Path) -> Path:
    """The file that a run of this directory is packed in."""
    return directory.with_name(directory.name + SUFFIX)


def directory(file: Path) -> Path:
    """Where a packed run would lie unpacked."""
    return file.with_name(file.name.removesuffix(SUFFIX))


def is_one(path: Path) -> bool:
    return path.name.endswith(SUFFIX) and path.is_file()


def below(folder: Path) -> set[Path]:
    """Packed runs in a folder of runs, or in one of such folders."""
    return {path for depth in ('', '*/', '*/*/') for path in folder.glob(f'{depth}*{SUFFIX}')}


def write_all(runs: Iterable[Finished], folder: Path) -> set[Path]:
    """Packs runs; the same runs give the same bytes.

    Returns:
        The files that hold them.

    Raises:
        UserError: the folder cannot be written, or a file of a run cannot be read.
    """
    files = set()
    for run in runs:
        names, counts = _taken_apart(run)
        text = _text(names)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        environment = {name: v for name, v in run.environment.items() if name not in KEPT_BACK}
        record = {
            'format': FORMAT,
            'experiment': run.experiment,
            'environment': environment,
            'result': run.result,
            'tested': digest,
            'scores': counts,
        }
        origin = directory(run.place)
        target = place(folder / origin.parent.name / origin.name)
        shared = folder / FOLDER / f'{digest}.json'
        for path, said in ((shared, text), (target, _text(record))):
            _put(path, said)
            files.add(path)
    return files


def write_grid(name: str, runs_dir: Path, folder: Path) -> Path:
    """Keeps which runs a grid has beside those of them that are packed."""
    target = ledger.path(folder, name)
    _put(target, ledger.path(runs_dir, name).read_text(encoding='utf-8'))
    return target


def _taken_apart(run: Finished) -> tuple[dict[str, Any], dict[str, Any]]:
    """What runs of one test part share, and what is this run's own."""
    names: dict[str, Any] = {'items': {}, 'scores': {}}
    counts = {}
    for part in ('valid', 'test'):
        names['items'][part] = np.unique(run.tested.items(part)).tolist()
    for score in run.tested.known():
        found = run.tested.units(score)
        names['scores'][score] = _named(found)
        counts[score] = {field: _shortest(getattr(found, field)) for field in found._fields[1:3]}
    return names, counts


def _put(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise outputs.unwritable(path, error) from error
    with outputs.whole(path) as draft:
        draft.write_text(text, encoding='utf-8')


def read(file: Path) -> Packed:
    """The run that `write` packed.

    Raises:
        UserError: the file or that of its names is damaged, missing, or of another version.
    """
    record = _json(file)
    if record.get('format') != FORMAT:
        raise UserError(
            f'{file} has format {record.get("format")}, {FORMAT} is read: pack the run anew'
        )
    try:
        return Packed(file, record, _json(file.parents[1] / FOLDER / f'{record["tested"]}.json'))
    except KeyError as error:
        raise UserError(f'{file} has no {error}: pack the run anew') from error


@functools.lru_cache(maxsize=64)
def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read ({error}): pack the run anew') from error
    if not isinstance(value, dict):
        raise UserError(f'{path} holds no JSON object: pack the run anew')
    return value


def _named(found: Counted) -> dict[str, Any]:
    """Names of units, and their groups by number; none where each unit is a group of its name."""
    if np.array_equal(found.unit, found.group):
        return {'unit': found.unit.tolist()}
    groups, index = np.unique(found.group, return_inverse=True)
    return {'unit': found.unit.tolist(), 'groups': groups.tolist(), 'group': index.tolist()}


def _shortest(column: np.ndarray) -> Column:
    """Whole numbers as such; what is the same for all units once."""
    values = [int(value) if value == int(value) else float(value) for value in column]
    return values[0] if len({*values}) == 1 else values


def _column(stored: Column, size: int) -> np.ndarray:
    return np.broadcast_to(np.array(stored, np.float64), (size,)).copy()


def _text(value: Mapping[str, Any]) -> str:
    """JSON with a line for each of the outer names, so that differences can be read."""
    lines = (
        f'{json.dumps(name)}: {json.dumps(each, ensure_ascii=False, separators=(",", ":"))}'
        for name, each in value.items()
    )
    return '{\n' + ',\n'.join(lines) + '\n}\n'
