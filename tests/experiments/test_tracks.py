"""Sizes to the parameter, worked out by hand from the layers."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments
from research import batches, step
from research.meaning import Meaning

# 196 frames of 128 bands: 194 x 126, pooled 97 x 63; 95 x 61, pooled 47 x 30; 45 x 28.
CONVOLUTIONS = (9 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 64 + 64)
HIDDEN = 45 * 28 * 64 * 64 + 64
SIGMOID = 64 + 1


@pytest.mark.parametrize('classes', [2, 5])
def test_it_is_as_large_as_its_card_says(classes):
    labels = tuple('abcde'[:classes])
    experiment: Any = step.bound(experiments.build('tracks_cnn2d'), Meaning(labels=labels))
    assert round(experiment.data.slice_s * 22_050) == 100_000
    assert batches.example(experiment).shape == (196, 128)
    x = jnp.zeros((1, 196, 128))
    variables = jax.eval_shape(
        lambda key: experiment.model.init(key, x, jnp.array([196])), jax.random.PRNGKey(0)
    )
    size = sum(leaf.size for leaf in jax.tree.leaves(variables))
    assert size == CONVOLUTIONS + HIDDEN + classes * SIGMOID
    if classes == 2:
        assert f'{size:,}' in experiments.cards()['tracks_cnn2d'][1]


def test_a_softmax_of_two_is_the_sigmoid_of_their_difference():
    outputs = jnp.array([[0.3, -1.2], [0.0, 4.0]])
    task = experiments.build('tracks_cnn2d').task
    told = task.predict(outputs, None)['probabilities'][:, 1]
    np.testing.assert_allclose(told, jax.nn.sigmoid(outputs[:, 1] - outputs[:, 0]), rtol=1e-6)
