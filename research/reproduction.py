"""A finished run trained a second time, and what the two have in common."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

import data_prep
from research import choosing, codec, corpora, pairs, renewal, restore, runs, start, trained
from research.errors import UserError
from research.finished import Finished
from research.runs import Run, RunError

# Of the environment what may change numbers, beside what pairs.TRAINED_BY names.
LAID_OUT = ('dirty', 'platform', 'cpus', 'parallel', 'steps_per_dispatch', 'stack')


@dataclasses.dataclass(frozen=True)
class Reproduction:
    """What a run and its repetition have in common.

    Attributes:
        scores: names as 'test loss', with what either run has.
        parameters: of each array by its path, the greatest change as a share of its greatest value;
            None where they cannot be compared.
        uncompared: why they cannot.
        environment: names of what differs in it, with both values.
    """

    scores: Mapping[str, tuple[float, float]]
    parameters: Mapping[str, float] | None
    uncompared: str
    environment: list[tuple[str, str, str]]

    @property
    def distance(self) -> float:
        """The greatest difference of a score or a parameter; infinite where one run lacks it."""
        apart = [_apart(one, other) for one, other in self.scores.values()]
        return max([*apart, *(self.parameters or {}).values()])

    def lines(self, tolerance: float) -> Iterator[str]:
        """What is told to people: scores, parameters, environment, and the verdict last."""
        width = max(map(len, self.scores))
        yield f'{"":{width}}  {"there":>12}  {"here":>12}'
        for name, (one, other) in self.scores.items():
            mark = '' if one == other or _apart(one, other) == 0 else f'  {other - one:+.2g}'
            yield f'{name:{width}}  {one:>12.6g}  {other:>12.6g}{mark}'
        if self.parameters is None:
            yield f'parameters are not compared: {self.uncompared}'
        else:
            name, most = max(self.parameters.items(), key=lambda each: each[1])
            yield f'parameters differ by {most:.2g} of the greatest in their array at most ({name})'
        for name, one, other in self.environment:
            yield f'environment: {name} was {one}, is {other}'
        if not self.environment:
            yield 'environment: nothing that is recorded differs'
        if self.distance == 0:
            yield 'the same, to the bit' if self.parameters else 'the same scores, to the bit'
        elif self.distance <= tolerance:
            yield f'the same within {tolerance:g}'
        else:
            yield f'not the same: {self.distance:.2g} apart, more than {tolerance:g}'


def train(first: Finished, data_dir: Path, out: Path) -> tuple[int, Run]:
    """Trains the experiment of a run again, laid out over the devices as it was.

    Args:
        first: the run.
        data_dir: of the prepared corpora; an embedded one that is not there is prepared.
        out: folder of runs for the new one; another than that of the run.

    Returns:
        The exit code of the training, and the new run.

    Raises:
        UserError: the corpus is not there or not the same, or `out` has the run itself.
        RunError: the new run failed or cannot be written.
    """
    from research.loop import Options

    experiment = codec.from_json(dict(first.experiment))
    name, wanted = experiment.data.corpus, first.settings['fingerprint']
    directory = data_prep.prepared(name, data_dir)
    if directory is None:
        if not data_prep.card(name).embedded:
            raise UserError(
                f'{choosing.unprepared(name, data_dir)}: {choosing.command(name, data_dir)}'
            )
        directory = data_prep.prepare(name, data_dir)
    corpus = corpora.open_corpus(directory)
    if corpus.fingerprint != wanted:
        raise UserError(
            f'{directory} has the fingerprint {corpus.fingerprint}, the run was made with '
            f'{wanted}: prepare the version and the recordings that it had'
        )
    place = runs.locate(out, codec.to_json(experiment), corpus.fingerprint)
    if place.directory.resolve() == Path(first.place).resolve():
        raise UserError(f'--out={out} holds the run itself: give another folder')
    if place.status() == 'finished':
        print(f'{place.directory} is finished: it is compared as it stands')
        return 0, place
    kept = first.environment
    streamed = 'on' if kept.get('stream') else 'off'
    options = Options(
        parallel=kept.get('parallel', 'jit'),
        steps_per_dispatch=kept.get('steps_per_dispatch'),
        stream=streamed,
    )
    chosen = choosing.Chosen(experiment, corpus, stand_in=False)
    renewal.renew([place], force=False, retry_failed=True)
    return start.train(chosen, out, 'off', options), place


def compare(first: Finished, anew: Finished) -> Reproduction:
    """Holds a run against its repetition."""
    parameters, uncompared = None, ''
    try:
        parameters = _changes(*(_weights(run) for run in (first, anew)))
    except RunError as error:
        uncompared = str(error)
    names = (*pairs.TRAINED_BY, *LAID_OUT)
    there, here = ({n: run.environment.get(n) for n in names} for run in (first, anew))
    return Reproduction(
        _scores(first.result, anew.result),
        parameters,
        uncompared,
        pairs.differing(there, here),
    )


def _weights(run: Finished) -> PyTree:
    if run.place.is_file():
        raise RunError(f'{run.place} is packed, without them')
    return trained.load(run.place).weights


def _changes(one: PyTree, other: PyTree) -> dict[str, float]:
    """Of each array the greatest change, as a share of its greatest value."""
    there, here = restore.named(one), restore.named(other)
    return {name: _change(there.get(name), here.get(name)) for name in {**there, **here}}


def _change(one: Any, other: Any) -> float:
    if one is None or other is None or np.shape(one) != np.shape(other):
        return math.inf
    one, other = (np.asarray(jax.device_get(each), np.float64) for each in (one, other))
    if not one.size or np.array_equal(one, other):
        return 0.0
    most = np.abs(one - other).max()
    return float(most / max(np.abs(one).max(), np.finfo(np.float32).tiny))


def _scores(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Steps and the scores of both parts, less their intervals; NaN where a run lacks one."""
    there, here = ({name: run.get(name) for name in ('best_step', 'steps')} for run in (one, other))
    for part in ('valid', 'test'):
        for named, run in ((there, one), (here, other)):
            named |= {f'{part} {name}': value for name, value in run.get(part, {}).items()}
    both = {name: (there.get(name), here.get(name)) for name in {**there, **here}}
    return {
        name: (_number(a), _number(b))
        for name, (a, b) in both.items()
        if any(isinstance(each, int | float) for each in (a, b))
    }


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _apart(one: float, other: float) -> float:
    """NaN stands for a score that is not defined: the same where neither run has it."""
    if math.isnan(one) or math.isnan(other):
        return 0.0 if math.isnan(one) and math.isnan(other) else math.inf
    return abs(one - other)
