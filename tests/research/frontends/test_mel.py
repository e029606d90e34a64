import warnings

import jax
import jax.numpy as jnp
import librosa
import numpy as np
import pytest

from research.errors import UserError
from research.frontends import Mel
from research.frontends.mel import filters


@pytest.mark.parametrize('htk', [False, True])
@pytest.mark.parametrize(
    ('rate_hz', 'n_fft', 'n_mels', 'fmin_hz', 'fmax_hz'),
    [
        (22050, 2048, 128, 0.0, 11025.0),
        (16000, 2048, 128, 0.0, 8000.0),
        (16000, 400, 80, 20.0, 7600.0),
        (22050, 511, 128, 900.0, 1200.0),
        (44100, 4096, 1, 0.0, 500.0),
    ],
)
def test_filters_equal_librosa(rate_hz, n_fft, n_mels, fmin_hz, fmax_hz, htk):
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'Empty filters')
        expected = librosa.filters.mel(
            sr=rate_hz, n_fft=n_fft, n_mels=n_mels, fmin=fmin_hz, fmax=fmax_hz, htk=htk
        ).T
    ours = filters(rate_hz, n_fft, n_mels, fmin_hz, fmax_hz, htk)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6 * expected.max())


def test_published_genre_features_have_128_bands_of_900_frames():
    frontend = Mel(rate_hz=16000, frames=900)
    shape, lengths = jax.eval_shape(frontend, jnp.zeros((2, 30 * 16000)))
    assert shape.shape == (2, 900, 128)
    assert lengths.shape == (2,)


@pytest.mark.parametrize(
    'options',
    [{'fmax_hz': 11026.0}, {'fmin_hz': 500.0, 'fmax_hz': 400.0}, {'fmin_hz': 11025.0}],
    ids=str,
)
def test_bad_edges_raise_in_one_line(options):
    with pytest.raises(UserError, match=r'^fmin_hz=.* and fmax_hz=.* <= 11025 is wanted$'):
        Mel(**options)
