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
        own = dict(each.split('=') for each in assignments).get('data.corpus', 'drawn')
        name = pinned or own
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


def test_what_was_begun_on_the_standin_is_told_beside_another_corpus(resolve, tmp_path):
    made = grid.Grid('some', grid.over(experiments.build('genre_mlp'), grid.seeds(4)))
    where = tmp_path, tmp_path

    def told(pinned=None):
        found = planned.resolve(made, pinned, [], *where, prepare=False)
        return planned.on_the_standin(made, found, [], *where)

    assert told() == []
    runs = planned.resolve(made, 'corpus_styles', [], *where, prepare=False)
    for each in runs[:3]:
        each.entry.run.create({'name': 'genre_mlp'}, {})
    for each in runs[:2]:
        each.entry.run.finish({'seconds': 1.0})
    said = 'on corpus_styles: 2 done, 1 stopped, 1 waiting: --corpus=corpus_styles shows them'
    assert told() == [said]
    assert told('corpus_styles') == []


def test_of_a_standin_that_is_not_prepared_nothing_is_told(resolve, tmp_path, monkeypatch):
    made = grid.Grid('some', grid.over(experiments.build('genre_mlp'), grid.seeds(2)))
    found = planned.resolve(made, None, [], tmp_path, tmp_path, prepare=False)

    def choose(*_):
        raise planned.choosing.Unprepared('it is not prepared', 'so it is')

    monkeypatch.setattr(planned.choosing, 'choose', choose)
    assert planned.on_the_standin(made, found, [], tmp_path, tmp_path) == []
