import dataclasses

import pytest

import experiments
from research import grid, planned
from research.choosing import Chosen
from research.errors import UserError


@pytest.fixture
def resolve(monkeypatch, tmp_path, drawn):
    """Resolves members without a corpus on disk; `data.corpus` of a member is taken at its word."""
    one = drawn([(8000, 1.0)] * 6)

    def choose(experiment, pinned, assignments, data_dir, prepare, report):
        name = dict(each.split('=') for each in assignments).get('data.corpus', 'drawn')
        seed = dict(each.split('=') for each in assignments).get('seed', '0')
        corpus = dataclasses.replace(one, facts={**one.facts, 'corpus': name, 'fingerprint': name})
        data = dataclasses.replace(experiment.data, corpus=name)
        return Chosen(dataclasses.replace(experiment, data=data, seed=int(seed)), corpus, False)

    monkeypatch.setattr(planned.choosing, 'choose', choose)

    def found(*axes):
        members = grid.over(experiments.build('genre_mlp'), *axes)
        made = grid.Grid('some', members)
        return planned.resolve(made, None, [], tmp_path, tmp_path, prepare=False)

    return found


def test_members_have_runs_of_their_own(resolve):
    found = resolve(grid.seeds(3))
    assert len({each.entry.run.directory for each in found}) == 3
    assert [each.chosen.experiment.seed for each in found] == [0, 1, 2]
    assert [planned.told(each) for each in found][2] == 'genre_mlp seed=2'


def test_corpora_are_never_mixed(resolve):
    with pytest.raises(UserError, match=r'some would mix corpora \(one, two\)'):
        resolve(grid.vary('data.corpus', ['one', 'two']))


def test_one_run_is_no_two_members(resolve):
    with pytest.raises(UserError, match='are one and the same run'):
        resolve(grid.vary('seed', [1, 1]))
