import jax.numpy as jnp
import numpy as np

from research.frontends import Waveform


def test_a_frame_of_one_sample_is_the_signal():
    samples = jnp.arange(7.0)
    features, lengths = Waveform()(samples)
    np.testing.assert_array_equal(features, samples[:, None])
    assert lengths == 7


def test_frames_follow_one_another_and_what_is_left_over_is_dropped():
    features, lengths = Waveform(frame=3)(jnp.arange(11.0)[None], jnp.array([8]))
    np.testing.assert_array_equal(features, [[[0, 1, 2], [3, 4, 5], [0, 0, 0]]])
    np.testing.assert_array_equal(lengths, [2])
