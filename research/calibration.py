"""Whether a classifier is right as often as it claims, and the temperature that makes it so.

C. Guo et al., "On Calibration of Modern Neural Networks", 2017.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer

from research.metrics import LEAST_PROBABILITY

LOWEST, HIGHEST = 0.1, 10.0


class Reliability(NamedTuple):
    """A reliability diagram as data: bins (low, high] of confidence.

    Attributes:
        low, high: borders of each bin.
        count: predictions in it.
        confidence: mean probability of the predicted class there; NaN where there are none.
        accuracy: share of them that are right; NaN where there are none.
    """

    low: Float[np.ndarray, ' bins']
    high: Float[np.ndarray, ' bins']
    count: Integer[np.ndarray, ' bins']
    confidence: Float[np.ndarray, ' bins']
    accuracy: Float[np.ndarray, ' bins']


def reliability(
    probabilities: Float[np.ndarray, 'examples classes'],
    targets: Integer[np.ndarray, ' examples'],
    bins: int = 15,
) -> Reliability:
    """Confidence and accuracy by bins of equal width (section 2).

    Args:
        probabilities: of each class; for a detector [1 - p, p].
        targets: the true class.
        bins: of (0, 1].

    Raises:
        ValueError: no examples, no bins, or confidences outside (0, 1].
    """
    confidence = probabilities.max(axis=1, initial=0).astype(np.float64)
    if bins < 1 or not len(targets) or not np.all((confidence > 0) & (confidence <= 1 + 1e-5)):
        raise ValueError(
            f'{len(targets)} examples, {bins} bins: at least one of each is wanted, '
            'and probabilities in [0, 1]'
        )
    right = np.argmax(probabilities, axis=1) == targets
    edges = np.linspace(0, 1, bins + 1)
    index = np.clip(np.searchsorted(edges, confidence) - 1, 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    sums = [np.bincount(index, weights=x, minlength=bins) for x in (confidence, right)]
    means = [np.where(count > 0, x / np.maximum(count, 1), np.nan) for x in sums]
    return Reliability(edges[:-1], edges[1:], count, *means)


def expected_calibration_error(
    probabilities: Float[np.ndarray, 'examples classes'],
    targets: Integer[np.ndarray, ' examples'],
    bins: int = 15,
) -> float:
    """Mean of |accuracy - confidence| over the bins, weighted by their counts (equation 3).

    Raises:
        ValueError: as `reliability`.
    """
    table = reliability(probabilities, targets, bins)
    gaps = np.abs(table.accuracy - table.confidence)
    return float(np.nansum(gaps * table.count) / table.count.sum())


def fit_temperature(
    log_probs: Float[np.ndarray, 'examples classes'], targets: Integer[np.ndarray, ' examples']
) -> float:
    """The temperature with the least cross-entropy on these, the validation, examples (4.2).

    Cross-entropy is convex in 1 / temperature: its derivative is brought to zero by Brent's method.

    Args:
        log_probs: of each class; logits do as well. One that is more than 87.3 nats (the smallest
            normal float32) below the example's greatest counts as that.
        targets: the true class.

    Returns:
        Within [0.1, 10]; an end of that where the optimum lies beyond, as it does where every
        example is right.

    Raises:
        ValueError: no examples, or a NaN.
    """
    from scipy.optimize import root_scalar

    wrong = ~np.isfinite(log_probs.max(axis=1))
    if not len(targets) or wrong.any():
        raise ValueError(
            f'{len(targets)} examples, {wrong.sum()} of them with a NaN or without a finite value: '
            'at least one is wanted, and none of those'
        )
    z = _floored(log_probs)
    chosen = z[np.arange(len(z)), targets]

    def slope(inverse: float) -> float:
        return float(np.mean(np.sum(_softmax(z * inverse) * z, axis=1) - chosen))

    if slope(1 / HIGHEST) >= 0:
        return HIGHEST
    if slope(1 / LOWEST) <= 0:
        return LOWEST
    return 1 / root_scalar(slope, bracket=(1 / HIGHEST, 1 / LOWEST), method='brentq').root


def rescale(
    log_probs: Float[np.ndarray, 'examples classes'], temperature: float
) -> Float[np.ndarray, 'examples classes']:
    """Probabilities after temperature scaling, in float64; the order of the classes stays.

    Raises:
        ValueError: `temperature` is not positive.
    """
    if not temperature > 0:
        raise ValueError(f'temperature {temperature}: above 0 is wanted')
    return _softmax(_floored(log_probs) / temperature)


def _floored(log_probs: np.ndarray) -> np.ndarray:
    """With the greatest of each example at 0: a shift changes nothing, and logits have none."""
    z = log_probs.astype(np.float64)
    return np.maximum(z - z.max(axis=1, keepdims=True), np.log(LEAST_PROBABILITY))


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
