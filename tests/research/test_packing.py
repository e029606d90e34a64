"""Which runs are packed together, and which are not."""

import dataclasses

import pytest

from research import overrides, packing
from research.loop import Options
from research.packing import How


def test_runs_that_no_stack_can_be_made_of_are_tried_one_by_one(members, monkeypatch):
    def measure(*_):
        raise RuntimeError('RESOURCE_EXHAUSTED')

    monkeypatch.setattr(packing.stacks, 'measure', measure)
    chosen = [each.chosen for each in members]
    packs = [*packing.packed(chosen, How(Options(stream='off'), stack='on'), lambda i: False)]
    assert [each.members for each in packs] == [[i] for i in range(len(members))]
    assert all('one by one: no stack could be made' in each.why for each in packs)


def test_runs_by_cudnns_lstm_which_cannot_be_stacked_are_packed_one_by_one(members, monkeypatch):
    monkeypatch.setattr(packing.stacks, 'measure', lambda *_: pytest.fail('a stack was measured'))
    changes = 'model=LSTM', 'model.recurrence=cudnn'
    chosen = [
        dataclasses.replace(
            each.chosen, experiment=overrides.apply(each.chosen.experiment, changes)
        )
        for each in members
    ]
    packs = [*packing.packed(chosen, How(Options(stream='off'), stack='on'), lambda i: False)]
    assert [each.members for each in packs] == [[i] for i in range(len(members))]
    assert all('are for model.recurrence=scan' in each.why for each in packs)


def test_workers_begin_with_their_own_shares(members):
    chosen = [each.chosen for each in members]
    orders = [
        [
            pack.members[0]
            for pack in packing.packed(
                chosen, How(stack='off', worker=(number, 2)), lambda i: False
            )
        ]
        for number in range(2)
    ]
    assert orders == [[0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7, 0, 1, 2, 3]]
