import jax
import jax.numpy as jnp
import librosa
import numpy as np
import pytest
import scipy.signal

from research.errors import UserError
from research.frontends import STFT
from research.frontends.stft import WINDOWS, cosine_window

CAPUCHIN = STFT(rate_hz=16000, n_fft=512, win_length=320, hop=32, center=False)
SPEECH = STFT(rate_hz=16000, n_fft=320, hop=160, center=False)


@pytest.fixture
def noise():
    return np.random.default_rng(1).uniform(-1, 1, 160000).astype(np.float32)


@pytest.mark.parametrize('name', WINDOWS)
@pytest.mark.parametrize('length', [2, 33, 320, 2048])
def test_window_equals_scipy(name, length):
    scipy_name = 'boxcar' if name == 'ones' else name
    expected = scipy.signal.get_window(scipy_name, length, fftbins=True)
    np.testing.assert_allclose(cosine_window(name, length), expected, atol=1e-7)


def test_frames_without_padding_equal_a_discrete_fourier_transform_term_by_term(noise):
    features, frames = jax.device_get(jax.jit(CAPUCHIN)(jnp.asarray(noise[:48000])))
    assert features.shape == (1491, 257)
    assert frames == 1491
    n = np.arange(320)
    hann = np.sin(np.pi * n / 320) ** 2
    terms = np.exp(-2j * np.pi * np.arange(257)[:, None] * n / 512)
    for t in (0, 1, 777, 1490):
        expected = abs(terms @ (hann * noise[32 * t : 32 * t + 320]))
        np.testing.assert_allclose(features[t], expected, atol=1e-4 * expected.max())


def test_frames_without_padding_equal_librosa_with_zeros_at_both_ends(noise):
    features, _ = jax.jit(CAPUCHIN)(jnp.asarray(noise[:48000]))
    zeros = np.zeros((512 - 320) // 2, np.float32)
    expected = librosa.stft(
        np.concatenate([zeros, noise[:48000], zeros]),
        n_fft=512,
        win_length=320,
        hop_length=32,
        center=False,
    )
    np.testing.assert_allclose(features, abs(expected).T, atol=1e-4 * abs(expected).max())


def test_ten_seconds_of_speech_are_999_frames_of_161_bins(noise):
    features, frames = jax.jit(SPEECH)(jnp.asarray(noise))
    assert features.shape == (999, 161)
    assert frames == 999


def test_a_sine_on_a_bin_has_its_closed_form():
    rate_hz, n_fft, level, bin_ = 16000, 512, 0.5, 40
    sine = level * np.sin(2 * np.pi * bin_ * np.arange(4096) / n_fft)
    frontend = STFT(rate_hz=rate_hz, n_fft=n_fft, hop=128, center=False)
    features = np.asarray(jax.jit(frontend)(jnp.asarray(sine, jnp.float32))[0])
    # Hann's window has a sum of n_fft / 2 and passes half of that to either neighbour.
    expected = np.zeros(n_fft // 2 + 1)
    expected[bin_ - 1 : bin_ + 2] = level * n_fft / 4 * np.array([0.5, 1.0, 0.5])
    np.testing.assert_allclose(features, np.tile(expected, (len(features), 1)), atol=1e-3)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'window': 'hamm'}, r"^unknown window 'hamm'.*'hamming'.*known: hamming, hann, ones$"),
        ({'pad_mode': 'mirror'}, r"^unknown pad_mode 'mirror'.*known: constant, reflect$"),
        ({'n_fft': 512, 'win_length': 513}, r'^win_length=513 with n_fft=512: .* is wanted$'),
        ({'n_fft': 1}, r'^win_length=1 with n_fft=1: .* is wanted$'),
    ],
)
def test_bad_options_raise_in_one_line(options, message):
    with pytest.raises(UserError, match=message):
        STFT(**options)
