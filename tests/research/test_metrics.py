import numpy as np
import pytest
import sklearn.metrics

from research import metrics


def drawn(classes: int = 5, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(classes, size=n), rng.integers(classes, size=n)


def test_confusion_matrix_is_that_of_sklearn_and_keeps_absent_classes():
    targets, predictions = drawn()
    found = metrics.confusion_matrix(targets, predictions, 7)
    expected = sklearn.metrics.confusion_matrix(targets, predictions, labels=range(7))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize('bad', [-1, 3])
def test_class_out_of_range_is_refused(bad: int):
    with pytest.raises(ValueError, match=r'indices in \[0, 3\) are wanted'):
        metrics.confusion_matrix(np.array([0, bad]), np.array([0, 1]), 3)


def test_cross_entropy_is_that_of_sklearn():
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(5), size=50)
    targets = rng.integers(5, size=50)
    assert metrics.cross_entropy(probabilities, targets) == pytest.approx(
        sklearn.metrics.log_loss(targets, probabilities, labels=range(5))
    )


def test_cross_entropy_of_an_underflown_probability_is_finite():
    found = metrics.cross_entropy(np.array([[0.0, 1.0]], np.float32), np.array([0]))
    assert found == pytest.approx(126 * np.log(2))


def test_no_examples_are_refused():
    with pytest.raises(ValueError, match='0 examples'):
        metrics.cross_entropy(np.zeros((0, 2)), np.array([], int))


def test_slices_are_averaged_per_item_whatever_their_order():
    probabilities = np.array([[0.2, 0.8], [0.9, 0.1], [0.6, 0.4]], np.float32)
    items, joined = metrics.join_slices(probabilities, np.array(['b', 'a', 'b']))
    assert items.tolist() == ['a', 'b']
    np.testing.assert_allclose(joined, [[0.9, 0.1], [0.4, 0.6]], rtol=1e-6)


def test_value_per_item_follows_the_order_of_joined_slices():
    values = metrics.per_item(np.array([3, 1, 3]), np.array(['b', 'a', 'b']))
    assert values.tolist() == [1, 3]


def test_item_with_two_values_raises_with_its_name():
    with pytest.raises(ValueError, match='item b carry both 3 and 1'):
        metrics.per_item(np.array([3, 1]), np.array(['b', 'b']))
