import jax
import jax.numpy as jnp
import numpy as np

from research.frontends import LogMel


def test_silence_is_the_floor():
    levels, _ = jax.jit(LogMel(amin=1e-7, ref=1e-2))(jnp.zeros(9000))
    np.testing.assert_allclose(levels, 10 * np.log10(1e-7 / 1e-2), rtol=1e-6)


def test_ten_times_the_pressure_is_twenty_decibels():
    noise = jnp.asarray(np.random.default_rng(0).uniform(-0.1, 0.1, 9000), jnp.float32)
    frontend = jax.jit(LogMel())
    np.testing.assert_allclose(frontend(10 * noise)[0], frontend(noise)[0] + 20, atol=1e-3)


def test_range_is_top_db_below_the_loudest_of_each_example():
    noise = np.random.default_rng(0).uniform(-1, 1, (2, 9000)) * np.geomspace(1, 1e-4, 9000)
    samples = jnp.asarray(noise * np.array([[1.0], [0.01]]), jnp.float32)
    levels = np.asarray(jax.jit(LogMel(top_db=40.0))(samples)[0])
    loudest = levels.max(axis=(1, 2))
    np.testing.assert_allclose(levels.min(axis=(1, 2)), loudest - 40, atol=1e-4)
    assert loudest[0] > loudest[1] + 30
