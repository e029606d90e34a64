import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from research.models import SeparableCNN

# Each program runs once or twice: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})


def test_the_default_has_fewer_than_100_000_parameters_on_three_seconds():
    x = jax.ShapeDtypeStruct((1, 301, 64), jnp.float32)
    lengths = jax.ShapeDtypeStruct((1,), jnp.int32)
    variables = jax.eval_shape(SeparableCNN(outputs=1).init, jax.random.PRNGKey(0), x, lengths)
    assert sum(leaf.size for leaf in jax.tree.leaves(variables)) < 100_000


def test_a_short_call_counts_in_a_long_window_as_in_a_short_one():
    model = SeparableCNN(outputs=2, stem=4, channels=(6,), dense=(10,))
    call = jax.random.normal(jax.random.PRNGKey(0), (24, 16))
    short = jnp.full((1, 160, 16), -0.5).at[0, 64:88].set(call)
    # Moved by whole steps of the last level, of four frames each.
    long = jnp.full((1, 640, 16), -0.5).at[0, 352:376].set(call)
    variables: Any = jit(model.init)(jax.random.PRNGKey(1), short, jnp.array([160]))
    # Weights so large that what is heard comes out.
    variables = variables | {'params': jax.tree.map(lambda p: 2 * p, variables['params'])}
    apply: Any = jit(model.apply)

    def out(x):
        return np.asarray(apply(variables, x, jnp.array([x.shape[1]])))

    np.testing.assert_allclose(out(short), out(long), rtol=1e-4)
    assert np.abs(out(short) - out(jnp.full((1, 160, 16), -0.5))).max() > 0.1
