import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.models import lowering, stacking

MEMBERS = 3
# Input, filters, steps, padding.
CASES = [
    ((2, 20, 3), (3, 3, 4), (1,), 'VALID'),
    ((2, 20, 3), (11, 3, 4), (2,), 'VALID'),
    ((2, 21, 3), (4, 3, 4), (2,), 'SAME'),
    ((2, 9, 8, 1), (3, 2, 1, 5), (1, 1), 'VALID'),
    ((2, 9, 8, 2), (3, 3, 2, 5), (2, 2), ((1, 1), (1, 1))),
]
LAYOUTS = {3: ('NHC', 'HIO', 'NHC'), 4: ('NHWC', 'HWIO', 'NHWC')}
case = pytest.mark.parametrize(('shape', 'kernel', 'strides', 'padding'), CASES)


def values_and_gradients(convolve, x, w):
    """Of a function that is not linear in either, for each member by itself."""

    def total(x, w):
        return jnp.sum(jnp.sin(convolve(x, w)))

    return jax.value_and_grad(total, argnums=(0, 1))(x, w)


def arrays(shape, kernel):
    keys = jax.random.split(jax.random.PRNGKey(0))
    draws = jax.random.normal(keys[0], (MEMBERS, *shape)), jax.random.normal(keys[1], kernel)
    return draws[0], jnp.stack([draws[1] * (1 + at) for at in range(MEMBERS)])


@pytest.mark.parametrize('platform', ['cpu', 'gpu'])
@case
def test_a_stack_of_convolutions_equals_those_of_lax(
    shape, kernel, strides, padding, platform, monkeypatch
):
    monkeypatch.setattr(jax, 'default_backend', lambda: platform)
    layout = LAYOUTS[len(shape)]

    def ours(x, w):
        return lowering.convolve(x, w, strides, padding, dimension_numbers=layout)

    def theirs(x, w):
        return jax.lax.conv_general_dilated(x, w, strides, padding, dimension_numbers=layout)

    x, w = arrays(shape, kernel)
    found = jax.jit(jax.vmap(functools.partial(values_and_gradients, ours)))(x, w)
    text = str(jax.make_jaxpr(jax.vmap(ours))(x, w))
    assert ('conv_general_dilated' in text) == (platform == 'cpu')
    for at in range(MEMBERS):
        wanted = values_and_gradients(theirs, x[at], w[at])
        for own, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
            np.testing.assert_allclose(own[at], other, rtol=1e-4, atol=1e-4)


@case
def test_a_convolution_is_a_product_of_shifted_inputs(shape, kernel, strides, padding):
    x, w = arrays(shape, kernel)
    own = stacking.product(x[0], w[0], strides, padding)
    theirs = jax.lax.conv_general_dilated(
        x[0], w[0], strides, padding, dimension_numbers=LAYOUTS[len(shape)]
    )
    np.testing.assert_allclose(own, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('platform', ['cpu', 'gpu'])
def test_members_may_share_what_they_hear(platform, monkeypatch):
    monkeypatch.setattr(jax, 'default_backend', lambda: platform)
    both = stacking.stacked(lambda x, w: x @ w, lambda x, w: x @ w)
    x, w = jnp.arange(6.0).reshape(2, 3), jnp.arange(24.0).reshape(2, 3, 4)
    found = jax.vmap(both, (None, 0))(x, w)
    np.testing.assert_allclose(found, np.einsum('ij,mjk->mik', x, w))
