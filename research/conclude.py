"""The end of a run: scores with intervals, predictions on disk, and what a person looks at."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from research import metrics, plots, stats
from research.corpora import Corpus
from research.evaluate import Evaluator
from research.experiment import Experiment
from research.runs import Run
from research.step import Weights

SPECTROGRAMS = 3


def score(
    place: Run, weights: Weights, parts: Mapping[str, Evaluator], classes: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Predicts and scores each part, and writes `predictions/<part>.npz`, one row per slice.

    Returns:
        Per part the task's scores, for each that is a mean over slices or items its 95% interval
        (`<score>_interval`; groups resampled whole), and how many slices, items and groups.
    """
    place.predictions.mkdir(exist_ok=True)
    found = {}
    for name, part in parts.items():
        predictions = part(weights.params, weights.stats)
        np.savez_compressed(
            place.predictions / f'{name}.npz',
            allow_pickle=False,
            classes=np.array(classes),
            **part.targets,
            **predictions,
        )
        scores: dict[str, Any] = part.task.score(predictions, part.targets)
        for unit, (values, groups) in part.task.units(predictions, part.targets).items():
            low, high = stats.cluster_bootstrap(values, groups)
            scores[f'{unit}_interval'] = [low, high]
        counts = {each + 's': len(np.unique(part.targets[each])) for each in ('item', 'group')}
        found[name] = scores | {'slices': part.examples} | counts
    return found


def draw(
    place: Run,
    experiment: Experiment,
    corpus: Corpus,
    valid: Evaluator,
    records: Sequence[Mapping[str, Any]],
    best_step: int,
) -> None:
    """Writes the plots: curves, the test part's confusion matrix, spectrograms of each class."""
    place.plots.mkdir(exist_ok=True)
    plots.curves(records, place.plots / 'curves.png', best_step)
    with np.load(place.predictions / 'test.npz', allow_pickle=False) as test:
        _, joined = metrics.join_slices(test['probabilities'], test['item'])
        truth = metrics.per_item(test['target'], test['item'])
    matrix = metrics.confusion_matrix(truth, np.argmax(joined, axis=-1), len(corpus.classes))
    title = f'{corpus.name}, test part, per recording'
    plots.confusion(matrix, corpus.classes, place.plots / 'confusion.png', title)
    shown = {}
    for target, name in enumerate(corpus.classes):
        first = np.flatnonzero(valid.targets['target'] == target)
        _, distinct = np.unique(valid.targets['item'][first], return_index=True)
        chosen = first[distinct][:SPECTROGRAMS].astype(np.int32)
        if len(chosen):
            features, lengths = jax.device_get(valid.inputs(chosen))
            shown[name] = [f[:n] for f, n in zip(features, lengths, strict=True)]
    frontend = experiment.frontend
    hop_s = getattr(frontend, 'hop', getattr(frontend, 'frame', 1)) / frontend.rate_hz
    title = f'{type(frontend).__name__}, {corpus.name}, validation part'
    path = place.plots / 'spectrograms.png'
    plots.spectrograms(shown, path, hop_s, title, frontend.axis, frontend.unit)
