"""Classification against scikit-learn, Optax and an example worked out by hand."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from sklearn.metrics import log_loss

from research import corpora
from research.data import Data
from research.errors import UserError
from research.meaning import Meaning
from research.tasks import Classification, Task

CLASSES = 5
MEANING = Meaning(labels=('no', 'yes'))


@pytest.fixture
def outputs():
    return jnp.asarray(np.random.default_rng(0).normal(0, 3, (40, CLASSES)), jnp.float32)


@pytest.fixture
def targets():
    return jnp.asarray(np.random.default_rng(1).integers(0, CLASSES, 40), jnp.int32)


@pytest.fixture
def slices() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Four slices of two items: predictions, and what they are to be joined by.

    Item 'b' is right in one slice of three, but where it is wrong it is not sure of it.
    """
    predictions = {
        'probabilities': np.array(
            [[0.2, 0.8], [0.4, 0.6], [0.9, 0.1], [0.4, 0.6]], dtype=np.float32
        )
    }
    targets = {
        'target': np.array([0, 0, 0, 0]),
        'item': np.array(['a', 'b', 'b', 'b']),
        'slice': np.array([0, 0, 1, 2]),
        'group': np.array(['band', 'singer', 'singer', 'singer']),
    }
    return predictions, targets


def test_it_is_a_task_with_an_output_for_each_class():
    assert isinstance(Classification(), Task)
    assert Classification().outputs(Meaning(labels=tuple('abcdefg'))) == 7


def test_the_mean_loss_is_scikit_learns_log_loss_of_the_predictions(outputs, targets):
    task = Classification()
    probabilities = np.asarray(task.predict(outputs, None)['probabilities'], np.float64)
    expected = log_loss(
        targets, probabilities / probabilities.sum(axis=1, keepdims=True), labels=range(CLASSES)
    )
    np.testing.assert_allclose(jnp.mean(task.loss(outputs, targets)), expected, rtol=1e-6)


@pytest.mark.parametrize('smoothing', [0.0, 0.1, 0.5])
def test_smoothed_loss_is_the_cross_entropy_with_smoothed_labels(outputs, targets, smoothing):
    labels = optax.smooth_labels(jnp.eye(CLASSES)[targets], smoothing)
    expected = optax.softmax_cross_entropy(outputs, labels)
    loss = Classification(label_smoothing=smoothing).loss(outputs, targets)
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-6)


def test_a_hit_is_a_target_with_the_greatest_output():
    outputs = jnp.array([[1.0, 3.0], [5.0, 4.0], [0.0, -1.0]])
    np.testing.assert_array_equal(Classification().hits(outputs, jnp.array([1, 1, 0])), [1, 0, 1])


def test_an_items_slices_are_averaged_before_it_is_scored(slices):
    units = Classification().units(*slices, meaning=MEANING, tuned={})
    per_slice = units['slice_accuracy']
    assert per_slice.numerator.tolist() == [0, 0, 1, 0]
    assert per_slice.unit.tolist() == ['a 0', 'b 0', 'b 1', 'b 2']
    assert per_slice.group.tolist() == ['band', 'singer', 'singer', 'singer']
    # a: (0.2, 0.8); b: (1.7, 1.3) / 3, so that the one sure slice carries it.
    per_item = units['item_accuracy']
    assert per_item.numerator.tolist() == [0, 1]
    assert per_item.denominator.tolist() == [1, 1]
    assert per_item.group.tolist() == ['band', 'singer']


def test_scores_are_those_of_the_units_the_loss_of_the_slices_and_two_calibration_errors(slices):
    expected = -np.log([0.2, 0.4, 0.9, 0.4]).mean()
    tuned = {'temperature': 1.0}
    scores = Classification(label_smoothing=0.3).score(*slices, meaning=MEANING, tuned=tuned)
    # a is wrong at 0.8, b right at 1.7 / 3: each alone in its bin.
    gap = (0.8 + (1 - 1.7 / 3)) / 2
    assert scores == {
        'loss': pytest.approx(expected, rel=1e-6),
        'slice_accuracy': 1 / 4,
        'item_accuracy': 1 / 2,
        'ece': pytest.approx(gap),
        'ece_scaled': pytest.approx(gap),
    }


def test_the_temperature_is_tuned_on_the_items(slices):
    # One item right at odds of 17 : 13, one wrong at 4 : 1: the flatter the better.
    assert Classification().tune(*slices, meaning=MEANING) == {'temperature': 10.0}


def test_the_score_that_selects_is_one_of_the_scores(slices):
    task = Classification()
    assert task.selects_by in task.score(*slices, meaning=MEANING, tuned={'temperature': 2.0})


@pytest.mark.parametrize('classes', [(), ('only',)])
def test_a_corpus_without_two_classes_is_refused(classes, drawn):
    corpus = drawn([(8000, 1.0)] * 3, classes=classes)
    with pytest.raises(UserError, match='Classification wants two or more'):
        Classification().meaning(corpus, corpora.cut(corpus, Data('drawn'), 8000)['train'])
