import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from research.models import ConformerCTC

# Each program runs once or twice: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})


def test_frames_are_a_quarter_of_those_that_went_in():
    x = jax.ShapeDtypeStruct((4, 999, 80), jnp.float32)
    (out, _), _ = jax.eval_shape(
        ConformerCTC(outputs=30).init_with_output,
        jax.random.PRNGKey(0),
        x,
        jax.ShapeDtypeStruct((4,), jnp.int32),
    )
    assert out.shape == (4, 250, 30)
    small = ConformerCTC(outputs=3, channels=(2, 2), width=4, depth=1, heads=1, kernel=5)
    given = jnp.array([17, 16, 1, 0])
    init: Any = jit(small.init_with_output)
    (_, lengths), _ = init(jax.random.PRNGKey(0), jnp.zeros((4, 17, 5)), given)
    assert lengths.tolist() == [5, 4, 1, 0]


def test_level_and_loudness_of_a_recording_do_not_matter():
    model = ConformerCTC(outputs=3, channels=(2, 2), width=4, depth=1, heads=1, kernel=5)
    x = jax.random.normal(jax.random.PRNGKey(0), (1, 40, 6))
    lengths = jnp.array([40])
    variables: Any = jit(model.init)(jax.random.PRNGKey(1), x, lengths)
    apply: Any = jit(model.apply)
    tilted = 10 * x + jnp.linspace(-80, 20, 6)
    np.testing.assert_allclose(
        apply(variables, tilted, lengths)[0], apply(variables, x, lengths)[0], atol=1e-3
    )
