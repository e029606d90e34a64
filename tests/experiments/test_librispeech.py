"""Sizes to the parameter: with Keras's way of counting, running statistics included."""

import itertools

import jax
import jax.numpy as jnp
import pytest

import experiments
from research import batches, overrides, step
from research.experiment import network
from research.meaning import Meaning

# The blank, the space, the apostrophe and A to Z.
LABELS = ('', ' ', "'", *map(chr, range(ord('A'), ord('Z') + 1)))


def size(features, channels, kernel, widths):
    """Worked out from the layers: weights, biases, and four numbers a channel of batch norm."""
    total = 4 * features
    for a, b in itertools.pairwise((features, *channels)):
        total += kernel * a * b + b + 4 * b
    for a, b in zip((channels[-1], *(2 * width for width in widths)), widths, strict=False):
        # Both ways: three gates of input and state, two biases each.
        total += 2 * 3 * b * (a + b + 2) + 4 * 2 * b
    return total + 2 * widths[-1] * len(LABELS) + len(LABELS)


@pytest.mark.parametrize(
    ('name', 'standin', 'shape', 'parameters'),
    [
        ('speech_cnn_bigru', False, (999, 161), size(161, (220, 220), 11, (512,))),
        ('speech_log_mel', False, (1001, 80), size(80, (256, 256), 7, (512, 512))),
        ('speech_log_mel', True, (751, 80), size(80, (128, 160), 7, (256,))),
    ],
)
def test_a_speech_experiment_is_as_large_as_its_card_says(name, standin, shape, parameters):
    chosen = experiments.build(name)
    if standin:
        chosen = overrides.apply(chosen, chosen.standin.overrides)
    experiment = step.bound(chosen, Meaning(labels=LABELS))
    assert batches.example(experiment).shape == shape
    variables = jax.eval_shape(
        lambda key: network(experiment).init(key, jnp.zeros((1, *shape)), jnp.array([shape[0]])),
        jax.random.PRNGKey(0),
    )
    assert sum(leaf.size for leaf in jax.tree.leaves(variables)) == parameters
    statistics = sum(leaf.size for leaf in jax.tree.leaves(variables['batch_stats']))
    card = experiments.cards()[name][1]
    assert f'{parameters:,}' in card
    assert f'({statistics:,} of them' in card


def test_the_better_one_has_the_data_of_the_tutorials():
    tutorial, better = (experiments.build(name) for name in ('speech_cnn_bigru', 'speech_log_mel'))
    assert better.data == tutorial.data
    assert better.data.max_chars == 99
    assert tutorial.steps == 2500


def conformer(features, channels, width, kernel, expansion, labels):
    """One block and what is around the blocks, worked out from the layers."""
    norm = 2 * width
    feed_forward = norm + 2 * expansion * width**2 + (expansion + 1) * width
    attention = norm + 4 * width**2 + width  # a bias of what leaves it alone
    convolution = norm + 2 * width**2 + 2 * width + kernel * width + norm + width**2 + width
    block = 2 * feed_forward + attention + convolution + norm
    subsampling = sum(9 * a * b for a, b in itertools.pairwise((1, *channels)))
    into = features // 2 ** len(channels) * channels[-1] * width + width
    return block, subsampling + into + width * labels + labels


def test_the_conformer_is_as_large_as_its_card_says():
    experiment = step.bound(experiments.build('speech_conformer_ctc'), Meaning(labels=LABELS))
    shape = batches.example(experiment).shape
    variables = jax.eval_shape(
        lambda key: network(experiment).init(key, jnp.zeros((1, *shape)), jnp.array([shape[0]])),
        jax.random.PRNGKey(0),
    )
    block, around = conformer(80, (32, 32), 144, 31, 4, len(LABELS))
    parameters = sum(leaf.size for leaf in jax.tree.leaves(variables))
    assert parameters == 4 * block + around
    assert f'{parameters:,}' in experiments.cards()['speech_conformer_ctc'][1]


def test_the_conformer_hears_as_many_utterances_as_its_sibling():
    recurrent, conformer = (
        experiments.build(name) for name in ('speech_log_mel', 'speech_conformer_ctc')
    )
    assert conformer.data == recurrent.data
    for stand_in in (False, True):
        budgets = set()
        for each in (recurrent, conformer):
            made = overrides.apply(each, each.standin.overrides if stand_in else ())
            budgets.add((made.batch_size, made.steps, made.eval_epochs))
        assert len(budgets) == 1
