"""A classifier's pictures: the confusion matrix, and spectrograms of each class."""

import jax
import numpy as np

from research import metrics, plots
from research.experiment import sound
from research.results import Trained

SPECTROGRAMS = 3


def draw(trained: Trained) -> None:
    """Writes plots/confusion.png (test part, per recording) and plots/spectrograms.png."""
    corpus, classes = trained.made.corpus, trained.made.meaning.labels
    truth = trained.evaluators['test'].truth
    probabilities = trained.predictions['test']['probabilities']
    _, joined = metrics.join_slices(probabilities, truth['item'])
    target = metrics.per_item(truth['target'], truth['item'])
    matrix = metrics.confusion_matrix(target, np.argmax(joined, axis=-1), len(classes))
    title = f'{corpus.name}, test part, per recording'
    plots.confusion(matrix, classes, trained.place.plots / 'confusion.png', title)
    spectrograms(trained)


def spectrograms(trained: Trained) -> None:
    """Writes plots/spectrograms.png: what the model hears of a few recordings of each class."""
    corpus, valid = trained.made.corpus, trained.evaluators['valid']
    shown = {}
    for target, name in enumerate(trained.made.meaning.labels):
        first = np.flatnonzero(valid.truth['target'] == target)
        _, distinct = np.unique(valid.truth['item'][first], return_index=True)
        chosen = first[distinct][:SPECTROGRAMS].astype(np.int32)
        if len(chosen):
            features, lengths = jax.device_get(valid.inputs(chosen))
            shown[name] = [f[:n] for f, n in zip(features, lengths, strict=True)]
    frontend = sound(trained.experiment)
    hop_s = getattr(frontend, 'hop', getattr(frontend, 'frame', 1)) / frontend.rate_hz
    title = f'{type(frontend).__name__}, {corpus.name}, validation part'
    path = trained.place.plots / 'spectrograms.png'
    plots.spectrograms(shown, path, hop_s, title, frontend.axis, frontend.unit)
