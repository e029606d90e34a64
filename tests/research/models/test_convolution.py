import functools
from typing import Any

import flax.linen as nn
import jax
import numpy as np
import pytest

from research.models.convolution import Depthwise, Padded

# Each program runs once or twice: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})


def init(module: nn.Module) -> Any:
    return jit(module.init)


def apply(module: nn.Module) -> Any:
    return module.apply


def padded(x, kernel):
    widths = [(0, 0), *[((extent - 1) // 2, extent // 2) for extent in kernel], (0, 0)]
    return np.pad(np.asarray(x, np.float64), widths)


@pytest.mark.parametrize(
    ('shape', 'kernel', 'stride'),
    [((2, 9, 3), (5,), (1,)), ((2, 8, 3), (3,), (2,)), ((2, 7, 6, 3), (3, 2), (2, 1))],
)
def test_depthwise_equals_the_library_and_its_gradient(shape, kernel, stride):
    x = jax.random.normal(jax.random.PRNGKey(0), shape)
    module = Depthwise(kernel, stride)
    variables = init(module)(jax.random.PRNGKey(1), x)
    library = nn.Conv(
        3,
        kernel,
        stride,
        padding=[((extent - 1) // 2, extent // 2) for extent in kernel],
        feature_group_count=3,
        use_bias=False,
    )

    def ours(x, weights):
        return apply(module)({'params': {'kernel': weights}}, x)

    def theirs(x, weights):
        return apply(library)({'params': {'kernel': weights[..., None, :]}}, x)

    weights = variables['params']['kernel']
    counts = [-(-size // step) for size, step in zip(shape[1:-1], stride, strict=True)]
    pull = jax.random.normal(jax.random.PRNGKey(2), (2, *counts, 3))

    @jit
    def out_and_gradients(x, weights):
        pairs = [jax.vjp(f, x, weights) for f in (ours, theirs)]
        return [(out, *gradient(pull)) for out, gradient in pairs]

    for one, other in zip(*out_and_gradients(x, weights), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('frames', [6, 7])
def test_padded_convolution_equals_the_definition(frames, stride):
    x = jax.random.normal(jax.random.PRNGKey(0), (2, frames, 3))
    module = Padded(4, (3,), (stride,))
    variables = init(module)(jax.random.PRNGKey(1), x)
    [kernel] = jax.tree.leaves(variables)
    heard = padded(x, (3,))
    brute = [
        sum(heard[:, frame + tap] @ np.asarray(kernel)[tap] for tap in range(3))
        for frame in range(0, frames, stride)
    ]
    np.testing.assert_allclose(jit(apply(module))(variables, x), np.stack(brute, 1), atol=1e-5)
