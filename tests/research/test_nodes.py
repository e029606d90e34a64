"""Forests on the device and from their files, against scikit-learn's own answers."""

import dataclasses
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

import experiments
from research import nodes
from research.models.forest import mean_vote
from research.overrides import replace
from research.runs import Run, RunError

UNPICKLED: list[str] = []
WATCHING: list[bool] = []


def _watch(event: str, arguments: tuple) -> None:
    if WATCHING and event == 'pickle.find_class':
        UNPICKLED.append('.'.join(map(str, arguments[:2])))


sys.addaudithook(_watch)


@pytest.fixture
def x() -> np.ndarray:
    # Whole numbers, so that many lie on both sides of few thresholds.
    return np.random.default_rng(0).integers(-4, 5, (200, 6)).astype(np.float32)


@pytest.fixture
def classes(x) -> np.ndarray:
    return (x[:, 0] > 0).astype(np.int32) + (x[:, 1] + x[:, 2] > 1)


def bound(outputs: int):
    experiment = experiments.build('genre_forest')
    return dataclasses.replace(experiment, model=replace(experiment.model, outputs=outputs))


def votes(grown, x, outputs: int) -> np.ndarray:
    arrays = jax.tree.map(jnp.asarray, nodes.arrays(grown, outputs))
    return np.asarray(jax.jit(mean_vote)(arrays, jnp.asarray(x)))


def test_votes_are_scikit_learns_probabilities(x, classes):
    grown = RandomForestClassifier(12, max_depth=6, random_state=0).fit(x, classes)
    np.testing.assert_allclose(votes(grown, x, 3), grown.predict_proba(x), atol=1e-6)


def test_a_class_that_was_not_heard_has_no_vote(x, classes):
    grown = RandomForestClassifier(5, random_state=0).fit(x, 2 * classes)
    found = votes(grown, x, 5)
    np.testing.assert_allclose(found[:, [0, 2, 4]], grown.predict_proba(x), atol=1e-6)
    np.testing.assert_array_equal(found[:, [1, 3]], 0)


def test_numbers_are_scikit_learns_predictions(x):
    y = x[:, 0] * x[:, 1] + x[:, 2]
    grown = RandomForestRegressor(9, random_state=0).fit(x, y)
    np.testing.assert_allclose(votes(grown, x, 1)[:, 0], grown.predict(x), rtol=1e-5, atol=1e-5)


def test_a_number_on_a_threshold_goes_where_scikit_learn_sends_it():
    # Halfway between neighbours lies a float64 that no float32 is.
    low = np.float32(1000.1)
    x = np.array([[low], [np.nextafter(low, np.float32(2000))]], np.float32)
    for swapped in (x, -x):
        grown = RandomForestRegressor(1, bootstrap=False).fit(swapped, [0.0, 1.0])
        np.testing.assert_array_equal(votes(grown, swapped, 1)[:, 0], [0.0, 1.0])


def test_a_forest_is_as_large_as_its_splits_and_leaves(x, classes):
    grown = RandomForestClassifier(7, random_state=0).fit(x, classes)
    trees = [tree.tree_ for tree in grown.estimators_]
    leaves = sum(tree.n_leaves for tree in trees)
    splits = sum(tree.node_count for tree in trees) - leaves
    arrays = nodes.Weights(nodes.arrays(grown, 3), {})
    assert nodes.size(arrays) == 2 * splits + 3 * leaves


def test_a_file_gives_the_forest_back_and_nothing_is_unpickled(x, classes, tmp_path):
    place = Run(tmp_path)
    grown = RandomForestClassifier(4, random_state=0).fit(x, classes)
    nodes.save(place, grown)
    WATCHING.append(True)
    try:
        weights = nodes.load(place, bound(3))
    finally:
        WATCHING.clear()
    assert UNPICKLED == []
    found = mean_vote(jax.tree.map(jnp.asarray, weights.params), jnp.asarray(x))
    np.testing.assert_allclose(found, grown.predict_proba(x), atol=1e-6)


def test_the_watch_sees_what_is_unpickled():
    import pickle

    WATCHING.append(True)
    try:
        pickle.loads(pickle.dumps(Run))
    finally:
        WATCHING.clear()
    assert UNPICKLED.pop().endswith('Run')


def test_a_flipped_bit_is_told_and_not_read(x, classes, tmp_path):
    place = Run(tmp_path)
    nodes.save(place, RandomForestClassifier(2, random_state=0).fit(x, classes))
    file = place.checkpoints / 'forest' / nodes.FILE
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(RunError, match=r'forest\.skops is not what was written.*train it again'):
        nodes.load(place, bound(3))


def test_a_file_of_other_things_is_refused_in_one_line(tmp_path):
    from skops import io

    from research import manifests

    folder = tmp_path / 'checkpoints' / 'forest'
    folder.mkdir(parents=True)
    io.dump({'system': sys.exit}, folder / nodes.FILE)
    manifests.seal(folder)
    with pytest.raises(RunError, match='cannot be read') as told:
        nodes.load(Run(tmp_path), bound(3))
    assert '\n' not in str(told.value)
