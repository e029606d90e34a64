"""Scores of a detector in numpy: of the calls it found in recordings, and of windows."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64, Integer, Num

from research.metrics import per_item

Spans = Num[np.ndarray, '_ 2']


def match(
    truth: Num[np.ndarray, 'true 2'], found: Num[np.ndarray, 'found 2'], least_iou: float = 0.3
) -> Int64[np.ndarray, 'pairs 2']:
    """Pairs of one recording: as many as can be made, each call in at most one.

    Two calls may pair where their intersection over union is at least `least_iou`: 30%, and a
    maximum bipartite matching, as in the bioacoustic tasks of DCASE (Nolasco et al., "Learning to
    detect an animal sound from five examples", 2023). A tolerance on begin and end, as in sed_eval,
    would ask for borders that neither annotators of calls nor windows of seconds give.

    Args:
        truth, found: start and end in seconds, half-open; in any order.
        least_iou: in [0, 1]; 0: any overlap.

    Returns:
        Indices into `truth` (increasing) and `found`.

    Raises:
        ValueError: a call that ends before it starts, or a NaN; `least_iou` outside [0, 1].
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if not 0 <= least_iou <= 1:
        raise ValueError(f'least_iou {least_iou}: a share in [0, 1] is wanted')
    for name, spans in (('true', truth), ('found', found)):
        if not np.all(spans[:, 0] <= spans[:, 1]):
            start, end = spans[np.argmin(spans[:, 0] <= spans[:, 1])]
            raise ValueError(f'a {name} call of [{start}, {end}) s: start <= end is wanted')
    if not len(truth) or not len(found):
        return np.zeros((0, 2), np.int64)
    lengths = found[:, 1] - found[:, 0]
    rows = []
    for start, end in truth:
        shared = np.minimum(found[:, 1], end) - np.maximum(found[:, 0], start)
        union = lengths + (end - start) - shared
        rows.append(np.flatnonzero((shared > 0) & (shared >= least_iou * union)))
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate(rows)
    graph = csr_array((np.ones(len(columns)), columns, ends), shape=(len(truth), len(found)))
    partner = maximum_bipartite_matching(graph, perm_type='column').astype(np.int64)
    paired = np.flatnonzero(partner >= 0)
    return np.stack([paired, partner[paired]], axis=1)


def tally(
    truths: Sequence[Spans], founds: Sequence[Spans], least_iou: float = 0.3
) -> Int64[np.ndarray, 'recordings 3']:
    """True positives, false positives and false negatives (columns) of each recording.

    A recording without calls has only false positives, if any; rows can be resampled and summed.
    """
    rows = []
    for truth, found in zip(truths, founds, strict=True):
        pairs = len(match(truth, found, least_iou))
        rows.append((pairs, len(found) - pairs, len(truth) - pairs))
    return np.array(rows, np.int64).reshape(-1, 3)


def count_errors(tallies: Int64[np.ndarray, 'recordings 3']) -> Int64[np.ndarray, ' recordings']:
    """Calls found less calls there are, in each recording of `tally`; `abs` of it is the other."""
    return tallies[:, 1] - tallies[:, 2]


def joined(
    predictions: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]
) -> tuple[Float[np.ndarray, ' items'], Bool[np.ndarray, ' items']]:
    """The highest probability of each item's slices, and whether the sound is there; by name.

    Args:
        predictions: `probability` of slices.
        truth: `item` and `target` of slices.
    """
    names, index = np.unique(truth['item'], return_inverse=True)
    highest = np.zeros(len(names), predictions['probability'].dtype)
    np.maximum.at(highest, index, predictions['probability'])
    return highest, per_item(truth['target'], truth['item']) == 1


class Curve(NamedTuple):
    """Precision and recall of "score >= threshold", thresholds falling: all distinct scores."""

    precision: Float[np.ndarray, ' thresholds']
    recall: Float[np.ndarray, ' thresholds']
    thresholds: Float[np.ndarray, ' thresholds']


def precision_recall_curve(
    targets: Bool[np.ndarray, ' windows'], scores: Float[np.ndarray, ' windows']
) -> Curve:
    """The curve over all thresholds at which it changes; windows of equal score move together.

    Raises:
        ValueError: no window has a call, or a score is NaN.
    """
    hits, count, thresholds = _cumulated(targets, scores)
    return Curve(hits / count, hits / hits[-1], thresholds)


def average_precision(
    targets: Bool[np.ndarray, ' windows'], scores: Float[np.ndarray, ' windows']
) -> float:
    """Area under the curve as a step function: precision times the rise of recall, summed.

    Raises:
        ValueError: as `precision_recall_curve`.
    """
    precision, recall, _ = precision_recall_curve(targets, scores)
    return float(np.sum(precision * np.diff(recall, prepend=0)))


def best_threshold(
    targets: Bool[np.ndarray, ' windows'], scores: Float[np.ndarray, ' windows']
) -> tuple[float, float]:
    """The threshold with the highest F1, to be chosen on validation, and that F1.

    Of equally good ones the highest; it is set half way between the lowest score that it lets
    pass and the highest that it does not (at the former, where no number of the scores' type lies
    between).

    Raises:
        ValueError: as `precision_recall_curve`.
    """
    hits, count, thresholds = _cumulated(targets, scores)
    f1 = 2 * hits / (count + hits[-1])
    best = int(np.argmax(f1))
    threshold = passed = thresholds[best]
    if best + 1 < len(thresholds):
        stopped = thresholds[best + 1]
        threshold = stopped + (passed - stopped) / 2
        threshold = threshold if stopped < threshold else passed
    return float(threshold), float(f1[best])


def _cumulated(
    targets: np.ndarray, scores: np.ndarray
) -> tuple[Integer[np.ndarray, ' n'], Integer[np.ndarray, ' n'], Float[np.ndarray, ' n']]:
    """At each distinct score, falling: windows with a call, and windows, that reach it."""
    if not targets.any() or np.isnan(scores).any():
        raise ValueError(
            f'{int(targets.sum())} of {len(targets)} windows have a call, '
            f'{int(np.isnan(scores).sum())} scores are NaN: at least one call and no NaN are wanted'
        )
    order = np.argsort(-scores, kind='stable')
    falling = scores[order]
    last = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(falling) - 1)
    return np.cumsum(targets[order])[last], last + 1, falling[last]
