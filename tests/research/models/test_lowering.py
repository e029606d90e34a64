import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.models import lowering

LAYOUT = ('NHWC', 'HWIO', 'NHWC')
plain = functools.partial(
    jax.lax.conv_general_dilated,
    window_strides=(1, 1),
    padding='VALID',
    dimension_numbers=LAYOUT,
)
# Over one channel; over many positions with many filters.
LOWERED = [((3, 9, 7, 1), (3, 2, 1, 5)), ((32, 64, 40, 4), (3, 3, 4, 64))]


def case(shape, kernel):
    keys = jax.random.split(jax.random.PRNGKey(0), 3)
    x, w = jax.random.normal(keys[0], shape), jax.random.normal(keys[1], kernel)
    return x, w, jax.random.normal(keys[2], jax.eval_shape(plain, x, w).shape)


def convolve(x, w):
    return lowering.convolve(x, w, (1, 1), 'VALID', dimension_numbers=LAYOUT)


def by_rows(x, w, strides=(1, 1), padding='VALID') -> bool:
    return lowering.filters_by_rows(x, w, strides, padding)


@pytest.mark.parametrize(('shape', 'kernel'), LOWERED)
def test_a_lowered_convolution_and_its_gradients_equal_lax(shape, kernel):
    x, w, gradient = case(shape, kernel)
    assert by_rows(x, w)
    ours, backward = jax.vjp(convolve, x, w)
    theirs, reference = jax.vjp(plain, x, w)
    np.testing.assert_array_equal(ours, theirs)
    for own, other in zip(backward(gradient), reference(gradient), strict=True):
        assert own.shape == other.shape
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5 * float(jnp.abs(other).max()))


def test_a_stack_of_lowered_convolutions_equals_them_one_by_one():
    x, w, gradient = case(*LOWERED[0])
    stacked = jnp.stack([w, -2 * w])

    def total(w):
        return jnp.vdot(convolve(x, w), gradient)

    found = jax.vmap(jax.grad(total))(stacked)
    for own, each in zip(found, stacked, strict=True):
        np.testing.assert_allclose(own, jax.grad(total)(each), rtol=1e-4, atol=1e-4)


def test_what_xla_is_good_at_is_left_to_it(monkeypatch):
    x, w, _ = case((2, 9, 7, 3), (3, 3, 3, 4))
    assert not by_rows(x, w)
    x, w, _ = case(*LOWERED[0])
    assert not by_rows(x, w, strides=(2, 1))
    assert not by_rows(x, w, padding='SAME')
    assert not by_rows(x.astype(jnp.bfloat16), w.astype(jnp.bfloat16))
    monkeypatch.setattr(jax, 'default_backend', lambda: 'gpu')
    assert not by_rows(x, w)


@pytest.mark.parametrize('rest', [{'rhs_dilation': (2, 2)}, {'feature_group_count': 5}])
def test_dilated_and_grouped_convolutions_are_those_of_lax(rest):
    x, w, _ = case(*LOWERED[0])
    x = jnp.tile(x, rest.get('feature_group_count', 1))
    ours = lowering.convolve(x, w, (1, 1), 'VALID', dimension_numbers=LAYOUT, **rest)
    np.testing.assert_array_equal(ours, plain(x, w, **rest))


def test_a_convolution_over_one_axis_is_that_of_lax():
    keys = jax.random.split(jax.random.PRNGKey(1))
    x, w = jax.random.normal(keys[0], (2, 9, 3)), jax.random.normal(keys[1], (3, 3, 4))
    layout = ('NHC', 'HIO', 'NHC')
    ours = lowering.convolve(x, w, (2,), 'VALID', dimension_numbers=layout)
    theirs = jax.lax.conv_general_dilated(x, w, (2,), 'VALID', dimension_numbers=layout)
    np.testing.assert_array_equal(ours, theirs)
