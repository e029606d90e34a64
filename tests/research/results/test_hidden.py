import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research import models
from research.results import hidden
from research.step import Weights

LENGTHS = jnp.array([40, 40, 33])
# Model, and the name of its output layer.
ZOO = {
    'Dense_1': [
        models.CNN2D(outputs=4, channels=(4, 4), kernels=(3, 2), dense=(8,)),
        models.LSTM(outputs=4, widths=(6, 6), dense=(8,)),
        models.PlainCNN2D(outputs=4, channels=(4, 4), pools=(2, 1), dense=(8,)),
    ],
    'Dense_2': [
        models.CNN1D(outputs=4, width=4, levels=3, dense=(8, 8)),
        models.MLP(outputs=4, widths=(16, 8), dropout=0.2),
    ],
    'Dense_0': [
        models.ResNet(outputs=4, channels=(4, 6), blocks=(1, 1)),
        models.PlainCNN2D(outputs=4, channels=(4, 4), pools=(2, 1)),
    ],
}


# Each program runs once: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})


def built(model):
    x = jax.random.normal(jax.random.PRNGKey(0), (3, 40, 9))
    variables = jit(model.init)(jax.random.PRNGKey(1), x, LENGTHS)
    return Weights(variables.get('params', {}), variables.get('batch_stats', {})), x


@pytest.mark.parametrize(
    ('layer', 'model'),
    [(layer, model) for layer, some in ZOO.items() for model in some],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_the_output_layer_makes_of_the_hidden_one_what_the_model_gives(layer, model):
    weights, x = built(model)
    variables = {'params': weights.params, 'batch_stats': weights.stats}

    @jit
    def both(x, lengths):
        return hidden.hidden(model, weights, x, lengths), model.apply(variables, x, lengths, None)

    found, expected = both(x, LENGTHS)
    last = weights.params[layer]
    np.testing.assert_allclose(found @ last['kernel'] + last['bias'], expected, atol=1e-5)


def test_a_wide_layer_is_folded_and_keeps_its_distances(monkeypatch):
    model = models.PlainCNN2D(outputs=4, channels=(100,), pools=(1,))
    weights, x = built(model)
    folded = hidden.hidden(model, weights, x, LENGTHS)
    assert folded.shape == (3, hidden.WIDEST)
    monkeypatch.setattr(hidden, 'WIDEST', 10**9)
    plain = hidden.hidden(model, weights, x, LENGTHS)
    assert plain.shape[1] == 38 * 7 * 100
    for one, other in ((0, 1), (0, 2), (1, 2)):
        near, true = (float(jnp.linalg.norm(v[one] - v[other])) for v in (folded, plain))
        # A sketch of 4,096 numbers knows a squared distance to 2.2%: four of these, halved.
        assert near == pytest.approx(true, rel=0.05)


def test_a_model_without_a_dense_layer_is_known_by_its_outputs():
    import flax.linen as nn

    class Sums(nn.Module):
        @nn.compact
        def __call__(self, x, lengths, keys=None):
            return jnp.sum(x, axis=1)

    x = jnp.arange(24.0).reshape(2, 4, 3)
    found = hidden.hidden(Sums(), Weights({}, {}), x, jnp.array([4, 4]))
    np.testing.assert_array_equal(found, x.sum(axis=1))


def test_groups_far_apart_stay_apart_within_the_unit_square():
    group = np.repeat([0, 1, 2], 20)
    vectors = np.random.default_rng(0).normal(size=(60, 12)) + 40 * np.eye(12)[group]
    plane = hidden.laid_out(vectors)
    assert plane.min() >= 0
    assert plane.max() <= 1
    distance = np.linalg.norm(plane[:, None] - plane[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    np.testing.assert_array_equal(group[distance.argmin(axis=1)], group)
    np.testing.assert_array_equal(hidden.laid_out(vectors), plane)


@pytest.mark.parametrize('width', [1, 5000])
def test_five_items_of_any_width_are_laid_out(width):
    vectors = np.random.default_rng(0).normal(size=(5, width))
    assert np.isfinite(hidden.laid_out(vectors)).all()
    assert np.isfinite(hidden.laid_out(np.zeros((5, width)))).all()
    with pytest.raises(ValueError, match=r'^4 items: a map wants 5 or more'):
        hidden.laid_out(vectors[:4])
