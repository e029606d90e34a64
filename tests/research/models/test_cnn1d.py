import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research import models

LENGTHS = jnp.array([40, 40])


@pytest.mark.parametrize('momentum', [0.9, None])
def test_without_a_norm_no_example_hears_of_the_others(momentum):
    model = models.CNN1D(outputs=3, width=4, levels=2, dense=(5,), norm_momentum=momentum)
    x = jax.random.normal(jax.random.PRNGKey(0), (2, 40, 6))
    keys = jax.vmap(jax.random.fold_in, (None, 0))(jax.random.PRNGKey(1), jnp.arange(2))
    variables = model.init(jax.random.PRNGKey(2), x, LENGTHS)
    assert ('batch_stats' in variables) == (momentum is not None)

    def first(x):
        return model.apply(variables, x, LENGTHS, keys, mutable=['batch_stats'])[0][0]

    moved = np.abs(first(x) - first(x.at[1].multiply(3))).max()
    assert (moved > 1e-3) == (momentum is not None)
