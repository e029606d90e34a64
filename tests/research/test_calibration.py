import math

import numpy as np
import pytest
import scipy.special

from research import calibration


def drawn(seed: int, examples: int = 500, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities, and targets drawn from them."""
    rng = np.random.default_rng(seed)
    log_probs = scipy.special.log_softmax(2 * rng.normal(size=(examples, classes)), axis=1)
    cumulated = np.cumsum(np.exp(log_probs), axis=1)
    targets = np.minimum((rng.random((examples, 1)) > cumulated).sum(axis=1), classes - 1)
    return log_probs, targets


def nll(log_probs: np.ndarray, targets: np.ndarray, temperature: float) -> float:
    scaled = scipy.special.log_softmax(log_probs / temperature, axis=1)
    return -float(np.mean(scaled[np.arange(len(targets)), targets]))


def test_reliability_table_is_closed_form():
    # Confidences 0.9 (right), 0.9 (wrong), 0.5 (right, in the bin that ends there), 0.6 (wrong).
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.5, 0.5], [0.4, 0.6]])
    targets = np.array([0, 1, 0, 0])
    table = calibration.reliability(probabilities, targets, bins=4)
    np.testing.assert_array_equal(table.low, [0, 0.25, 0.5, 0.75])
    np.testing.assert_array_equal(table.high, [0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(table.count, [0, 1, 1, 2])
    np.testing.assert_allclose(table.confidence, [np.nan, 0.5, 0.6, 0.9])
    np.testing.assert_allclose(table.accuracy, [np.nan, 1, 0, 0.5])
    error = calibration.expected_calibration_error(probabilities, targets, bins=4)
    assert error == pytest.approx((0.5 + 0.6 + 2 * 0.4) / 4)


@pytest.mark.parametrize('bins', [1, 10, 15])
def test_calibration_error_is_the_sum_over_bins(bins: int):
    log_probs, targets = drawn(1)
    probabilities = np.exp(log_probs).astype(np.float32)
    expected = 0.0
    for i in range(bins):
        top = probabilities.max(axis=1).astype(np.float64)
        inside = (top > i / bins) & (top <= (i + 1) / bins)
        if inside.any():
            right = probabilities[inside].argmax(axis=1) == targets[inside]
            expected += inside.mean() * abs(right.mean() - top[inside].mean())
    found = calibration.expected_calibration_error(probabilities, targets, bins)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize('true', [0.5, 1.0, 2.5])
def test_temperature_that_was_put_in_is_found(true: float):
    log_probs, targets = drawn(2, examples=20_000)
    found = calibration.fit_temperature(log_probs * true, targets)
    assert found == pytest.approx(true, rel=0.05)


def test_temperature_is_the_minimum_of_cross_entropy():
    log_probs, targets = drawn(3)
    log_probs = scipy.special.log_softmax(3 * log_probs, axis=1)
    found = calibration.fit_temperature(log_probs, targets)
    best = nll(log_probs, targets, found)
    assert 1 < found < 10
    for other in [*np.geomspace(0.1, 10, 200), found * 1.001, found / 1.001]:
        assert best <= nll(log_probs, targets, other)


def test_temperature_mends_overconfidence():
    log_probs, targets = drawn(4, examples=5000)
    log_probs = scipy.special.log_softmax(3 * log_probs, axis=1)
    before = calibration.expected_calibration_error(np.exp(log_probs), targets)
    mended = calibration.rescale(log_probs, calibration.fit_temperature(log_probs, targets))
    after = calibration.expected_calibration_error(mended, targets)
    assert after < 0.03 < 0.1 < before


def test_optimum_beyond_the_range_gives_its_end():
    log_probs = np.log([[0.9, 0.1], [0.2, 0.8]])
    assert calibration.fit_temperature(log_probs, np.array([0, 1])) == 0.1
    assert calibration.fit_temperature(log_probs, np.array([1, 0])) == 10.0


def test_shift_of_the_logits_and_zero_probabilities_do_no_harm():
    log_probs, targets = drawn(5)
    log_probs[:, 3] = -np.inf
    kept = targets != 3
    log_probs, targets = log_probs[kept], targets[kept]
    shifted = log_probs + np.arange(len(targets))[:, None]
    found = calibration.fit_temperature(log_probs, targets)
    assert found == pytest.approx(calibration.fit_temperature(shifted, targets))
    assert found == pytest.approx(calibration.fit_temperature(log_probs[:, :3], targets))


def test_rescaled_probabilities_are_powers():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    expected = np.sqrt(probabilities) / np.sqrt(probabilities).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(calibration.rescale(np.log(probabilities), 2.0), expected)


def test_what_cannot_be_judged_is_refused():
    none = np.zeros((0, 2)), np.zeros(0, np.int64)
    with pytest.raises(ValueError, match='0 examples'):
        calibration.reliability(*none)
    with pytest.raises(ValueError, match='0 examples'):
        calibration.fit_temperature(*none)
    with pytest.raises(ValueError, match='probabilities in'):
        calibration.reliability(np.array([[3.0, 1.0]]), np.array([0]))
    with pytest.raises(ValueError, match='1 of them with a NaN'):
        calibration.fit_temperature(np.array([[math.nan, 0.0]]), np.array([0]))
    with pytest.raises(ValueError, match=r'temperature 0\.0'):
        calibration.rescale(np.zeros((1, 2)), 0.0)
