"""Forests grown by scikit-learn: what they hear, and how many trees of which depth."""

import functools
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Shaped

from research import features, selection
from research.corpora import Corpus
from research.errors import UserError
from research.examples import Examples
from research.experiment import Experiment, sound
from research.material import Material
from research.models.forest import Forest, as_outputs
from research.tasks.regression import Standard

# How scikit-learn begins it.
FALSE_ALARM = '`sklearn.utils.parallel.delayed` should be used with'

# What is called where growing may stop.
Between = Callable[[], None]


def on() -> None:
    """Does not stop."""


def forest(experiment: Experiment) -> Forest:
    """The model of an experiment on a forest."""
    assert isinstance(experiment.model, Forest), f'{experiment.model} is no forest'
    return experiment.model


def statistics(
    bound: Experiment, corpus: Corpus, part: Examples, between: Between = on
) -> Float[np.ndarray, 'examples statistics']:
    """What a forest hears of each example of a part; features of a few recordings at a time.

    Args:
        bound: the experiment.
        corpus: open.
        part: of it.
        between: called after those few; what it raises ends this.
    """
    chunks = features.chunks(corpus, part, sound(bound).rate_hz)
    found = []
    for chunk in chunks:
        x, lengths = features.extract(bound, chunk, features.read(corpus, part, chunk))
        found.append(jax.device_get(_reduced(x, lengths, model=forest(bound))))
        between()
    return np.concatenate(found)[np.argsort(features.sequence(chunks))]


@functools.partial(jax.jit, static_argnames='model')
def _reduced(x, lengths, *, model: Forest):
    return model.statistics(x, lengths)


def answers(part: Examples) -> Shaped[np.ndarray, ' examples']:
    """What a forest is to say of each example: a class, or a number in deviations."""
    return np.asarray(part.target.value if isinstance(part.target, Standard) else part.target)


def candidates(model: Forest) -> list[tuple[int, int]]:
    """Depth and trees of each forest that a search tries, the smaller ones first."""
    return [*itertools.product(sorted({*model.depth}), sorted({*model.trees}))]


def search(
    bound: Experiment,
    made: Material,
    heard: Float[np.ndarray, 'examples statistics'],
    between: Between = on,
) -> Iterator[dict[str, Any]]:
    """A record of each candidate: the task's scores of the training part, groups left out in turn.

    Each example is told by a forest that heard nothing of its group (scikit-learn's GroupKFold);
    all of them are then scored as one part.

    Args:
        bound: the experiment.
        made: its corpus, parts and meaning.
        heard: of the training part.
        between: called after each forest grown; what it raises ends this.

    Raises:
        UserError: the part is of one group.
    """
    from sklearn.model_selection import GroupKFold

    model, task, part = forest(bound), bound.task, made.parts['train']
    groups = len(np.unique(part.group))
    if groups < 2:
        raise UserError(
            'the training part is one group, and a search divides groups: give model.trees and '
            'model.depth one number each'
        )
    target, numbers = answers(part), sorted({*model.trees})
    folds = [*GroupKFold(min(model.folds, groups)).split(heard, target, part.group)]
    truth = {'item': part.item, 'slice': part.slice, 'group': part.group}
    truth |= task.truth(made.corpus, part)
    number = itertools.count(1)
    for depth in sorted({*model.depth}):
        outputs = np.zeros((len(numbers), len(part), model.outputs), np.float32)
        for rest, left_out in folds:
            growing = grow(bound, heard[rest], target[rest], depth)
            for row, grown in enumerate(growing):
                outputs[row, left_out] = told(grown, heard[left_out], model.outputs)
                between()
        for trees, each in zip(numbers, outputs, strict=True):
            said = jax.device_get(task.predict(jnp.asarray(each), None))
            scores = task.score(said, truth, made.meaning, task.tune(said, truth, made.meaning))
            tried = {'step': next(number), 'split': 'search', 'trees': trees, 'depth': depth}
            yield {**tried, **scores}


def chosen(bound: Experiment, records: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Trees and depth of the best of the records of a search, as validation picks a checkpoint."""
    tried = [{**record, 'split': 'valid'} for record in records if record['split'] == 'search']
    if not tried:
        [(depth, trees)] = candidates(forest(bound))
        return trees, depth
    best = selection.select(tried, bound.task.selects_by).step
    [record] = [record for record in tried if record['step'] == best]
    return record['trees'], record['depth']


def grow(
    bound: Experiment,
    heard: Float[np.ndarray, 'examples statistics'],
    target: Shaped[np.ndarray, ' examples'],
    depth: int,
    trees: Sequence[int] = (),
) -> Iterator[Any]:
    """A forest of each number of trees (the model's, if none is given) in ascending order.

    One forest grows from number to number, so each is to be asked before the next is taken. It is
    a function of seed, examples and numbers, however many processors grow it.
    """
    from sklearn import ensemble

    model = forest(bound)
    classes = np.issubdtype(target.dtype, np.integer)
    kind: Any = ensemble.RandomForestClassifier if classes else ensemble.RandomForestRegressor
    grown = kind(
        max_depth=depth,
        min_samples_leaf=model.leaf,
        max_features='sqrt' if model.tried is None else model.tried,
        random_state=bound.seed,
        warm_start=True,
    )
    for number in sorted({*(trees or model.trees)}):
        # As many threads as there are processors grow it; one asks it, for a sum in any order
        # would have another last bit each time.
        _fit(grown.set_params(n_estimators=number, n_jobs=-1), heard, target)
        yield grown.set_params(n_jobs=1)


def _fit(grown: Any, heard: np.ndarray, target: np.ndarray) -> None:
    """Without a false alarm of scikit-learn's threads, and with the filters of warnings kept.

    Each thread puts the process's filters aside and back, which is not safe among threads: one that
    finds none says that `delayed` was used without `Parallel`.
    """
    caught = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            grown.fit(heard, target)
    finally:
        for each in caught:
            if not str(each.message).startswith(FALSE_ALARM):
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def told(
    grown: Any, heard: Float[np.ndarray, 'examples statistics'], outputs: int
) -> Float[np.ndarray, 'examples {outputs}']:
    """What a forest gives, by scikit-learn."""
    if not hasattr(grown, 'classes_'):
        return np.asarray(as_outputs(grown.predict(heard)[:, None], outputs))
    votes = np.zeros((len(heard), max(outputs, 2)))
    votes[:, grown.classes_] = grown.predict_proba(heard)
    return np.asarray(as_outputs(votes, outputs))
