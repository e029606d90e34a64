"""How a forest is chosen and grown, on made-up statistics of drawn recordings."""

import contextlib
import dataclasses
import warnings

import joblib
import numpy as np
import pytest
from sklearn import ensemble
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils import parallel

import experiments
from research import growing, material, overrides, step
from research.errors import UserError


def prepared(drawn, recordings: int, groups: int, *changes: str):
    """A bound experiment and its material, the training part in so many groups."""
    own = ['data.corpus=drawn', 'data.slice_s=1', 'model.trees=7,3', 'model.depth=4,1', *changes]
    experiment = overrides.apply(experiments.build('genre_forest'), own)
    made = material.prepare(experiment, drawn([(8000, 1.0)] * recordings))
    train = made.parts['train']
    train = dataclasses.replace(train, group=np.array([f'{i % groups}' for i in range(len(train))]))
    made = dataclasses.replace(made, parts=made.parts | {'train': train})
    return step.bound(experiment, made.meaning), made


def test_groups_that_betray_their_class_are_of_no_use_to_the_search(drawn):
    bound, made = prepared(drawn, 120, 10)
    train = made.parts['train']
    # One class a group, and the group is all that is heard: who heard it knows it all.
    target = (train.group.astype(int) // 5).astype(np.int32)
    heard = np.eye(10, dtype=np.float32)[train.group.astype(int)]
    corpus = dataclasses.replace(made.corpus, columns={**made.corpus.columns})
    corpus.targets[train.record] = target
    made = dataclasses.replace(
        made,
        corpus=corpus,
        parts=made.parts | {'train': dataclasses.replace(train, target=target)},
    )
    [grown] = growing.grow(bound, heard, target, 16, [30])
    assert (grown.predict(heard) == target).all()
    for record in growing.search(bound, made, heard):
        assert record['item_accuracy'] <= 0.6


def test_a_search_tries_every_pair_the_smaller_first_and_scores_each_example_once(drawn):
    bound, made = prepared(drawn, 60, 6)
    heard = np.random.default_rng(0).normal(size=(len(made.parts['train']), 4)).astype(np.float32)
    records = list(growing.search(bound, made, heard))
    tried = [(record['depth'], record['trees']) for record in records]
    assert tried == [(1, 3), (1, 7), (4, 3), (4, 7)] == growing.candidates(growing.forest(bound))
    assert [record['step'] for record in records] == [1, 2, 3, 4]
    assert {record['split'] for record in records} == {'search'}
    for record in records:
        shares = record['item_accuracy'] * len(made.parts['train'])
        assert shares == pytest.approx(round(shares))


def test_the_best_score_is_chosen_then_the_lower_loss_then_the_smaller_forest(drawn):
    bound, _ = prepared(drawn, 24, 4)

    def record(number, depth, trees, accuracy, loss):
        own = {'step': number, 'split': 'search', 'depth': depth, 'trees': trees}
        return own | {'item_accuracy': accuracy, 'loss': loss}

    records = [
        record(1, 1, 3, 0.4, 1.0),
        record(2, 1, 7, 0.6, 1.2),
        record(3, 4, 3, 0.6, 1.1),
        record(4, 4, 7, 0.6, 1.1),
    ]
    assert growing.chosen(bound, records) == (3, 4)
    assert growing.chosen(bound, records[:2]) == (7, 1)


def test_without_a_choice_the_one_forest_is_chosen(drawn):
    bound, _ = prepared(drawn, 24, 4, 'model.trees=500', 'model.depth=9')
    assert growing.chosen(bound, []) == (500, 9)


def test_a_forest_grown_on_is_the_forest_grown_at_once_by_one_processor(drawn):
    bound, made = prepared(drawn, 60, 6, 'seed=3')
    target = growing.answers(made.parts['train'])
    heard = np.random.default_rng(1).normal(size=(len(target), 5)).astype(np.float32)
    for trees, grown in zip((3, 7), growing.grow(bound, heard, target, 4), strict=True):
        alone = RandomForestClassifier(trees, max_depth=4, random_state=3).fit(heard, target)
        np.testing.assert_array_equal(grown.predict_proba(heard), alone.predict_proba(heard))


def test_one_group_cannot_be_searched(drawn):
    bound, made = prepared(drawn, 24, 1)
    with pytest.raises(UserError, match='one group'):
        next(growing.search(bound, made, np.zeros((len(made.parts['train']), 2), np.float32)))


class Raced(RandomForestClassifier):
    """Threads without filters, and one task that scikit-learn does not know."""

    def fit(self, *given):
        warnings.resetwarnings()
        led, _, _ = parallel.delayed(len)(())
        led(())
        parallel.Parallel(n_jobs=1)([joblib.delayed(len)(())])
        return super().fit(*given)


class Broken(Raced):
    def fit(self, *given):
        super().fit(*given)
        raise MemoryError


@pytest.mark.parametrize('kind', [Raced, Broken])
def test_only_the_false_alarm_of_threads_without_filters_is_kept_quiet(drawn, monkeypatch, kind):
    bound, made = prepared(drawn, 24, 4)
    target = growing.answers(made.parts['train'])
    monkeypatch.setattr(ensemble, 'RandomForestClassifier', kind)
    before = [*warnings.filters]
    outcome = pytest.raises(MemoryError) if kind is Broken else contextlib.nullcontext()
    with (
        pytest.warns(UserWarning, match=r'`sklearn.utils.parallel.Parallel` needs') as told,
        outcome,
    ):
        next(growing.grow(bound, np.zeros((len(target), 2), np.float32), target, 1))
    assert len(told) == 1
    assert [*warnings.filters] == before
