"""A finished run read back: what it was, what its outputs stand for, and its best weights."""

import dataclasses
import functools
import shlex
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from research import codec, finished, meaning, nodes, runs, step
from research.errors import UserError
from research.experiment import Experiment
from research.meaning import Meaning
from research.models import cudnn
from research.models.forest import Forest
from research.overrides import replace
from research.restore import restore
from research.runs import Run, RunError

Report = Callable[[str], None]
_ANEW = 'move the run away and train it again'


@dataclasses.dataclass(frozen=True)
class Loaded:
    """A finished run, ready to be asked.

    Attributes:
        place: its directory.
        experiment: bound to its meaning; what was trained by cuDNN's LSTM is asked by the scan.
        meaning: what the model's outputs stand for.
        weights: of the checkpoint that validation picked.
        tuned: on the validation part.
        result: what result.json holds.
    """

    place: Run
    experiment: Experiment
    meaning: Meaning
    weights: step.Weights
    tuned: dict[str, float]
    result: dict[str, Any]


def find(text: str, runs_dir: Path, report: Report = print) -> Run:
    """The finished run that a user means.

    Args:
        text: a run's directory or a folder of runs; or `<experiment>` or `<experiment>/<id>` under
            `runs_dir`. Of several finished runs it is the one that finished last.
        runs_dir: folder of the runs.
        report: told in one line which of several was taken.

    Raises:
        UserError: there is no such folder, or no run in it.
        RunError: none of the runs in it is finished; says what to do.
    """
    places, _ = finished.find([text], runs_dir)
    if not places:
        raise UserError(f'{text} holds no run: wanted is a folder with an experiment.json')
    done = [place for place in places if place.status() == 'finished']
    if not done:
        raise unfinished(places[-1])
    newest = max(done, key=lambda place: (place.result.stat().st_mtime, place.directory))
    if len(done) > 1:
        report(f'{text}: {len(done)} finished runs; takes the newest, {newest.directory}')
    return newest


def unfinished(place: Run) -> RunError:
    """Why a run cannot be asked yet, and what to do."""
    if place.status() == 'absent':
        return RunError(f'{place.directory} is no run: it holds no experiment.json')
    argv = runs.read_json(place.environment).get('argv', []) if place.environment.exists() else []
    again = f'`python {shlex.join(argv)}`' if argv else 'the command that started it'
    if place.status() == 'failed':
        reason = runs.read_json(place.failure).get('reason', 'no reason is told')
        return RunError(f'{place.directory} failed: {reason}; {again} with --force trains it anew')
    return RunError(f'{place.directory} is unfinished: {again} goes on with it')


def load(directory: Path) -> Loaded:
    """Reads a run. Its checkpoint is compared with its hashes; nothing is unpickled.

    Raises:
        RunError: it is no run, not finished, failed, or a file of it is damaged; says what to do.
        UserError: experiment.json holds what this version does not know.
    """
    place = Run(Path(directory))
    if place.status() != 'finished':
        raise unfinished(place)
    result = runs.read_json(place.result)
    experiment = codec.from_json(runs.read_json(place.experiment))
    if isinstance(result.get('tuned'), dict):
        stand_for, tuned = meaning.read(place.meaning), result['tuned']
    else:
        stand_for, tuned = _of_an_earlier_version(place)
    if cudnn.wanted(experiment.model):
        # The weights are the same: whoever asks may have another device than it was trained on.
        scanned = replace(experiment.model, recurrence='scan')
        experiment = replace(experiment, model=scanned)
    bound = step.bound(experiment, stand_for)
    if isinstance(bound.model, Forest):
        weights = nodes.load(place, bound)
    else:
        weights = _picked(place, bound, result.get('best_step'))
    return Loaded(place, bound, stand_for, weights, tuned, result)


def _picked(place: Run, bound: Experiment, best_step: Any) -> step.Weights:
    if not isinstance(best_step, int):
        raise RunError(f'{place.result} names no best_step: {_ANEW}')
    like = jax.eval_shape(functools.partial(step.init, bound))
    damaged: list[str] = []
    found = restore(
        place.checkpoints,
        step.Weights(like.params, like.stats),
        'best',
        best_step,
        damaged.append,
    )
    # Scores and what is tuned are those of this step alone: one before it will not do.
    if found is None or found[0] != best_step:
        missing = f'best checkpoint of step {best_step} is not there'
        why = damaged[0].rpartition(':')[0] if damaged else missing
        raise RunError(f'{place.directory}: {why}: {_ANEW}')
    return found[1]


def _of_an_earlier_version(place: Run) -> tuple[Meaning, dict[str, float]]:
    """Classifiers had their classes beside the predictions, and nothing was tuned."""
    path = place.predictions / 'test.npz'
    try:
        # Opened here: numpy leaves a file that is no archive open.
        with path.open('rb') as raw, np.load(raw, allow_pickle=False) as file:
            classes = tuple(file['classes'].tolist())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f'{path} cannot be read ({error}): {_ANEW}') from error
    return Meaning(labels=classes), {'temperature': 1.0}
