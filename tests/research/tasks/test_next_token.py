"""Next tokens against sums worked out token by token."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.data import Data
from research.errors import UserError
from research.meaning import Meaning
from research.tasks import NextToken, Task

SIZES = (3, 4)
TASK = NextToken(sizes=SIZES)
LENGTHS, FIRST = np.array([6, 4, 6]), np.array([2, 3, 5])


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(0, 2, (3, 6, sum(SIZES))).astype(np.float32)


@pytest.fixture
def tokens():
    rng = np.random.default_rng(1)
    return np.stack([rng.integers(0, size, (3, 6)) for size in SIZES], axis=-1)


def by_hand(logits, tokens):
    """Nats of each judged token, a list a window."""
    found = []
    for row in range(3):
        nats = []
        for at in range(FIRST[row], LENGTHS[row]):
            own = np.exp(logits[row, at].astype(np.float64))
            pitch, length = own[:3] / own[:3].sum(), own[3:] / own[3:].sum()
            nats.append(-np.log(pitch[tokens[row, at, 0]]) - np.log(length[tokens[row, at, 1]]))
        found.append(nats)
    return found


def given(logits, tokens):
    outputs = jnp.asarray(logits), jnp.asarray(LENGTHS)
    return outputs, {'tokens': jnp.asarray(tokens), 'first': jnp.asarray(FIRST)}


def test_it_is_a_task_with_an_output_for_each_value_of_each_field():
    assert isinstance(TASK, Task)
    assert TASK.outputs(Meaning(sizes=SIZES)) == 7
    with pytest.raises(UserError, match='of frames of keys NextFrame does'):
        TASK.outputs(Meaning(labels=('21', '22')))


def test_the_loss_is_the_mean_of_the_judged_tokens_nats(logits, tokens):
    expected = [np.mean(nats) for nats in by_hand(logits, tokens)]
    np.testing.assert_allclose(TASK.loss(*given(logits, tokens)), expected, rtol=1e-5)


def test_predictions_are_sums_and_counts(logits, tokens):
    said = TASK.predict(*given(logits, tokens))
    each = by_hand(logits, tokens)
    np.testing.assert_allclose(said['nll'], [sum(nats) for nats in each], rtol=1e-5)
    assert said['tokens'].tolist() == [4, 1, 1]
    assert TASK.predict(given(logits, tokens)[0], None) == {}


def test_what_is_not_judged_changes_nothing_but_for_what_is_told_from_it(logits, tokens):
    place = np.arange(6)
    unjudged = (place < FIRST[:, None]) | (place >= LENGTHS[:, None])
    others = np.where(unjudged[..., None], (tokens + 1) % SIZES, tokens)
    noise = np.where(unjudged[..., None], 50.0, logits).astype(np.float32)
    clean, dirty = given(logits, tokens), given(noise, others)
    for method in (TASK.loss, TASK.hits):
        np.testing.assert_array_equal(method(*clean), method(*dirty))
    gradient = jax.grad(lambda x: TASK.loss((x, clean[0][1]), clean[1]).sum())(clean[0][0])
    assert not np.asarray(gradient)[unjudged].any()
    assert np.abs(np.asarray(gradient)[~unjudged]).min() > 0


def test_logits_of_the_last_tokens_alone_come_to_the_same_where_no_other_is_judged(logits, tokens):
    outputs, targets = given(logits, tokens)
    some = outputs[0][:, 2:], outputs[1]
    np.testing.assert_array_equal(TASK.loss(some, targets), TASK.loss(outputs, targets))
    fewer = TASK.loss((outputs[0][:, 3:], outputs[1]), targets)
    assert np.isnan(fewer).tolist() == [True, False, False]


def test_a_hit_is_a_token_whose_fields_are_all_most_probable(logits, tokens):
    best = np.stack([logits[..., :3].argmax(-1), logits[..., 3:].argmax(-1)], axis=-1)
    wrong = best.copy()
    wrong[0, 4, 1] = (wrong[0, 4, 1] + 1) % 4
    assert TASK.hits(*given(logits, best)).tolist() == [1, 1, 1]
    assert TASK.hits(*given(logits, wrong)).tolist() == [0.75, 1, 1]


def test_pieces_are_scored_by_sums_over_their_windows():
    said = {'nll': np.array([6.0, 3.0, 8.0]), 'tokens': np.array([4.0, 1.0, 2.0])}
    truth = {
        'item': np.array(['b', 'a', 'b']),
        'slice': np.array([0, 0, 1]),
        'group': np.array(['x', 'y', 'x']),
    }
    units = TASK.units(said, truth, Meaning(), {})['nll']
    assert units.unit.tolist() == ['a: 1 tokens', 'b: 6 tokens']
    assert (units.numerator.tolist(), units.denominator.tolist()) == ([3, 14], [1, 6])
    assert units.group.tolist() == ['y', 'x']
    scores = TASK.score(said, truth, Meaning(), {})
    assert scores == {'loss': pytest.approx((1.5 + 3 + 4) / 3), 'nll': pytest.approx(17 / 7)}


def test_notes_of_voices_have_a_score_of_their_own():
    task = NextToken(per='note', sizes=SIZES)
    said = {'nll': np.array([6.0]), 'tokens': np.array([4.0])}
    truth = {name: np.array(['a']) for name in ('item', 'slice', 'group')}
    assert task.selects_by == 'note_nll'
    assert task.score(said, truth, Meaning(), {})['note_nll'] == 1.5
    assert [*task.units(said, truth, Meaning(), {})] == ['note_nll']


def test_sound_is_refused(drawn):
    from research import corpora

    corpus = drawn([(8000, 1.0)] * 3)
    with pytest.raises(UserError, match='drawn is heard as sound, and NextToken tells tokens'):
        TASK.meaning(corpus, corpora.cut(corpus, Data('drawn'), 8000)['train'])
