"""A classifier's files: doubtful items, confusion matrix, calibration, spectrograms, map."""

import jax
import numpy as np

from research import metrics, plots
from research.experiment import sound
from research.frontends import MFCC
from research.results import Trained, mapping, reliability, review
from research.scores import Units

SPECTROGRAMS = 3


def more(trained: Trained) -> dict[str, dict[str, Units]]:
    """Writes review.csv: what the classifier is not sure of in validation and test."""
    parts = {
        part: {**evaluator.truth, **trained.predictions[part]}
        for part, evaluator in trained.evaluators.items()
    }
    doubtful = review.rows(parts, trained.made.meaning.labels, trained.tuned['temperature'])
    path = trained.place.directory / 'review.csv'
    path.write_text(review.comma_separated(doubtful), encoding='utf-8', newline='\n')
    return {}


def draw(trained: Trained) -> None:
    """Writes into plots/ confusion.png, reliability.png, spectrograms.png, map.png and map.html.

    All but the spectrograms tell of items; the first two of those of the test part.
    """
    classes, temperature = trained.made.meaning.labels, trained.tuned['temperature']
    truth, said = trained.evaluators['test'].truth, trained.predictions['test']
    _, joined = metrics.join_slices(said['probabilities'], truth['item'])
    _, scaled = review.calibrated(said, truth['item'], temperature)
    target = metrics.per_item(truth['target'], truth['item'])
    matrix = metrics.confusion_matrix(target, np.argmax(joined, axis=-1), len(classes))
    title = f'{trained.made.corpus.name}, test part, per recording'
    plots.confusion(matrix, classes, trained.place.plots / 'confusion.png', title)
    path = trained.place.plots / 'reliability.png'
    reliability.draw(joined, scaled, target, temperature, path, title)
    spectrograms(trained)
    mapping.draw(trained)


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
    hop_s = frontend.hop / frontend.rate_hz
    title = f'{type(frontend).__name__}, {corpus.name}, validation part'
    path = trained.place.plots / 'spectrograms.png'
    apart = isinstance(frontend, MFCC)
    plots.spectrograms(shown, path, hop_s, title, frontend.axis, frontend.unit, apart)
