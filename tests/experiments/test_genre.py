"""Sizes to the parameter: with Keras's way of counting, running statistics included."""

import itertools

import jax
import jax.numpy as jnp
import pytest

import experiments
from research import batches, step
from research.experiment import network
from research.meaning import Meaning

# Worked out by hand from the layers: weights, biases, and four numbers a channel of batch norm.
LEVELS = [128, 64, 128, 256, 512, 1024, 2048, 4096]
CNN1D = (
    sum(3 * a * b + b for a, b in itertools.pairwise(LEVELS))
    + sum(4 * b for b in LEVELS[1:])
    + (4096 * 256 + 256)
    + (256 * 256 + 256)
    + (256 * 10 + 10)
)
CNN2D = (
    (9 * 32 + 32)
    + (9 * 32 * 32 + 32)
    + (4 * 32 * 32 + 32)
    + 3 * 4 * 32
    + (15 * 1 * 32 * 64 + 64)
    + (64 * 10 + 10)
)
WIDTHS = [125 * 13, 512, 512, 256, 128, 64, 10]
MLP = sum(a * b + b for a, b in itertools.pairwise(WIDTHS))
STAGES = [32, 32, 64, 128, 256]
RESNET = (
    (4 * 128 + 9 * 32)
    + sum(
        4 * a + 9 * a * b + 4 * b + 9 * b * b + a * b  # two convolutions behind norms, and one past
        for a, b in itertools.pairwise(STAGES)
    )
    + 4 * 256
    + (2 * 256 * 10 + 10)
)
LSTM = 4 * 64 * (13 + 64 + 1) + 4 * 64 * (64 + 64 + 1) + (64 * 64 + 64) + (64 * 10 + 10)


@pytest.mark.parametrize(
    ('name', 'frames', 'features', 'parameters', 'published'),
    [
        ('genre_cnn1d', 900, 128, CNN1D, 34_728_650),
        ('genre_cnn2d', 125, 13, CNN2D, 45_514),
        ('genre_mlp', 125, 13, MLP, 1_268_298),
        ('genre_lstm', 125, 13, LSTM, 57_802),
        ('genre_resnet', 151, 128, RESNET, 1_233_578),
    ],
)
def test_a_genre_experiment_is_as_large_as_its_card_says(
    name, frames, features, parameters, published
):
    experiment = step.bound(experiments.build(name), Meaning(labels=tuple('abcdefghij')))
    assert batches.example(experiment).shape == (frames, features)
    x = jnp.zeros((1, frames, features))
    variables = jax.eval_shape(
        lambda key: network(experiment).init(key, x, jnp.array([frames])), jax.random.PRNGKey(0)
    )
    assert sum(leaf.size for leaf in jax.tree.leaves(variables)) == parameters == published
    assert f'{published:,}' in experiments.cards()[name][1]


def test_every_experiment_has_a_card_whose_first_line_is_one_sentence():
    for name, (_, card) in experiments.cards().items():
        assert card.splitlines()[0].endswith('.'), name
