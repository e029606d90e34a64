from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.models import layers


def init(module: nn.Module) -> Any:
    return module.init


def apply(module: nn.Module) -> Any:
    return module.apply


@pytest.mark.parametrize('padding', ['VALID', 'SAME'])
@pytest.mark.parametrize(
    ('shape', 'window', 'stride'),
    [((2, 9, 4), (2,), (2,)), ((2, 10, 7, 3), (3, 3), (2, 2)), ((1, 5, 6, 2), (2, 1), (1, 3))],
)
def test_max_pool_and_its_gradient_equal_reduce_window(shape, window, stride, padding):
    x = jax.random.normal(jax.random.PRNGKey(0), shape)

    def reference(x):
        return nn.max_pool(x, window, stride, padding)

    def ours(x):
        return layers.max_pool(x, window, stride, padding)

    np.testing.assert_array_equal(ours(x), reference(x))
    weights = jax.random.normal(jax.random.PRNGKey(1), reference(x).shape)
    gradients = [jax.grad(lambda x, f=f: jnp.sum(weights * f(x)))(x) for f in (ours, reference)]
    np.testing.assert_allclose(*gradients, rtol=1e-6)


def test_the_gradient_of_a_tie_goes_to_the_first_and_none_is_lost():
    x = jax.random.randint(jax.random.PRNGKey(0), (4, 12, 5), 0, 3).astype(jnp.float32)
    ours, reference = (
        jax.grad(lambda x, pool=pool: jnp.sum(pool(x, (3,), (2,))))(x)
        for pool in (layers.max_pool, nn.max_pool)
    )
    np.testing.assert_array_equal(ours, reference)


def test_max_pool_hands_on_what_is_not_a_number():
    x = jnp.zeros((1, 6, 1)).at[0, 3].set(jnp.nan)
    assert jnp.isnan(layers.max_pool(x, (2,), (2,))).ravel().tolist() == [False, True, False]


def test_lengths_after_a_window_count_the_windows_that_fit():
    lengths = jnp.array([0, 1, 2, 3, 7])
    expected = [len(range(0, max(n - 3 + 1, 0), 2)) for n in lengths.tolist()]
    assert layers.conv_lengths(lengths, 3, 2).tolist() == expected
    assert layers.conv_lengths(lengths, 3, 2, 'SAME').tolist() == [0, 1, 1, 2, 4]


def test_global_max_sees_valid_frames_only():
    x = jnp.array([[[1.0], [5.0], [9.0]], [[-2.0], [-1.0], [0.0]], [[7.0], [7.0], [7.0]]])
    assert layers.global_max(x, jnp.array([2, 1, 0])).ravel().tolist() == [5.0, -2.0, 0.0]


def test_a_filter_longer_than_the_input_is_told_with_both_lengths():
    with pytest.raises(ValueError, match=r'input of 2 .* filter of 3'):
        layers.Conv(4, (3,)).init(jax.random.PRNGKey(0), jnp.zeros((1, 2, 5)))
    with pytest.raises(ValueError, match=r'input of 1 .* pooling window of 2'):
        layers.max_pool(jnp.zeros((1, 1, 5)), (2,), (2,))


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


def test_last_takes_the_last_valid_frame():
    x = jnp.arange(12.0).reshape(2, 3, 2)
    assert layers.last(x, jnp.array([3, 1])).tolist() == [[4.0, 5.0], [6.0, 7.0]]


def test_the_gradient_of_a_global_maximum_goes_to_where_it_is():
    x = jnp.array([[[1.0], [3.0], [3.0], [9.0]], [[2.0], [0.0], [0.0], [0.0]]])
    lengths = jnp.array([3, 0])
    found = jax.grad(lambda x: layers.global_max(x, lengths).sum())(x)
    np.testing.assert_array_equal(found[0, :, 0], [0, 1, 0, 0])
    np.testing.assert_array_equal(found[1], 0)
