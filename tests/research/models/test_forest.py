"""What a forest hears against numpy; what it says against scikit-learn is in test_nodes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.errors import UserError
from research.models import Forest
from research.models.forest import as_outputs, periodicity

LENGTHS = np.array([40, 1, 23, 0], np.int32)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, 40, 3)).astype(np.float32)


def heard(model: Forest, x, lengths=LENGTHS) -> np.ndarray:
    return np.asarray(jax.jit(model.statistics)(jnp.asarray(x), jnp.asarray(lengths)))


def test_statistics_are_those_of_numpy_over_the_valid_frames(x):
    found = heard(Forest(quantiles=(0.0, 0.3, 1.0)), x)
    assert found.shape == (4, 5 * 3)
    for row, length in enumerate(LENGTHS[:3]):
        own = x[row, :length].astype(np.float64)
        expected = [own.mean(0), own.std(0), *np.quantile(own, (0.0, 0.3, 1.0), axis=0)]
        np.testing.assert_allclose(found[row], np.concatenate(expected), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found[3], 0)


def test_what_lies_past_the_length_changes_nothing(x):
    model = Forest(lags=7)
    dirty = x.copy()
    for row, length in enumerate(LENGTHS):
        dirty[row, length:] = 1e6
    np.testing.assert_array_equal(heard(model, dirty), heard(model, x))
    np.testing.assert_allclose(
        heard(model, dirty[2:3, :23], LENGTHS[2:3])[0], heard(model, x)[2], rtol=1e-4, atol=1e-5
    )


def test_periodicity_is_the_correlation_of_the_flux_with_itself(x):
    clean = np.where(np.arange(40)[:, None] < LENGTHS[:, None, None], x, 0)
    found = np.asarray(periodicity(jnp.asarray(clean), jnp.asarray(LENGTHS), 60))
    for row, length in enumerate(LENGTHS):
        flux = np.maximum(np.diff(x[row, :length].astype(np.float64), axis=0), 0).sum(1)
        expected = np.zeros(60)
        if len(flux):
            flux -= flux.mean()
            full = np.correlate(flux, flux, 'full')[len(flux) - 1 :]
            expected[: len(full) - 1] = full[1:] / full[0]
        np.testing.assert_allclose(found[row], expected, atol=1e-5)


def test_a_stroke_every_nine_frames_is_heard_at_a_lag_of_nine():
    x = np.zeros((1, 200, 2), np.float32)
    x[0, 4::9] = 5.0
    [found] = periodicity(jnp.asarray(x), jnp.array([200]), 17)
    assert int(jnp.argmax(found)) + 1 == 9


def test_shares_come_back_from_outputs_by_softmax_and_odds_by_sigmoid():
    shares = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(jax.nn.softmax(as_outputs(shares, 3)), shares, atol=1e-6)
    two = np.array([[0.25, 0.75], [1.0, 0.0]])
    found = as_outputs(two, 1)
    assert found.shape == (2, 1)
    np.testing.assert_allclose(jax.nn.sigmoid(found[:, 0]), [0.75, 0.0], atol=1e-6)


@pytest.mark.parametrize(
    ('fields', 'said'),
    [
        ({'trees': ()}, 'model.trees is empty'),
        ({'depth': ()}, 'model.depth is empty'),
        ({'moments': False, 'quantiles': ()}, 'hears nothing'),
    ],
)
def test_a_forest_of_nothing_is_refused(fields, said):
    with pytest.raises(UserError, match=said):
        Forest(**fields)
