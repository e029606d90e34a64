import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.models import pooling


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
        return pooling.max_pool(x, window, stride, padding)

    np.testing.assert_array_equal(ours(x), reference(x))
    weights = jax.random.normal(jax.random.PRNGKey(1), reference(x).shape)
    gradients = [jax.grad(lambda x, f=f: jnp.sum(weights * f(x)))(x) for f in (ours, reference)]
    np.testing.assert_allclose(*gradients, rtol=1e-6)


def test_the_gradient_of_a_tie_goes_to_the_first_and_none_is_lost():
    x = jax.random.randint(jax.random.PRNGKey(0), (4, 12, 5), 0, 3).astype(jnp.float32)
    ours, reference = (
        jax.grad(lambda x, pool=pool: jnp.sum(pool(x, (3,), (2,))))(x)
        for pool in (pooling.max_pool, nn.max_pool)
    )
    np.testing.assert_array_equal(ours, reference)


def test_max_pool_hands_on_what_is_not_a_number():
    x = jnp.zeros((1, 6, 1)).at[0, 3].set(jnp.nan)
    assert jnp.isnan(pooling.max_pool(x, (2,), (2,))).ravel().tolist() == [False, True, False]


def test_global_max_sees_valid_frames_only():
    x = jnp.array([[[1.0], [5.0], [9.0]], [[-2.0], [-1.0], [0.0]], [[7.0], [7.0], [7.0]]])
    assert pooling.global_max(x, jnp.array([2, 1, 0])).ravel().tolist() == [5.0, -2.0, 0.0]


def test_last_takes_the_last_valid_frame():
    x = jnp.arange(12.0).reshape(2, 3, 2)
    assert pooling.last(x, jnp.array([3, 1])).tolist() == [[4.0, 5.0], [6.0, 7.0]]


def test_the_gradient_of_a_global_maximum_goes_to_where_it_is():
    x = jnp.array([[[1.0], [3.0], [3.0], [9.0]], [[2.0], [0.0], [0.0], [0.0]]])
    lengths = jnp.array([3, 0])
    found = jax.grad(lambda x: pooling.global_max(x, lengths).sum())(x)
    np.testing.assert_array_equal(found[0, :, 0], [0, 1, 0, 0])
    np.testing.assert_array_equal(found[1], 0)
