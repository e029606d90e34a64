"""Regression against scikit-learn, and tempi worked out by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import (
    mean_absolute_error,
    mean_squared_error,
    r2_score,
    root_mean_squared_error,
)

from research import corpora, examples
from research.data import Data
from research.errors import UserError
from research.meaning import Meaning
from research.tasks import Regression, Task
from research.tasks.regression import Standard, told

MEANING = Meaning(centre=100.0, scale=20.0)


def said(numbers) -> dict[str, np.ndarray]:
    return {'standard': ((np.array(numbers) - 100) / 20).astype(np.float32)}


def true(numbers, items=None) -> dict[str, np.ndarray]:
    names = np.array(items or [f'item {i:02d}' for i in range(len(numbers))])
    return {
        'target': np.array(numbers, float),
        'item': names,
        'slice': np.array([names[:i].tolist().count(name) for i, name in enumerate(names)]),
        'group': np.array([f'band of {name}' for name in names]),
    }


@pytest.fixture
def guesses() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.uniform(60, 180, 30)
    return truth + rng.normal(0, 15, 30), truth


def test_it_is_a_task_with_one_output():
    assert isinstance(Regression(), Task)
    assert Regression().outputs(MEANING) == 1


def test_scores_are_those_of_scikit_learn(guesses):
    guess, truth = guesses
    scores = Regression().score(said(guess), true(truth), MEANING, {})
    assert scores == {
        'loss': pytest.approx(mean_squared_error(truth / 20, guess / 20) / 2, rel=1e-5),
        'mae': pytest.approx(mean_absolute_error(truth, guess), rel=1e-5),
        'rmse': pytest.approx(root_mean_squared_error(truth, guess), rel=1e-5),
        'r2': pytest.approx(r2_score(truth, guess), rel=1e-5),
    }


def test_targets_that_are_all_the_same_have_nothing_to_explain():
    assert Regression().score(said([90, 80]), true([100, 100]), MEANING, {})['r2'] == 0.0


def test_the_mean_loss_is_half_the_mean_squared_error_in_deviations(guesses):
    guess, truth = ((each - 100) / 20 for each in guesses)
    targets = Standard(jnp.asarray(truth), jnp.full(30, 20.0))
    outputs = jnp.asarray(guess)[:, None]
    found = Regression().loss(outputs, targets)
    np.testing.assert_allclose(found.mean(), mean_squared_error(truth, guess) / 2, rtol=1e-5)
    np.testing.assert_allclose(
        Regression().hits(outputs, targets), 20 * np.abs(guess - truth), rtol=1e-4, atol=1e-4
    )


def test_past_its_bound_hubers_loss_grows_linearly():
    outputs, zero = jnp.array([[0.2], [-0.5], [3.0]]), jnp.zeros(3)
    found = Regression(huber=0.5).loss(outputs, Standard(zero, zero))
    np.testing.assert_allclose(found, [0.02, 0.125, 0.5 * 3 - 0.125], rtol=1e-6)


def test_an_items_slices_are_averaged_before_it_is_scored():
    truth = true([120, 80, 80, 80], ['a', 'b', 'b', 'b'])
    units = Regression().units(said([110, 70, 80, 99]), truth, MEANING, {})
    np.testing.assert_allclose(units['mae'].numerator, [10, 3], rtol=1e-5)
    assert units['mae'].denominator.tolist() == [1, 1]
    assert units['mae'].unit.tolist() == ['a', 'b']
    assert units['mae'].group.tolist() == ['band of a', 'band of b']


def test_a_tempo_is_right_within_4_percent_or_so_near_an_octave_of_it():
    guess = [103, 97, 105, 51, 206, 309, 33, 150, 47]
    right = [1, 1, 0, 0, 0, 0, 0, 0, 0]
    near = [1, 1, 0, 1, 1, 1, 1, 0, 0]
    units = Regression(tempo=True).units(said(guess), true([100] * 9), MEANING, {})
    assert units['within_4'].numerator.tolist() == right
    assert units['within_4_octaves'].numerator.tolist() == near
    assert 'within_4' not in Regression().units(said(guess), true([100] * 9), MEANING, {})


def test_the_score_that_selects_is_one_of_the_scores():
    task = Regression()
    assert task.selects_by in task.score(said([90]), true([100]), MEANING, {})


def cut(drawn, numbers, **columns):
    corpus = drawn([(8000, 1.0 + i % 2) for i in range(len(numbers))], target=numbers, **columns)
    data = Data('drawn', slice_s=1.0, slices=2)
    return corpus, corpora.cut(corpus, data, 8000)


def test_mean_and_deviation_are_of_the_recordings_that_train_however_long(drawn):
    numbers = [str(60 + 7 * i % 50) for i in range(12)]
    corpus, parts = cut(drawn, numbers)
    heard = np.array(numbers, float)[np.unique(parts['train'].record)]
    assert len(parts['train']) > len(heard)
    meaning = Regression().meaning(corpus, parts['train'])
    assert meaning == Meaning(centre=heard.mean(), scale=heard.std())
    test = parts['test']
    targets = Regression().targets(corpus, test, meaning)
    back = told({'standard': np.asarray(targets.value)}, meaning)
    np.testing.assert_allclose(back, np.array(numbers, float)[test.record], rtol=1e-6)
    assert Regression().truth(corpus, test)['target'].tolist() == [
        float(numbers[record]) for record in test.record
    ]


@pytest.mark.parametrize(
    ('numbers', 'task', 'told'),
    [
        (['7.1'] * 12, Regression(), 'target is 7.1 of all 4 recordings .* nothing to learn'),
        (['5'] * 11 + [''], Regression(), "target of item 11 is '': a number is wanted"),
        (['5'] * 11 + ['0'], Regression(tempo=True), "is '0': a number above 0 is wanted"),
        (['5'] * 11 + ['nan'], Regression(), "is 'nan': a number is wanted"),
        (['5'] * 12, Regression(column='tempo'), "unknown column of drawn 'tempo'"),
    ],
)
def test_a_target_that_cannot_be_learnt_is_refused(drawn, numbers, task, told):
    corpus, _ = cut(drawn, numbers)
    all_of_them = examples.Examples(*[np.arange(12)] * 6)
    train = cut(drawn, numbers)[1]['train'] if 'all 4' in told else all_of_them
    with pytest.raises(UserError, match=told):
        task.meaning(corpus, train)
