import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.errors import UserError
from research.models.attention import Memory, SelfAttention, rotate

# Each program runs once or twice: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})


def turned(x, positions):
    """The rotation as a product of complex numbers."""
    left, right = np.split(np.asarray(x, np.float64), 2, axis=-1)
    speeds = 10_000.0 ** (-np.arange(left.shape[-1]) / left.shape[-1])
    z = (left + 1j * right) * np.exp(1j * np.asarray(positions)[:, None, None] * speeds)
    return np.concatenate([z.real, z.imag], axis=-1)


def attended(variables: Any, x, mask, heads):
    """Self-attention in numpy, a query and a head at a time."""
    own = jax.tree.map(lambda p: np.asarray(p, np.float64), variables['params'])
    x = np.asarray(x, np.float64)
    centred = x - x.mean(-1, keepdims=True)
    normed = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
    normed = normed * own['norm']['scale'] + own['norm']['bias']
    projected = np.split(normed @ own['inward']['kernel'], 3, axis=-1)
    query, key, value = (each.reshape(*x.shape[:2], heads, -1) for each in projected)
    query, key = turned(query, np.arange(x.shape[1])), turned(key, np.arange(x.shape[1]))
    out = np.zeros_like(value)
    for example, place, head in np.ndindex(*value.shape[:3]):
        score = key[example, :, head] @ query[example, place, head] / np.sqrt(value.shape[-1])
        weight = np.exp(score - score.max()) * mask[example, place]
        out[example, place, head] = weight / weight.sum() @ value[example, :, head]
    return out.reshape(x.shape) @ own['outward']['kernel'] + own['outward']['bias']


def test_rotation_equals_a_product_of_complex_numbers():
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 5, 3, 8))
    positions = jnp.array([0, 1, 7, 100, 511])
    np.testing.assert_allclose(jit(rotate)(x, positions), turned(x, positions), atol=1e-4)


def test_scores_depend_on_the_distance_alone():
    query, key = jax.random.normal(jax.random.PRNGKey(0), (2, 1, 6, 2, 8))

    @jit
    def scores(start):
        positions = start + jnp.arange(6)
        return jnp.einsum('bqhf,bkhf->bhqk', rotate(query, positions), rotate(key, positions))

    np.testing.assert_allclose(scores(0), scores(300), atol=1e-3)
    assert np.abs(scores(0) - jnp.einsum('bqhf,bkhf->bhqk', query, key)).max() > 0.1


def test_attention_equals_a_softmax_in_numpy_and_sees_what_the_mask_lets_it():
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 6, 8))
    mask = jax.random.bernoulli(jax.random.PRNGKey(1), 0.5, (2, 6, 6)) | jnp.eye(6, dtype=bool)
    module = SelfAttention(8, heads=2, dropout=0.0)
    variables: Any = jit(module.init)(jax.random.PRNGKey(2), x, mask)
    out: Any = jit(module.apply)(variables, x, mask)
    np.testing.assert_allclose(out, attended(variables, x, mask, heads=2), atol=1e-5)


def test_advancing_sees_the_last_positions_for_ever():
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 11, 8))
    back = np.arange(11)[:, None] - np.arange(11)
    mask = np.broadcast_to((back >= 0) & (back < 4), (2, 11, 11))
    module = SelfAttention(8, heads=2, dropout=0.3)
    variables: Any = jit(module.init)(jax.random.PRNGKey(2), x, jnp.array(mask))
    expected = attended(variables, x, mask, heads=2)
    empty = jnp.zeros((2, 4, 2, 4))
    memory: Any = Memory(empty, empty)
    advance: Any = jit(lambda *args: module.apply(variables, *args, method='advance'))
    for place in range(11):
        out, memory = advance(x[:, place], memory, jnp.int32(place))
        np.testing.assert_allclose(out, expected[:, place], atol=1e-5)


def test_heads_that_cannot_share_the_width_are_told_with_a_width_that_they_can():
    x, mask = jnp.zeros((1, 2, 10)), jnp.ones((1, 2, 2), bool)
    with pytest.raises(UserError, match=r'`width` \(=10\) .* `heads` \(=4\): .*width=8'):
        SelfAttention(10, heads=4, dropout=0.0).init(jax.random.PRNGKey(0), x, mask)
