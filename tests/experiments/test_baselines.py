"""What the forests hear, counted by hand, and that a forest is a value as any model is."""

import jax
import jax.numpy as jnp
import pytest

import experiments
from research import batches, codec, growing, overrides, step
from research.errors import UserError
from research.meaning import Meaning


@pytest.mark.parametrize(
    ('name', 'meaning', 'heard'),
    [
        # Mean, deviation and three quantiles of 1,025 bins; four seconds of lags.
        ('genre_forest', Meaning(labels=tuple('abcdefghij')), 5 * 1025),
        ('tempo_forest', Meaning(), 5 * 1025),
        ('tempo_flux_forest', Meaning(), 344),
    ],
)
def test_a_forest_hears_as_many_statistics_as_its_card_says(name, meaning, heard):
    bound = step.bound(experiments.build(name), meaning)
    one = batches.example(bound)
    x = jax.ShapeDtypeStruct((1, *one.shape), one.dtype)
    lengths = jax.ShapeDtypeStruct((1,), jnp.int32)
    assert jax.eval_shape(growing.forest(bound).statistics, x, lengths).shape == (1, heard)
    assert f'{heard:,} statistics' in ' '.join(experiments.cards()[name][1].split())


@pytest.mark.parametrize(
    'name', ['genre_forest', 'tempo_forest', 'tempo_flux_forest', 'tempo_cnn1d']
)
def test_an_experiment_comes_back_from_its_json(name):
    experiment = experiments.build(name)
    assert codec.from_json(codec.to_json(experiment)) == experiment


def test_a_forest_is_changed_from_the_command_line():
    changed = overrides.apply(
        experiments.build('genre_forest'), ['model.trees=500', 'model.depth=8,16', 'model.leaf=2']
    )
    model = growing.forest(changed)
    assert (model.trees, model.depth, model.leaf) == ((500,), (8, 16), 2)


def test_any_experiment_on_sound_takes_a_forest():
    changed = overrides.apply(experiments.build('genre_mlp'), ['model=Forest'])
    assert growing.forest(changed).trees == (100, 300)


def test_a_mistake_in_a_forest_names_its_fields():
    with pytest.raises(UserError, match="did you mean 'trees'"):
        overrides.apply(experiments.build('genre_forest'), ['model.tree=3'])
