"""Next frames against sums worked out key by key."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.errors import UserError
from research.meaning import Meaning
from research.tasks import NextFrame, Task

KEYS = 5
LENGTHS, FIRST = np.array([4, 3]), np.array([1, 2])


@pytest.fixture
def given():
    rng = np.random.default_rng(0)
    logits = jnp.asarray(rng.normal(0, 2, (2, 4, KEYS)), jnp.float32)
    frames = jnp.asarray(rng.integers(0, 2, (2, 4, KEYS)), jnp.float32)
    return (logits, jnp.asarray(LENGTHS)), {'tokens': frames, 'first': jnp.asarray(FIRST)}


def test_it_is_a_task_with_an_output_a_key():
    assert isinstance(NextFrame(), Task)
    assert NextFrame().outputs(Meaning(labels=tuple('abcde'))) == KEYS
    with pytest.raises(UserError, match='take frontend=Rolls, or NextToken'):
        NextFrame().outputs(Meaning(labels=('<rare>', 'C4'), sizes=(2,)))


def test_a_frames_nats_are_added_up_over_its_keys(given):
    (logits, _), targets = given
    probability = 1 / (1 + np.exp(-np.asarray(logits, np.float64)))
    frames = np.asarray(targets['tokens'])
    nats = -np.log(np.where(frames > 0, probability, 1 - probability)).sum(axis=-1)
    sums = [nats[0, 1:4].sum(), nats[1, 2]]
    said = NextFrame().predict(*given)
    np.testing.assert_allclose(said['nll'], sums, rtol=1e-5)
    assert said['tokens'].tolist() == [3, 1]
    np.testing.assert_allclose(NextFrame().loss(*given), [sums[0] / 3, sums[1]], rtol=1e-5)


def test_what_is_not_judged_changes_nothing(given):
    (logits, lengths), targets = given
    place = np.arange(4)
    unjudged = ((place < FIRST[:, None]) | (place >= LENGTHS[:, None]))[..., None]
    noise = jnp.where(unjudged, 30.0, logits)
    others = targets | {'tokens': jnp.where(unjudged, 1 - targets['tokens'], targets['tokens'])}
    for method in (NextFrame().loss, NextFrame().hits):
        np.testing.assert_array_equal(method(*given), method((noise, lengths), others))
    gradient = jax.grad(lambda x: NextFrame().loss((x, lengths), targets).sum())(logits)
    assert not np.asarray(gradient)[unjudged[..., 0]].any()


def test_hits_are_keys_that_both_sound_and_are_said_to_among_those_of_either():
    said = jnp.array([[[9.0, 9, 9, 9, 9], [3, 3, -3, -3, -3], [3, -3, -3, -3, 3]]])
    true = jnp.array([[[0.0, 0, 0, 0, 0], [1, 0, 1, 0, 0], [1, 0, 0, 0, 1]]])
    targets = {'tokens': true, 'first': jnp.array([1])}
    assert NextFrame().hits((said, jnp.array([3])), targets).tolist() == [pytest.approx(3 / 5)]


def test_steps_are_scored_by_sums_over_pieces():
    said = {'nll': np.array([6.0, 3.0]), 'tokens': np.array([4.0, 1.0])}
    truth = {name: np.array(['a', 'b']) for name in ('item', 'slice', 'group')}
    scores = NextFrame().score(said, truth, Meaning(), {})
    assert scores == {'loss': 2.25, 'step_nll': pytest.approx(1.8)}
