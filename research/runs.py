"""Run directories: one folder is the whole truth about one run.

Light on purpose (no jax, no numpy): listing and naming runs must not wait for a device.
"""

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Status = Literal['finished', 'failed', 'started', 'absent']


class RunError(RuntimeError):
    """What a person can put right about a run directory, said in one line."""


def write_json(path: Path, value: Any) -> None:
    """Writes `value` so that `path` holds all of the old text or all of the new one.

    Raises:
        RunError: where the folder cannot be written; the line names path and reason.
        ValueError: for a number that JSON does not have (NaN, infinity).
    """
    text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + '\n'
    temporary = path.with_name(f'.{path.name}.{secrets.token_hex(4)}.tmp')
    try:
        with temporary.open('x', encoding='utf-8') as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # without it a power cut may still undo the rename
        finally:
            os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> RunError:
    """The one line for a path that the file system refuses."""
    reason = error.strerror or str(error)
    return RunError(
        f'cannot write {path}: {reason}; free space, allow writing, or take another --runs_dir'
    )


def refuse_unwritable(folder: Path) -> None:
    """Fails at once, before anything is prepared or compiled, where runs cannot be written."""
    try:
        nearest = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        raise unwritable(folder, error) from error


@dataclass(frozen=True)
class Run:
    """One run's directory. Its parts are paths and need not exist yet."""

    directory: Path

    @property
    def experiment(self) -> Path:
        return self.directory / 'experiment.json'

    @property
    def environment(self) -> Path:
        return self.directory / 'environment.json'

    @property
    def meaning(self) -> Path:
        return self.directory / 'meaning.json'

    @property
    def metrics(self) -> Path:
        return self.directory / 'metrics.jsonl'

    @property
    def predictions(self) -> Path:
        return self.directory / 'predictions'

    @property
    def checkpoints(self) -> Path:
        return self.directory / 'checkpoints'

    @property
    def plots(self) -> Path:
        return self.directory / 'plots'

    @property
    def result(self) -> Path:
        return self.directory / 'result.json'

    @property
    def memory(self) -> Path:
        """What had been taken of it when the run ended."""
        return self.directory / 'memory.json'

    @property
    def failure(self) -> Path:
        return self.directory / 'failure.json'

    @property
    def trace(self) -> Path:
        """Where an error that nobody foresaw left its traceback."""
        return self.directory / 'failure.txt'

    def create(self, experiment_json: dict[str, Any], environment: dict[str, Any]) -> None:
        """Starts the run, or starts it again. Called by the holder of its claim.

        A failure of an earlier start is forgotten. environment.json describes the first start;
        later starts in another environment are listed under its `resumed`.

        Raises:
            RunError: the folder cannot be written, or it was made with another experiment.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            if self.experiment.exists():
                self._refuse_other(experiment_json)
            else:
                write_json(self.experiment, experiment_json)
            write_json(self.environment, self._with_earlier(environment))
            self.failure.unlink(missing_ok=True)
            self.trace.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self.directory, error) from error

    def finish(self, result: dict[str, Any]) -> None:
        """Writes result.json: the last act of a run, after which it is never trained again."""
        write_json(self.result, result)

    def fail(self, reason: str, step: int, last_good: int | None) -> None:
        """Says why the run stopped: at which step, and the step of its last good checkpoint."""
        write_json(self.failure, {'reason': reason, 'step': step, 'last_good': last_good})

    def status(self) -> Status:
        """'finished' wins over 'failed', 'failed' over 'started'."""
        if self.result.is_file():
            return 'finished'
        if self.failure.is_file():
            return 'failed'
        return 'started' if self.experiment.is_file() else 'absent'

    def _refuse_other(self, asked: dict[str, Any]) -> None:
        stored, wanted = _fields(read_json(self.experiment)), _fields(json.loads(_canonical(asked)))
        differing = [
            f'{name} is {stored.get(name, "absent")} there, {wanted.get(name, "absent")} asked'
            for name in sorted(stored.keys() | wanted.keys())
            if stored.get(name) != wanted.get(name)
        ]
        if differing:
            raise RunError(
                f'{self.experiment} holds another experiment: {"; ".join(differing)}. '
                'Undo the edit, or move the folder away.'
            )

    def _with_earlier(self, environment: dict[str, Any]) -> dict[str, Any]:
        if not self.environment.exists():
            return environment
        earlier = read_json(self.environment)
        starts = [{k: v for k, v in earlier.items() if k != 'resumed'}]
        starts += earlier.get('resumed', [])
        if environment == starts[-1]:
            return earlier
        return {**starts[0], 'resumed': [*starts[1:], environment]}


def locate(runs_dir: Path, experiment_json: dict[str, Any], fingerprint: str) -> Run:
    """The directory of an experiment (its JSON) on a corpus (its fingerprint); touches no disk.

    `<runs_dir>/<experiment>/<corpus>-s<seed>-<hash>`: the same question has the same place.
    """
    asked = {'experiment': experiment_json, 'fingerprint': fingerprint}
    digest = hashlib.sha256(_canonical(asked).encode()).hexdigest()[:10]
    corpus, seed = plain(experiment_json['data']['corpus']), experiment_json['seed']
    return Run(Path(runs_dir) / experiment_json['name'] / f'{corpus}-s{seed}-{digest}')


def plain(corpus: str) -> str:
    """A corpus's name without the colon, which neither every file system nor W&B takes."""
    return corpus.replace(':', '.')


def find(runs_dir: Path) -> list[Run]:
    """All runs below `runs_dir` in order of their paths; other folders and files are passed by."""
    experiments = Path(runs_dir).glob('*/*/experiment.json')
    return sorted((Run(p.parent) for p in experiments if p.is_file()), key=lambda r: r.directory)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(',', ':'), allow_nan=False)


def set_aside(run: Run) -> Path:
    """Moves a run out of the way, where `find` does not count it; returns its new place."""
    shelf = run.directory.parent / '.replaced'
    shelf.mkdir(exist_ok=True)
    taken = [int(path.name.rpartition('~')[2]) for path in shelf.glob(f'{run.directory.name}~*')]
    number = 1 + max(taken, default=0)
    return run.directory.rename(shelf / f'{run.directory.name}~{number}')


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file of a run; raises RunError where it holds something else."""
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:
        raise RunError(f'{path} is not JSON ({error}): mend it or move its folder away') from error
    if not isinstance(value, dict):
        raise RunError(f'{path} holds no JSON object: mend it or move its folder away')
    return value


def _fields(value: Any, name: str = '') -> dict[str, str]:
    """Dotted names of all leaves with their values as JSON."""
    if not (isinstance(value, dict) and value):
        return {name: json.dumps(value, sort_keys=True)}
    inner = (_fields(v, f'{name}.{k}' if name else k) for k, v in value.items())
    return {k: v for fields in inner for k, v in fields.items()}
