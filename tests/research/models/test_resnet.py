import jax
import jax.numpy as jnp
import pytest

from research.errors import UserError
from research.models import ResNet


def test_the_default_has_a_million_parameters_whatever_the_length():
    def parameters(frames):
        x = jax.ShapeDtypeStruct((1, frames, 128), jnp.float32)
        lengths = jax.ShapeDtypeStruct((1,), jnp.int32)
        variables = jax.eval_shape(ResNet(outputs=10).init, jax.random.PRNGKey(0), x, lengths)
        return sum(leaf.size for leaf in jax.tree.leaves(variables['params']))

    assert parameters(900) == parameters(1) == parameters(125)
    assert 500_000 < parameters(900) < 3_000_000


def test_stages_of_two_lengths_are_told():
    model = ResNet(outputs=2, channels=(4, 8), blocks=(1,))
    with pytest.raises(UserError, match=r'`channels` \(=\(4, 8\)\) and `blocks` \(=\(1,\)\)'):
        model.init(jax.random.PRNGKey(0), jnp.zeros((1, 8, 8)), jnp.array([8]))
