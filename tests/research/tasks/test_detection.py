"""Detection against scikit-learn, and an example worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, log_loss

from research import corpora, scores
from research.data import Data
from research.errors import UserError
from research.meaning import Meaning
from research.scores import Ranked, Units
from research.tasks import Detection, Task

MEANING = Meaning(labels=('other', 'call'))


@pytest.fixture
def outputs():
    return jnp.asarray(np.random.default_rng(0).normal(0, 3, (40, 1)), jnp.float32)


@pytest.fixture
def targets():
    return jnp.asarray(np.random.default_rng(1).integers(0, 2, 40), jnp.int32)


@pytest.fixture
def slices() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Seven slices of five items; the call of item 'c' is in one of its three slices."""
    rows = [
        ('a', 0, 0.9, 1, 'north'),
        ('b', 0, 0.7, 0, 'north'),
        ('c', 0, 0.1, 1, 'south'),
        ('c', 1, 0.8, 1, 'south'),
        ('c', 2, 0.2, 1, 'south'),
        ('d', 0, 0.1, 1, 'south'),
        ('e', 0, 0.2, 0, 'south'),
    ]
    item, number, probability, target, group = map(np.array, zip(*rows, strict=True))
    truth = {'item': item, 'slice': number, 'target': target, 'group': group}
    return {'probability': probability.astype(np.float32)}, truth


def test_it_is_a_task_with_one_output():
    assert isinstance(Detection(), Task)
    assert Detection().outputs(MEANING) == 1


def test_the_mean_loss_is_scikit_learns_log_loss_of_the_predictions(outputs, targets):
    probability = Detection().predict(outputs, None)['probability']
    expected = log_loss(targets, np.asarray(probability, np.float64))
    np.testing.assert_allclose(Detection().loss(outputs, targets).mean(), expected, rtol=1e-5)


def test_the_loss_of_a_sound_is_weighted_and_that_of_its_absence_is_not(outputs, targets):
    plain = Detection().loss(outputs, targets)
    weighted = Detection(positive_weight=3.0).loss(outputs, targets)
    np.testing.assert_allclose(weighted, np.where(targets == 1, 3 * plain, plain), rtol=1e-6)


def test_a_smoothed_loss_is_that_of_both_answers_mixed(outputs, targets):
    own, other = (Detection().loss(outputs, each) for each in (targets, 1 - targets))
    smoothed = Detection(label_smoothing=0.2).loss(outputs, targets)
    np.testing.assert_allclose(smoothed, 0.9 * own + 0.1 * other, rtol=1e-5)


def test_a_hit_is_an_answer_that_one_half_would_give():
    outputs = jnp.array([[0.1], [0.1], [-0.1], [-0.1]])
    np.testing.assert_array_equal(Detection().hits(outputs, jnp.array([1, 0, 1, 0])), [1, 0, 0, 1])


def test_sure_outputs_have_finite_losses_gradients_and_scores():
    outputs, targets = jnp.array([[1e4], [-1e4]]), jnp.array([0, 1])
    assert jnp.isfinite(jax.grad(lambda x: Detection().loss(x, targets).sum())(outputs)).all()
    predictions = jax.device_get(Detection().predict(outputs, None))
    truth = {'item': np.array(['a', 'b']), 'slice': np.zeros(2, int), 'target': np.array([0, 1])}
    truth['group'] = truth['item']
    found = Detection().score(predictions, truth, MEANING, {'threshold': 0.5})
    assert found['loss'] == pytest.approx(25 * np.log(2))


def test_an_item_is_as_probable_as_its_most_probable_slice(slices):
    predictions, truth = slices
    items, target = np.array([0.9, 0.7, 0.8, 0.1, 0.2], np.float32), np.array([1, 0, 1, 1, 0])
    tuned = Detection().tune(predictions, truth, MEANING)
    # Of the thresholds that let c pass and not b, half way.
    assert tuned['threshold'] == pytest.approx(0.75)
    found = Detection().score(predictions, truth, MEANING, tuned)
    assert found['average_precision'] == pytest.approx(average_precision_score(target, items))
    assert found['f1'] == pytest.approx(f1_score(target, items >= 0.75))
    assert found['precision'] == 1
    assert found['recall'] == pytest.approx(2 / 3)
    assert found['item_accuracy'] == pytest.approx(4 / 5)


@pytest.mark.parametrize(
    ('calls', 'others', 'leave', 'enter'),
    [
        ([0.7, 0.8, 0.9], [0.1, 0.2], 0.7, 0.8),  # parted
        ([0.3, 0.7, 0.8, 0.9], [0.1, 0.2, 0.4, 0.5], 0.7, 0.75),  # 3/4 of calls, no other
        ([0.1, 0.2, 0.9], [0.5, 0.6, 0.7, 0.8], 0.9, 0.9),  # never above the higher one
        ([0.6, 0.8], [], 0.6, 0.7),  # without others every call is to be found
    ],
)
def test_thresholds_of_long_recordings_do_not_lean_on_how_many_items_have_the_sound(
    calls, others, leave, enter
):
    for times in (1, 5):
        probability = np.array([*calls, *others * times])
        item = np.array([f'{i:02d}' for i in range(len(probability))])
        target = (np.arange(len(probability)) < len(calls)).astype(int)
        truth = {'item': item, 'group': item, 'target': target}
        tuned = Detection().tune({'probability': probability}, truth, MEANING)
        assert tuned['leave'] == pytest.approx(leave)
        assert tuned['enter'] == pytest.approx(enter)


def test_units_are_ratios_by_item_and_group(slices):
    found = Detection().units(*slices, meaning=MEANING, tuned={'threshold': 0.5})
    units = {name: each for name, each in found.items() if isinstance(each, Units)}
    assert units['precision'].numerator.tolist() == [1, 0, 1, 0, 0]
    assert units['precision'].denominator.tolist() == [1, 1, 1, 0, 0]
    assert units['recall'].denominator.tolist() == [1, 0, 1, 1, 0]
    assert units['f1'].numerator.tolist() == [2, 0, 2, 0, 0]
    assert units['f1'].denominator.tolist() == [2, 1, 2, 1, 0]
    ranked = found['average_precision']
    assert isinstance(ranked, Ranked)
    assert ranked.target.tolist() == [True, False, True, True, False]
    np.testing.assert_allclose(ranked.probability, [0.9, 0.7, 0.8, 0.1, 0.2], rtol=1e-6)
    for name, each in found.items():
        assert each.unit.tolist() == list('abcde'), name
        assert each.group.tolist() == ['north', 'north', 'south', 'south', 'south'], name
        assert isinstance(each, scores.of(name).units or ())


def test_a_part_without_the_sound_is_scored_by_what_there_is(slices):
    predictions, truth = slices
    truth = {**truth, 'target': np.zeros(7, int)}
    tuned = Detection().tune(predictions, truth, MEANING)
    assert tuned == {'threshold': 0.5, 'leave': 0.5, 'enter': 0.5}
    found = Detection().score(predictions, truth, MEANING, tuned)
    assert found['item_accuracy'] == pytest.approx(2 / 5)
    assert found['precision'] == found['f1'] == 0
    assert np.isnan([found['average_precision'], found['recall']]).all()
    found = Detection().score(predictions, truth, MEANING, {'threshold': 1.0})
    assert found['item_accuracy'] == 1
    assert np.isnan([found['precision'], found['recall'], found['f1']]).all()


def test_the_score_that_selects_is_one_of_the_scores(slices):
    task = Detection()
    tuned = task.tune(*slices, meaning=MEANING)
    found = task.score(*slices, meaning=MEANING, tuned=tuned)
    assert task.selects_by in found
    for name in found:
        scores.of(name)


@pytest.mark.parametrize('classes', [('other', 'call'), ('call', 'other')])
def test_the_sound_is_the_last_label_wherever_the_corpus_has_it(classes, drawn):
    corpus = drawn([(8000, 1.0)] * 6, classes=classes)
    train = corpora.cut(corpus, Data('drawn', slice_s=1.0), 8000)['train']
    assert Detection().meaning(corpus, train) == MEANING
    labels = corpus.columns['label'][train.record]
    expected = (labels == 'call').astype(int).tolist()
    assert Detection().targets(corpus, train, MEANING).tolist() == expected
    assert Detection().truth(corpus, train)['target'].tolist() == expected


@pytest.mark.parametrize(
    ('classes', 'said'),
    [
        ((), 'drawn has 0 classes: Detection wants two'),
        (('call', 'frog', 'dove'), 'drawn has 3 classes: Detection wants two'),
        (('calls', 'other'), "task.positive=call: unknown class of drawn 'call': did you mean"),
    ],
)
def test_a_corpus_without_the_sound_and_its_absence_is_refused(classes, said, drawn):
    corpus = drawn([(8000, 1.0)] * 6, classes=classes)
    train = corpora.cut(corpus, Data('drawn', slice_s=1.0), 8000)['train']
    with pytest.raises(UserError, match=said):
        Detection().meaning(corpus, train)
