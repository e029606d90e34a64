import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.fft

from research.errors import UserError
from research.frontends import MFCC, LogMel
from research.frontends.mfcc import cosines


def test_published_slice_is_125_frames_of_13_coefficients():
    features, frames = jax.eval_shape(MFCC(n_mfcc=13), jnp.zeros(63945))
    assert features.shape == (125, 13)
    assert frames.shape == ()
    assert jax.jit(MFCC(n_mfcc=13))(jnp.zeros(63945))[1] == 125


@pytest.mark.parametrize(('n_mels', 'n_mfcc'), [(128, 20), (40, 40), (1, 1)])
def test_cosines_equal_scipy(n_mels, n_mfcc):
    expected = np.asarray(scipy.fft.dct(np.eye(n_mels), type=2, norm='ortho', axis=1))
    np.testing.assert_allclose(cosines(n_mels, n_mfcc, 0), expected[:, :n_mfcc], atol=1e-7)


def test_all_coefficients_keep_the_norm_of_the_levels():
    noise = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, 4000), jnp.float32)
    levels = jax.jit(LogMel(n_mels=40))(noise)[0]
    coefficients = jax.jit(MFCC(n_mels=40, n_mfcc=40))(noise)[0]
    np.testing.assert_allclose((coefficients**2).sum(-1), (levels**2).sum(-1), rtol=1e-4)


def test_more_coefficients_than_bands_raise_in_one_line():
    with pytest.raises(UserError, match=r'^n_mfcc=41 with n_mels=40: n_mfcc <= n_mels is wanted$'):
        MFCC(n_mels=40, n_mfcc=41)
