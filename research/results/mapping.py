"""The map of a run: which recordings lie on it, where, and what is heard of each."""

import functools
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int16

from research import metrics, plots
from research.clips import resampled
from research.corpora import Corpus
from research.examples import Examples
from research.experiment import sound
from research.results import Trained, hidden, maps, marks, review

MOST_ITEMS = 1000  # on a map


def draw(trained: Trained) -> None:
    """Writes plots/map.png and plots/map.html, unless fewer than five items differ."""
    found = points(trained)
    if not found:
        return
    labels, name = trained.made.meaning.labels, trained.experiment.name
    title = f'{name} on {trained.made.corpus.name}'
    items = sum(len(np.unique(each.truth['item'])) for each in trained.evaluators.values())
    notes = [
        'Each mark is a recording of the validation or the test part. Near one another lie those '
        'that the last hidden layer makes alike: t-SNE of the mean over the slices of each. '
        'Distances between far groups, and the axes, mean nothing.',
        f'To hear: {maps.seconds(len(found)):.1f} s from the middle of what the model heard.',
    ]
    if items > len(found):
        notes.append(f'{len(found):,} of {items:,} recordings, drawn at random.')
    page = maps.page(title, found, labels, notes)
    trained.place.plots.joinpath('map.html').write_text(page, encoding='utf-8')
    picture(trained, found, title)


def points(trained: Trained) -> list[maps.Point]:
    """At most 1,000 items of both parts, drawn with one seed; none where fewer than five differ."""
    names, vectors, targets, probabilities, parts = [], [], [], [], []
    for part, evaluator in trained.evaluators.items():
        truth = evaluator.truth
        of, scaled = review.calibrated(
            trained.predictions[part], truth['item'], trained.tuned['temperature']
        )
        names.append(of)
        probabilities.append(scaled)
        targets.append(metrics.per_item(truth['target'], truth['item']))
        vectors.append(hidden.of_items(trained, part))
        parts += [part] * len(of)
    name, vector, target, scaled = map(np.concatenate, (names, vectors, targets, probabilities))
    if len(name) < hidden.LEAST_ITEMS:
        return []
    chosen = np.sort(np.random.default_rng(0).permutation(len(name))[:MOST_ITEMS])
    # A network that has died says the same of every recording: there is nothing to lay out.
    if len(np.unique(vector[chosen], axis=0)) < hidden.LEAST_ITEMS:
        return []
    places = hidden.laid_out(vector[chosen])
    predicted = np.argmax(scaled, axis=1)
    heard_s = maps.seconds(len(chosen))
    rate_hz = sound(trained.experiment).rate_hz
    found = []
    for place, row in zip(places.tolist(), chosen.tolist(), strict=True):
        part = trained.made.parts[parts[row]]
        own = part.where(part.item == name[row])
        heard = _encoded(trained.made.corpus, *middle(own, rate_hz, heard_s))
        found.append(
            maps.Point(
                item=str(name[row]),
                part=parts[row],
                place=(place[0], place[1]),
                target=int(target[row]),
                predicted=int(predicted[row]),
                probability=float(scaled[row, predicted[row]]),
                sound=heard,
            )
        )
    return found


def middle(slices: Examples, rate_hz: int, seconds: float) -> tuple[int, int, int]:
    """The middle of what a model hears of a recording.

    Args:
        slices: of one record.
        rate_hz: that they are counted at.
        seconds: at most so much.

    Returns:
        The record, and where its samples [begin, end) at `maps.RATE_HZ` are.
    """
    first_s = slices.start.min() / rate_hz
    last_s = (slices.start + slices.samples).max() / rate_hz
    begin_s = max((first_s + last_s - seconds) / 2, first_s)
    begin, end = (round(s * maps.RATE_HZ) for s in (begin_s, min(begin_s + seconds, last_s)))
    return int(slices.record[0]), begin, end


def _cut(corpus: Corpus, record: int, begin: int, end: int) -> Int16[np.ndarray, ' samples']:
    [audio] = corpus.audio([record])
    return resampled(audio, int(corpus.rates_hz[record]), maps.RATE_HZ, begin, end)


@functools.lru_cache(maxsize=2 * MOST_ITEMS)
def _encoded(corpus: Corpus, record: int, begin: int, end: int) -> str:
    """Kept, for the runs of a grid that follow one another play the same recordings."""
    return maps.mp3(_cut(corpus, record, begin, end))


def picture(trained: Trained, found: Sequence[maps.Point], title: str) -> None:
    """Writes plots/map.png."""
    labels = trained.made.meaning.labels
    place = np.array([point.place for point in found])
    target = np.array([point.target for point in found])
    wrong = target != np.array([point.predicted for point in found])
    with plots.page(trained.place.plots / 'map.png', 7.4, 5.6) as figure:
        axes = figure.subplots()
        for number in np.unique(target).tolist():
            mask = target == number
            axes.scatter(
                *place[mask].T,
                s=42,
                color=marks.colour(number),
                marker=np.vstack([marks.shape(number), marks.shape(number)[:1]]),
                edgecolor='#1b1f24',
                linewidth=0.4,
                label=labels[number],
            )
        ring = {'s': 110, 'facecolor': 'none', 'edgecolor': '#1b1f24', 'linewidth': 0.9}
        axes.scatter(*place[wrong].T, **ring, label='named wrongly')
        axes.set_aspect(
            'equal', adjustable='datalim'
        )  # wide maps fill the picture as round ones do
        axes.set(xticks=[], yticks=[], title=f'{title}: t-SNE, last hidden layer')
        axes.spines[:].set_visible(False)
        size = min(8.0, 200 / len(labels))
        figure.legend(loc='outside right upper', fontsize=size)
