"""What a search tries, and what each rung of it is given."""

import re

import pytest

import experiments
from research import overrides, search
from research.errors import UserError
from research.search import Choice, Range, Search, Trial

BASE = experiments.build('genre_mlp')
AXES = (Range('model.dropout', 0.0, 0.5),)


def test_rungs_have_a_third_of_the_trials_and_three_times_the_budget():
    made = Search(BASE, AXES, trials=27, rungs=3, keep=3)
    assert [made.size(rung) for rung in range(3)] == [27, 9, 3]
    assert [made.share(rung) for rung in range(3)] == pytest.approx([1 / 9, 1 / 3, 1])
    assert made.cost() == pytest.approx(9)
    assert Search(BASE, AXES, trials=10, rungs=1).cost() == 10


def test_a_budget_is_a_share_of_what_the_base_has_here():
    made = Search(BASE, AXES, trials=9, rungs=3, keep=3)
    by_epochs, by_steps = (overrides.apply(BASE, [budget]) for budget in ('epochs=30', 'steps=100'))
    assert [made.budget(rung, by_epochs) for rung in range(3)] == [
        ('epochs=3.333',),
        ('epochs=10.0',),
        (),
    ]
    assert [made.budget(rung, by_steps) for rung in range(3)] == [('steps=12',), ('steps=34',), ()]


def test_members_of_a_rung_are_the_base_with_each_trial_and_the_budget():
    made = Search(BASE, AXES, trials=9, rungs=3, keep=3)
    trials = [Trial(4, ('model.dropout=0.3',)), Trial(7, ('model.dropout=0.1',))]
    whole = overrides.apply(BASE, ['steps=90'])
    first, last = (made.grid(rung, trials, whole) for rung in (0, 2))
    assert [each.change for each in first.members] == [
        ('model.dropout=0.3', 'steps=10'),
        ('model.dropout=0.1', 'steps=10'),
    ]
    assert [each.label for each in last.members] == ['trial 4 dropout=0.3', 'trial 7 dropout=0.1']
    assert [each.change for each in last.members] == [each.change for each in trials]
    assert {each.name for each in (first, last)} == {f'{made.name}-rung1', f'{made.name}-rung3'}


def test_searches_that_differ_have_ledgers_of_their_own():
    names = {
        Search(BASE, AXES).name,
        Search(BASE, AXES, seed=1).name,
        Search(BASE, AXES, given=('batch_size=16',)).name,
        Search(experiments.build('genre_lstm'), AXES).name,
    }
    assert len(names) == 4
    assert Search(BASE, AXES).name == Search(BASE, AXES).name


def test_the_best_go_on_and_what_failed_does_not():
    trials = [Trial(number, (f'seed={number}',)) for number in range(5)]
    scores = dict(zip(trials, [0.2, float('-inf'), 0.9, 0.9, float('nan')], strict=True))
    assert search.promoted(scores, 2) == [trials[2], trials[3]]
    assert search.promoted(scores, 5) == [trials[2], trials[3], trials[0]]
    assert search.promoted({}, 3) == []


@pytest.mark.parametrize(
    ('text', 'made'),
    [
        ('model.dropout=0..0.5', Range('model.dropout', 0, 0.5)),
        ('a=1e-4..1e-1,log', Range('a', 1e-4, 0.1, True)),
        ('a=-2..3', Range('a', -2, 3)),
        ('frontend=MFCC,LogMel', Choice('frontend', ('MFCC', 'LogMel'))),
    ],
)
def test_an_axis_is_read_as_it_is_written(text, made):
    assert search.axis(text) == made


@pytest.mark.parametrize(
    'text',
    [
        'a',
        '=1..2',
        'a=',
        'a=1',
        'a=1..',
        'a=1..2,linear',
        'a=x..y',
        'a=2..1',
        'a=0..1,log',
        'a=1,,2',
        'a=0..inf',
        'a=1..nan',
    ],
)
def test_what_is_no_axis_is_told_in_one_line(text):
    with pytest.raises(UserError, match='--search='):
        search.axis(text)


@pytest.mark.parametrize(
    ('wanted', 'told'),
    [
        ({'trials': 8, 'rungs': 3, 'keep': 3}, '9 at least are wanted'),
        ({'keep': 1}, 'one in two at least'),
        ({'trials': 2, 'waves': 3, 'rungs': 1}, 'in 3 waves'),
    ],
)
def test_a_search_that_cannot_be_is_refused(wanted, told):
    with pytest.raises(UserError, match=told):
        Search(BASE, AXES, **wanted)


def test_fractions_are_drawn_of_a_field_that_holds_them_however_the_ends_are_written():
    decay = search.fitted(search.axis('optimizer.weight_decay=0..1'), BASE)
    assert decay == Range('optimizer.weight_decay', 0.0, 1.0)
    assert isinstance(decay, Range)
    assert isinstance(decay.low, float)
    assert isinstance(decay.high, float)
    size = search.fitted(search.axis('batch_size=8..64'), BASE)
    assert isinstance(size, Range)
    assert (type(size.low), type(size.high)) == (int, int)


@pytest.mark.parametrize(
    ('text', 'told'),
    [
        ('model.drop=0..1', "model.drop: unknown field in MLP 'drop': did you mean 'dropout'?"),
        ('model.dropout=0..5', 'model.dropout'),
        ('batch_size=8.5..16', 'batch_size'),
        ('model=MLP,LTSM', "did you mean 'LSTM'?"),
    ],
)
def test_an_axis_that_the_experiment_does_not_take_is_refused_before_anything_is_drawn(text, told):
    with pytest.raises(UserError, match=re.escape(told)):
        search.fitted(search.axis(text), BASE)
