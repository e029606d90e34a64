from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.models import layers, pooling


def init(module: nn.Module) -> Any:
    return module.init


def apply(module: nn.Module) -> Any:
    return module.apply


def test_lengths_after_a_window_count_the_windows_that_fit():
    lengths = jnp.array([0, 1, 2, 3, 7])
    expected = [len(range(0, max(n - 3 + 1, 0), 2)) for n in lengths.tolist()]
    assert layers.conv_lengths(lengths, 3, 2).tolist() == expected
    assert layers.conv_lengths(lengths, 3, 2, 'SAME').tolist() == [0, 1, 1, 2, 4]


def test_a_filter_longer_than_the_input_is_told_with_both_lengths():
    with pytest.raises(ValueError, match=r'input of 2 .* filter of 3'):
        layers.Conv(4, (3,)).init(jax.random.PRNGKey(0), jnp.zeros((1, 2, 5)))
    with pytest.raises(ValueError, match=r'input of 1 .* pooling window of 2'):
        pooling.max_pool(jnp.zeros((1, 1, 5)), (2,), (2,))


def test_convolution_equals_the_definition():
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 6, 3))
    module = layers.Conv(4, (3,))
    variables = init(module)(jax.random.PRNGKey(1), x)
    kernel, bias = jax.tree.leaves(variables)[1], jax.tree.leaves(variables)[0]
    brute = np.zeros((2, 4, 4))
    for frame in range(4):
        for tap in range(3):
            brute[:, frame] += np.asarray(x)[:, frame + tap] @ np.asarray(kernel)[tap]
    np.testing.assert_allclose(apply(module)(variables, x), brute + bias, atol=1e-5)


def test_batch_norm_averages_valid_frames_only():
    x = jax.random.normal(jax.random.PRNGKey(0), (3, 5, 2)) * 4 + 1
    lengths = jnp.array([5, 2, 0])
    norm = layers.BatchNorm(momentum=0.0)
    variables = init(norm)(jax.random.PRNGKey(1), x, lengths, False)
    out, changed = apply(norm)(variables, x, lengths, True, mutable=['batch_stats'])
    heard = np.concatenate([np.asarray(x)[0], np.asarray(x)[1, :2]])
    stats = changed['batch_stats']['BatchNorm_0']
    np.testing.assert_allclose(stats['mean'], heard.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(stats['var'], heard.var(axis=0), rtol=1e-4)
    expected = (heard - heard.mean(axis=0)) / np.sqrt(heard.var(axis=0) + 1e-3)
    np.testing.assert_allclose(out[0], expected[:5], atol=1e-4)


def test_a_batch_without_a_valid_frame_changes_no_statistics_and_stays_finite():
    x = jax.random.normal(jax.random.PRNGKey(0), (3, 5, 2)) * 4 + 1
    norm = layers.BatchNorm(momentum=0.5)
    variables = init(norm)(jax.random.PRNGKey(1), x, jnp.array([5, 5, 5]), False)
    _, once = apply(norm)(variables, x, jnp.array([5, 2, 0]), True, mutable=['batch_stats'])
    variables |= once

    def total(params, x):
        with layers.guarded(True):
            out, changed = apply(norm)(
                variables | {'params': params}, x, jnp.zeros(3, int), True, mutable=['batch_stats']
            )
        return jnp.sum(out**2), changed

    found, changed = jax.grad(total, argnums=(0, 1), has_aux=True)(variables['params'], x)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))
    before, after = (jax.tree.leaves(each['batch_stats']) for each in (once, changed))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_dropout_keeps_the_mean_and_depends_on_the_example_alone():
    layer = layers.Dropout(0.25)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(jax.random.PRNGKey(0), jnp.arange(8))
    x = jnp.ones((8, 4000))
    out = apply(layer)({}, x, keys)
    assert abs(float(out.mean()) - 1) < 0.02
    assert set(np.unique(out).tolist()) == {0.0, np.float32(1 / 0.75)}
    np.testing.assert_array_equal(apply(layer)({}, x[5:6], keys[5:6])[0], out[5])
    assert (out[0] != out[1]).mean() > 0.2
    np.testing.assert_array_equal(apply(layer)({}, x, None), x)


def test_dropout_of_rate_zero_is_the_identity_for_a_traced_rate_too():
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 50))
    keys = jnp.zeros((2, 2), jnp.uint32)
    traced = jax.jit(lambda rate: layers.Dropout(rate).apply({}, x, keys))
    np.testing.assert_array_equal(traced(jnp.float32(0.0)), x)
