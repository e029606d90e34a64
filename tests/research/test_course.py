import dataclasses

import pytest

import experiments
from research.course import Course, course


@pytest.fixture
def experiment():
    return dataclasses.replace(experiments.build('genre_mlp'), batch_size=10)


def test_epochs_become_steps_of_the_corpus(experiment):
    way = course(dataclasses.replace(experiment, epochs=3.0), examples=200)
    assert (way.total, way.between) == (60, 20)


def test_steps_win_over_epochs(experiment):
    assert course(dataclasses.replace(experiment, steps=7), examples=200).total == 7


@pytest.mark.parametrize('examples', [8, 95, 240, 1000, 4430])
@pytest.mark.parametrize('most', [1, 3, 8])
def test_a_program_never_runs_over_a_report(experiment, examples, most):
    way = course(experiment, examples, most)
    at, dispatches = 0, 0
    while at < way.total:
        updates = way.updates_from(at)
        assert updates in (1, way.dispatch)
        assert not any(way.reports_at(step) for step in range(at + 1, at + updates))
        at, dispatches = at + updates, dispatches + 1
    assert at == way.total
    assert way.validates_at(at)
    assert dispatches <= way.total


def test_convolutions_are_dispatched_one_by_one_on_a_cpu(experiment):
    assert course(experiments.build('genre_cnn2d'), 500).dispatch == 1
    assert course(experiment, 240).dispatch > 1


def test_reports_are_at_most_24_steps_apart():
    way = Course(examples=1000, total=300, between=100, report=24, dispatch=8)
    reports = [step for step in range(1, 301) if way.reports_at(step)]
    assert max(b - a for a, b in zip([0, *reports], reports, strict=False)) == 24
    assert {100, 200, 300} <= set(reports)


def test_steps_of_different_lengths_are_dispatched_one_by_one(experiment):
    bucketed = dataclasses.replace(experiment, data=dataclasses.replace(experiment.data, buckets=2))
    assert course(bucketed, 240, most=8).dispatch == 1
