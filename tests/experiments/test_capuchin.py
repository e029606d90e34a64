"""Sizes to the parameter, and what of the published recipe the experiments keep."""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments
from data_prep import splits, synthetic_calls
from data_prep.cards import Wish
from experiments.capuchin import capuchin_cnn2d, capuchin_small
from research import batches, detections, step
from research.course import course
from research.decoding.overlapping import HOP_S, ideal
from research.experiment import network
from research.meaning import Meaning
from research.optimizers import Adam

CNN2D = (9 * 16 + 16) + (9 * 16 * 16 + 16) + (1487 * 253 * 16 + 1)


def parameters(name: str) -> int:
    experiment = step.bound(experiments.build(name), Meaning(labels=('other', 'call')))
    one = batches.example(experiment)
    x, lengths = jnp.zeros((1, *one.shape)), jnp.array([one.shape[0]])
    variables = jax.eval_shape(network(experiment).init, jax.random.PRNGKey(0), x, lengths)
    return sum(leaf.size for leaf in jax.tree.leaves(variables['params']))


def test_the_published_detector_is_as_large_as_its_card_says():
    assert batches.example(capuchin_cnn2d()).shape == (1491, 257)
    assert parameters('capuchin_cnn2d') == CNN2D == 6_021_857
    assert f'{CNN2D:,} parameters' in experiments.cards()['capuchin_cnn2d'][1]


def test_the_small_detector_has_fewer_than_a_hundred_thousand_parameters():
    size = parameters('capuchin_small')
    assert size < 100_000
    assert f'{size:,} parameters' in experiments.cards()['capuchin_small'][1]


def test_the_published_recipe_is_kept():
    published = capuchin_cnn2d()
    assert published.optimizer == Adam(learning_rate=1e-3)
    assert (published.batch_size, published.epochs, published.augment) == (16, 4.0, ())
    assert published.data.slice_s * 16_000 == 48_000


def test_both_hear_the_same_clips():
    assert capuchin_small().data == capuchin_cnn2d().data
    assert capuchin_small().standin.corpus == capuchin_cnn2d().standin.corpus


@pytest.mark.parametrize('name', ['capuchin_cnn2d', 'capuchin_small'])
def test_a_card_has_the_budget_that_the_experiment_is_given(name):
    experiment = experiments.build(name)
    entries = synthetic_calls.find(Wish()).entries
    columns = {name: [each.columns[name] for each in entries] for name in ('recording', 'kind')}
    columns |= {'item': [each.item for each in entries], 'label': [each.label for each in entries]}
    own = synthetic_calls.CORPUS
    parts = splits.assign(own.protocols[own.default_protocol], columns)
    steps = course(experiment, int(np.sum(parts == 'train'))).total
    told = re.search(r'Budget: (\d+) epochs.*?; (\d+) steps on', experiments.cards()[name][1])
    assert told, name
    assert (float(told[1]), int(told[2])) == (experiment.epochs, steps)


@pytest.mark.parametrize('name', ['capuchin_cnn2d', 'capuchin_small'])
def test_a_card_says_what_an_ideal_detector_would_have(name):
    window_s, until_s = experiments.build(name).data.slice_s, synthetic_calls.FOREST_S
    starts_s = np.arange(0, until_s - window_s + HOP_S, HOP_S)
    truths, founds = [], []
    for entry in synthetic_calls.find(Wish()).entries:
        if entry.columns['kind'] == 'forest':
            truths.append(np.array(json.loads(entry.columns['events'])).reshape(-1, 2))
            calls = ideal(truths[-1], starts_s, window_s, until_s, {'call_s': window_s})
            founds.append(np.array([call[:2] for call in calls]).reshape(-1, 2))
    tallies = detections.tally(truths, founds)
    hits, wrong, missed = tallies.sum(axis=0)
    recall, f1 = hits / (hits + missed), 2 * hits / (2 * hits + wrong + missed)
    error = np.abs(detections.count_errors(tallies)).mean()
    said = f'event F1 {f1:.3f}, recall {recall:.3f}, count error {error:.2f} on the stand-in'
    assert said in experiments.cards()[name][1]
