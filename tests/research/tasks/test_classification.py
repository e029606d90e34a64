"""Classification against scikit-learn, Optax and an example worked out by hand."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from sklearn.metrics import log_loss

from research.tasks import Classification, Task

CLASSES = 5


@pytest.fixture
def outputs():
    return jnp.asarray(np.random.default_rng(0).normal(0, 3, (40, CLASSES)), jnp.float32)


@pytest.fixture
def targets():
    return jnp.asarray(np.random.default_rng(1).integers(0, CLASSES, 40), jnp.int32)


@pytest.fixture
def slices():
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
        'group': np.array(['band', 'singer', 'singer', 'singer']),
    }
    return predictions, targets


def test_it_is_a_task_with_an_output_for_each_class():
    assert isinstance(Classification(), Task)
    assert Classification().outputs(7) == 7


def test_the_mean_loss_is_scikit_learns_log_loss_of_the_predictions(outputs, targets):
    task = Classification()
    probabilities = np.asarray(task.predict(outputs)['probabilities'], np.float64)
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
    units = Classification().units(*slices)
    values, groups = units['slice_accuracy']
    assert values.tolist() == [0, 0, 1, 0]
    assert groups.tolist() == ['band', 'singer', 'singer', 'singer']
    # a: (0.2, 0.8); b: (1.7, 1.3) / 3, so that the one sure slice carries it.
    values, groups = units['item_accuracy']
    assert values.tolist() == [0, 1]
    assert groups.tolist() == ['band', 'singer']


def test_scores_are_the_means_of_the_units_and_the_loss_of_the_slices(slices):
    expected = -np.log([0.2, 0.4, 0.9, 0.4]).mean()
    scores = Classification(label_smoothing=0.3).score(*slices)
    assert scores == {
        'loss': pytest.approx(expected, rel=1e-6),
        'slice_accuracy': 1 / 4,
        'item_accuracy': 1 / 2,
    }


def test_the_score_that_selects_is_one_of_the_scores(slices):
    assert Classification().selects_by in Classification().score(*slices)
