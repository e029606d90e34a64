import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from research.errors import UserError
from research.frontends import resample
from research.frontends.resample import MOST_ENTRIES, factors, polyphase

RATES = [
    (22050, 16000),
    (48000, 16000),
    (44100, 22050),
    (8000, 22050),
    (44100, 16000),
    (16000, 48000),
    (11025, 16000),
    (16000, 15020),
]
_compute = jax.jit(resample, static_argnums=(1, 2))


def compute(*args):
    return jax.device_get(_compute(*args))


@pytest.fixture(scope='module')
def noise():
    return np.random.default_rng(0).uniform(-1, 1, 7001).astype(np.float32)


@pytest.mark.parametrize(('source_hz', 'target_hz'), RATES)
def test_equals_scipy(noise, source_hz, target_hz):
    up, down = factors(source_hz, target_hz)
    for samples in (noise, noise[:211], noise[:1]):
        expected = scipy.signal.resample_poly(samples.astype(np.float64), target_hz, source_hz)
        ours, length = compute(jnp.asarray(samples), source_hz, target_hz)
        assert ours.dtype == jnp.float32
        assert ours.shape == expected.shape == (-(-len(samples) * up // down),)
        assert length == len(expected)
        np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize(('source_hz', 'target_hz'), [(22050, 16000), (8000, 22050)])
def test_padding_has_no_influence_and_each_example_equals_itself_alone(noise, source_hz, target_hz):
    lengths = np.array([7001, 3000, 1, 0])
    samples = np.where(np.arange(7001) < lengths[:, None], noise, np.nan)
    ours, counts = compute(
        jnp.asarray(samples, jnp.float32), source_hz, target_hz, jnp.asarray(lengths)
    )
    for row, length in enumerate(lengths[:3]):
        expected = scipy.signal.resample_poly(noise[:length], target_hz, source_hz)
        assert counts[row] == len(expected)
        np.testing.assert_allclose(ours[row, : len(expected)], expected, atol=1e-5)
        assert not np.any(ours[row, len(expected) :])
    assert counts[3] == 0
    assert not np.any(ours[3])


def test_equal_rates_change_nothing(noise):
    ours, length = resample(jnp.asarray(noise), 16000, 16000)
    np.testing.assert_array_equal(ours, noise)
    assert length == len(noise)


def test_a_tone_keeps_its_pitch():
    source_hz, target_hz, tone_hz = 22050, 16000, 1000
    tone = np.sin(2 * np.pi * tone_hz * np.arange(source_hz) / source_hz)
    ours, _ = compute(jnp.asarray(tone, jnp.float32), source_hz, target_hz)
    expected = np.sin(2 * np.pi * tone_hz * np.arange(target_hz) / target_hz)
    # Within the reach of the filter the ends see the silence around the tone.
    np.testing.assert_allclose(ours[100:-100], expected[100:-100], atol=2e-3)


def test_lengths_of_hours_do_not_overflow():
    # 2 hours at 44.1 kHz, times 160, are beyond 32 bits: only the lengths are computed here.
    hours = 2 * 3600 * 44100
    lengths = jax.jit(lambda n: resample(jnp.zeros((1, 8)), 44100, 16000, n)[1])(jnp.array([hours]))
    np.testing.assert_array_equal(lengths, [2 * 3600 * 16000])


def test_matrix_is_small_for_common_rates_and_refused_in_one_line_where_large():
    for rates in RATES:
        assert polyphase(*factors(*rates)).taps.size <= MOST_ENTRIES
    with pytest.raises(UserError, match=r'^resampling by 16000/44099 takes a matrix of .*divisor$'):
        resample(jnp.zeros(10), 44099, 16000)
    with pytest.raises(UserError, match=r'^0 Hz to 16000 Hz: both rates must be 1 Hz or more$'):
        resample(jnp.zeros(10), 0, 16000)
