"""CTC against sums over all alignments, error rates worked by hand, and the greedy search."""

import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import log_softmax

from research import corpora
from research.data import Data
from research.decoding import greedy
from research.errors import UserError
from research.meaning import Meaning
from research.selection import select
from research.tasks import CTC, Task

MEANING = Meaning(labels=('', ' ', 'A', 'B'))


def outputs(*frames, labels=4, seed=0) -> tuple[Any, Any]:
    logits = np.random.default_rng(seed).normal(0, 2, (len(frames), 6, labels))
    return jnp.asarray(logits, jnp.float32), jnp.array(frames)


def targets(*rows):
    tokens = np.zeros((len(rows), 4), np.int32)
    for row, labels in zip(tokens, rows, strict=True):
        row[: len(labels)] = labels
    return {'tokens': jnp.asarray(tokens), 'lengths': jnp.array([*map(len, rows)])}


@pytest.fixture
def spoken(drawn):
    """Nine utterances in three folds; those to train on know A, B, the space and the apostrophe."""

    def make(learnt, other):
        corpus = drawn([(8000, 1.0)] * 9, classes=(), transcript=[''] * 9)
        parts = corpora.cut(corpus, Data('drawn', slice_s=1.0), 8000)
        corpus.columns['transcript'] = np.array([other] * 9, object)
        corpus.columns['transcript'][parts['train'].record] = learnt
        return corpus, parts

    return make


def test_it_is_a_task_that_labels_frames_and_selects_by_word_errors():
    assert isinstance(CTC(), Task)
    assert CTC().outputs(MEANING) == 4
    assert CTC.labels == 'frames'


def test_the_loss_is_minus_the_log_of_the_sum_over_all_alignments():
    logits, frames = outputs(4, 5, 3, 6)
    rows = ([2, 3], [2, 2], [], [3])
    ours = CTC().loss((logits, frames), targets(*rows))
    for example, (length, wanted) in enumerate(zip(frames.tolist(), rows, strict=True)):
        log_probs = log_softmax(np.asarray(logits[example, :length], np.float64), axis=-1)
        paths = [
            log_probs[range(length), path].sum()
            for path in itertools.product(range(4), repeat=length)
            if [k for k, _ in itertools.groupby(path) if k] == wanted
        ]
        np.testing.assert_allclose(ours[example], -np.logaddexp.reduce(paths), rtol=1e-5)


def test_what_lies_past_the_frames_and_the_labels_changes_nothing():
    logits, frames = outputs(4, 5)
    wanted = targets([2, 3], [1, 2, 3])
    past = jnp.arange(6) >= frames[:, None]
    other = jnp.where(past[..., None], 1e4, logits), frames
    unsaid = jnp.arange(4) >= wanted['lengths'][:, None]
    longer = wanted | {'tokens': jnp.where(unsaid, 3, wanted['tokens'])}
    task = CTC()
    expected = task.predict((logits, frames), wanted)
    for found in (task.predict(other, wanted), task.predict((logits, frames), longer)):
        jax.tree.map(np.testing.assert_array_equal, found, expected)
    np.testing.assert_array_equal(task.hits(other, wanted), task.hits((logits, frames), wanted))


def test_too_few_frames_for_the_labels_teach_nothing_and_are_told():
    # Two frames hold A B, but not A A, which has a blank in between; nor three labels.
    logits, _ = outputs(2, 2, 2, 2)
    wanted = targets([2, 3], [2, 2], [2, 3, 1], [])
    two = jnp.full(4, 2)
    loss, gradient = jax.value_and_grad(lambda x: CTC().loss((x, two), wanted).sum())(logits)
    per_example = CTC().loss((logits, two), wanted)
    assert jnp.isfinite(loss)
    assert (per_example == 0).tolist() == [False, True, True, False]
    assert jnp.isfinite(gradient).all()
    assert np.abs(gradient).max(axis=(1, 2)).astype(bool).tolist() == [True, False, False, True]
    assert np.isinf(CTC().predict((logits, two), wanted)['loss']).tolist() == [
        False,
        True,
        True,
        False,
    ]


def test_a_loss_that_is_not_a_number_is_not_hidden():
    logits, frames = outputs(4)
    assert jnp.isnan(CTC().loss((logits.at[0, 1, 1].set(jnp.nan), frames), targets([2]))).all()


def test_predicted_labels_are_those_of_the_greedy_search():
    logits, frames = outputs(6, 1, 0, 5, seed=3)
    found = CTC().predict((logits, frames), None)
    assert 'loss' not in found
    expected = [
        greedy.collapse(np.argmax(own[:length], axis=1))
        for own, length in zip(np.asarray(logits), frames.tolist(), strict=True)
    ]
    rows = zip(found['labels'].tolist(), found['count'].tolist(), strict=True)
    assert [row[:count] for row, count in rows] == expected
    assert max(map(len, expected)) > 1


def test_progress_is_the_share_of_blank_frames():
    logits = jax.nn.one_hot(jnp.array([[0, 1, 0, 0], [2, 2, 0, 0]]), 3)
    shares = CTC().hits((logits, jnp.array([4, 3])), targets([1], [1]))
    np.testing.assert_allclose(shares, [3 / 4, 1 / 3])


def test_labels_are_the_characters_of_training_and_others_count_as_errors_alone(spoken):
    corpus, parts = spoken('ab b\u2019a', 'Ab, cb!')
    meaning = CTC().meaning(corpus, parts['train'])
    assert meaning.labels == ('', ' ', "'", 'A', 'B')
    found = CTC().targets(corpus, parts['test'], meaning)
    assert found['tokens'].tolist() == [[3, 4, 1, 4]] * len(parts['test'])
    assert found['lengths'].tolist() == [4] * len(parts['test'])
    assert set(CTC().truth(corpus, parts['test'])['transcript']) == {'AB CB'}


@pytest.mark.parametrize('learnt', ['', '?!'])
def test_transcripts_without_a_character_are_refused(spoken, learnt):
    corpus, parts = spoken(learnt, 'A')
    with pytest.raises(UserError, match='transcripts to train on are empty'):
        CTC().meaning(corpus, parts['train'])


def test_a_corpus_without_transcripts_is_refused(drawn):
    corpus = drawn([(8000, 1.0)] * 3)
    with pytest.raises(UserError, match=r"^drawn has no column 'transcript', and CTC wants"):
        CTC().meaning(corpus, corpora.cut(corpus, Data('drawn', slice_s=1.0), 8000)['train'])


def test_scores_are_sums_of_edits_over_sums_of_lengths():
    predictions = {
        'labels': np.array([[2, 3, 1, 2, 0], [3, 0, 0, 0, 0], [0] * 5], np.int16),
        'count': np.array([4, 1, 0]),
        'loss': np.array([3.0, 5.0, np.inf], np.float32),
    }
    truth = {
        'transcript': np.array(['AB A', 'A', 'BA C']),
        'item': np.array(['x', 'y', 'z']),
        'slice': np.zeros(3, int),
        'group': np.array(['one', 'one', 'two']),
    }
    units = CTC().units(predictions, truth, MEANING, {})
    assert units['wer'].numerator.tolist() == [0, 1, 2]
    assert units['wer'].denominator.tolist() == [2, 1, 2]
    assert units['cer'].denominator.tolist() == [4, 1, 4]
    assert units['wer'].group.tolist() == ['one', 'one', 'two']
    scores = CTC().score(predictions, truth, MEANING, {})
    assert scores == {'loss': 4.0, 'wer': 3 / 5, 'cer': 5 / 9}
    assert CTC().selects_by in scores
    # No utterance has enough frames: such a validation is never the best of equal error rates.
    none = CTC().score(predictions | {'loss': np.full(3, np.inf)}, truth, MEANING, {})
    assert math.isnan(none.pop('loss'))
    assert none == {'wer': scores['wer'], 'cer': scores['cer']}
    records = [
        {'step': step, 'split': 'valid', 'loss': loss, **none}
        for step, loss in ((1, float('nan')), (2, 9.0))
    ]
    assert select(records, CTC().selects_by).step == 2
