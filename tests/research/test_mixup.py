import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from research.augment import Gain
from research.mixup import Mixup, blend
from research.tasks import Classification

KEYS = np.asarray(jax.random.split(jax.random.PRNGKey(0), 2000))
X = np.random.default_rng(1).normal(size=(7, 30, 4)).astype(np.float32)
LENGTHS = np.array([30, 30, 12, 20, 30, 0, 17])
TARGETS = np.array([0, 1, 2, 0, 1, 1, 2])
OUTPUTS = np.random.default_rng(2).normal(size=(7, 3)).astype(np.float32)
NEIGHBOUR = [1, 0, 3, 2, 5, 4, 6]


def blended(changes, x=X):
    """Features, and the smoothed losses of OUTPUTS."""
    task = Classification(label_smoothing=0.1)
    arrays = (jnp.asarray(each) for each in (KEYS[:7], x, LENGTHS, TARGETS))
    features, judged = blend(changes, *arrays)
    return features, judged(lambda targets: task.loss(jnp.asarray(OUTPUTS), targets))


def shares(alpha, position=0):
    keys = jax.vmap(jax.random.fold_in, (0, None))(KEYS[:7], position)
    return np.asarray(jax.vmap(Mixup(alpha).share)(keys))


def test_mixup_blends_neighbours_where_both_have_frames():
    features, _ = blended((Mixup(0.7),))
    for row, (other, share) in enumerate(zip(NEIGHBOUR, shares(0.7), strict=True)):
        both = min(LENGTHS[row], LENGTHS[other])
        expected = X[row].copy()
        expected[:both] = share * X[row, :both] + (1 - share) * X[other, :both]
        np.testing.assert_allclose(features[row], expected, atol=1e-6)


def test_a_blended_loss_is_the_cross_entropy_of_the_blended_targets():
    sharp = 0.9 * np.eye(3)[TARGETS] + 0.1 / 3
    share = shares(0.7)[:, None]
    soft = share * sharp + (1 - share) * sharp[NEIGHBOUR]
    _, losses = blended((Mixup(0.7),))
    np.testing.assert_allclose(losses, optax.softmax_cross_entropy(OUTPUTS, soft), rtol=1e-5)


def test_two_mixups_blend_what_the_first_has_blended():
    soft = 0.9 * np.eye(3)[TARGETS] + 0.1 / 3
    for share in (shares(0.7, 0)[:, None], shares(0.4, 1)[:, None]):
        soft = share * soft + (1 - share) * soft[NEIGHBOUR]
    _, losses = blended((Mixup(0.7), Mixup(0.4)))
    np.testing.assert_allclose(losses, optax.softmax_cross_entropy(OUTPUTS, soft), rtol=1e-5)


def test_devices_with_an_even_share_blend_what_one_blends():
    features, losses = blended((Mixup(0.7),))
    for first in (0, 2, 4):
        rows = slice(first, first + 2)
        keys, x, lengths, targets = (
            jnp.asarray(each[rows]) for each in (KEYS[:7], X, LENGTHS, TARGETS)
        )
        own, judged = blend((Mixup(0.7),), keys, x, lengths, targets)
        task, outputs = Classification(label_smoothing=0.1), jnp.asarray(OUTPUTS[rows])
        own_losses = judged(lambda each, task=task, outputs=outputs: task.loss(outputs, each))
        np.testing.assert_allclose(own, features[rows], atol=1e-6)
        np.testing.assert_allclose(own_losses, losses[rows], rtol=1e-6)


def test_padding_has_no_part_in_a_blend():
    past = np.arange(30) >= LENGTHS[:, None]
    dirty, _ = blended((Mixup(0.7),), np.where(past[:, :, None], np.nan, X))
    clean, _ = blended((Mixup(0.7),))
    np.testing.assert_array_equal(np.asarray(dirty)[~past], np.asarray(clean)[~past])
    assert np.isnan(np.asarray(dirty)[past]).all()


@pytest.mark.parametrize('changes', [(), (Gain(),), (Mixup(0.0),)], ids=str)
def test_without_mixup_nothing_is_blended(changes):
    features, losses = blended(changes)
    np.testing.assert_array_equal(features, X)
    expected = Classification(0.1).loss(jnp.asarray(OUTPUTS), jnp.asarray(TARGETS))
    np.testing.assert_array_equal(losses, expected)


def test_shares_are_those_of_beta_with_the_greater_one_kept():
    @jax.jit
    def drawn(alpha):
        return jax.vmap(lambda key: Mixup(alpha).share(key))(KEYS)

    uniform, narrow = drawn(1.0), drawn(50.0)
    counts = np.histogram(uniform, bins=5, range=(0.5, 1.0))[0]
    assert counts.sum() == len(KEYS)
    assert np.all(abs(counts - len(KEYS) / 5) < 5 * np.sqrt(len(KEYS) / 5))
    # The mean distance of Beta(50, 50) from 1/2 is that of a normal of its deviation, 0.0498.
    assert float(narrow.mean()) == pytest.approx(0.5 + 0.0498 * np.sqrt(2 / np.pi), abs=0.004)
