import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.frontends import framing


@pytest.mark.parametrize(('width', 'hop'), [(1, 1), (4, 2), (5, 3), (3, 7), (9, 9)])
def test_count_and_cut_equal_every_frame_that_fits(width, hop):
    cut = jax.jit(framing.cut, static_argnums=(1, 2, 3))
    for size in (0, 1, 3, 4, 8, 9, 17):
        signal = np.arange(size, dtype=np.float32)
        expected = [signal[t : t + width] for t in range(0, size, hop) if t + width <= size]
        frames = framing.count(size, width, hop)
        assert frames == len(expected)
        if frames:
            np.testing.assert_array_equal(cut(jnp.asarray(signal), width, hop, frames), expected)
    sizes = [framing.count(size, width, hop) for size in range(30)]
    np.testing.assert_array_equal(framing.count(jnp.arange(30), width, hop), sizes)


@pytest.mark.parametrize('mode', ['constant', 'reflect'])
def test_pad_equals_numpy_on_the_valid_part(mode):
    before, after, size = 6, 9, 8
    samples = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    lengths = np.arange(1, size + 1)
    zeroed = np.where(np.arange(size) < lengths[:, None], samples, 0)
    padded = jax.device_get(
        framing.pad(jnp.asarray(zeroed), jnp.asarray(lengths), before, before + size + after, mode)
    )
    for row, length in enumerate(lengths):
        expected = np.pad(samples[row, :length], (before, after), mode=mode)
        np.testing.assert_array_equal(padded[row, : before + length + after], expected)
