"""A search carried out; what trains is replaced by a closed form."""

import dataclasses
import math
import os
import signal

import numpy as np
import pytest

import experiments
from research import driver, ledger, overrides, planned, searching
from research.choosing import Chosen
from research.experiment import Experiment, network
from research.packing import How
from research.search import Range, Search

BASE = overrides.apply(experiments.build('genre_mlp'), ['data.corpus=drawn', 'steps=90'])
AXES = (
    Range('optimizer.learning_rate', 1e-5, 1e-1, log=True),
    Range('model.dropout', 0.0, 0.5),
)
SEARCH = Search(BASE, AXES, trials=9, rungs=3, keep=3)


def dropout(experiment: Experiment) -> float:
    return vars(network(experiment))['dropout']


def goodness(experiment: Experiment) -> float:
    """Best at a learning rate of 1e-3 and a dropout of 0.2."""
    apart = math.log10(experiment.optimizer.learning_rate) + 3
    return round(1 - 0.1 * abs(apart) - abs(dropout(experiment) - 0.2), 6)


@pytest.fixture
def world(drawn, tmp_path, monkeypatch):
    """Trains by `goodness`, longer budgets a little better; the test part says the opposite."""
    corpus, tried, stops, fails = drawn([(8000, 1.0)] * 6), [], set(), set()

    def resolve(grid):
        found = []
        for member in grid.members:
            made = overrides.apply(member.experiment, member.change)
            chosen = Chosen(made, corpus, False)
            entry = ledger.Entry(member.label, member.change, chosen.run(tmp_path))
            found.append(planned.Planned(entry, chosen))
        return found

    def train(chosen, runs_dir, **rest):
        if len(tried) in stops:
            stops.clear()
            os.kill(os.getpid(), signal.SIGTERM)
            return 143
        made = chosen.experiment
        tried.append((made.optimizer.learning_rate, dropout(made), made.steps))
        if len(tried) in fails:
            raise ValueError('no such luck')
        place, good = chosen.run(tmp_path), goodness(made)
        place.directory.mkdir(parents=True)
        parts = {
            'valid': {'item_accuracy': good, 'slice_accuracy': good},
            'test': {'item_accuracy': -good, 'slice_accuracy': -good},
        }
        place.finish({'status': 'finished', **parts})
        return 0

    monkeypatch.setattr(driver.start, 'train', train)

    def go(search=SEARCH):
        how = How(wandb='off', stack='off')
        return searching.train(search, BASE, resolve, tmp_path, how)

    return go, tried, stops, fails


def test_the_best_by_validation_of_each_rung_are_trained_longer(world, capsys):
    go, tried, _, _ = world
    assert go() == 0
    rungs = [tried[:9], tried[9:12], tried[12:]]
    assert [{steps for *_, steps in rung} for rung in rungs] == [{10}, {30}, {90}]
    points = [[(rate, dropout) for rate, dropout, _ in rung] for rung in rungs]

    def good(point):
        changed = overrides.apply(
            BASE, [f'optimizer.learning_rate={point[0]}', f'model.dropout={point[1]}']
        )
        return goodness(changed)

    assert sorted(points[1], key=good) == sorted(points[0], key=good)[-3:]
    assert points[2] == [max(points[0], key=good)]
    [best] = [line for line in capsys.readouterr().out.splitlines() if line.startswith('best')]
    rate, dropout = points[2][0]
    sets = f'--set=optimizer.learning_rate={rate} --set=model.dropout={dropout}'
    assert best == f'best      --experiment=genre_mlp {sets}'


def test_the_command_of_the_best_asks_for_all_else_that_the_search_was_asked_for(world, capsys):
    go, _, _, _ = world
    asked = ('steps=90', 'model.widths=16,8', 'corpus=audio_folder:my birds')
    assert go(dataclasses.replace(SEARCH, given=asked)) == 0
    [best] = [line for line in capsys.readouterr().out.splitlines() if line.startswith('best')]
    assert best.startswith(
        "best      --experiment=genre_mlp '--corpus=audio_folder:my birds' --set=steps=90 "
        '--set=model.widths=16,8 --set=optimizer.learning_rate='
    )


def test_a_search_that_was_stopped_goes_on_and_trains_nothing_twice(world, capsys):
    go, tried, stops, _ = world
    stops |= {4}
    assert go() == 143
    assert go() == 0
    assert len(tried) == len(set(tried)) == 13
    assert go() == 0
    assert len(tried) == 13


def test_a_stop_between_two_rungs_is_said_and_begins_no_other(world, monkeypatch, capsys):
    go, tried, _, _ = world
    real = searching.promoted

    def promoted(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(searching, 'promoted', promoted)
        assert go() == 130
    assert len(tried) == 9
    said = capsys.readouterr().out
    assert said.count(driver.LEAVING) == 1
    assert f'SIGINT: {SEARCH.name}: the same command goes on\n' in said
    assert go() == 0
    assert len(tried) == 13


def test_a_trial_that_fails_is_left_behind(world):
    go, tried, _, fails = world
    fails |= {2, 5}
    assert go() == 0
    failed = {tried[place - 1][:2] for place in (2, 5)}
    assert not failed & {each[:2] for each in tried[9:]}


def test_a_search_of_which_all_fails_says_so(world, capsys):
    go, _, _, fails = world
    fails |= {*range(20)}
    assert go() == 1
    assert 'no trial reached the end' in capsys.readouterr().out


def test_later_waves_look_where_earlier_ones_found_something(world):
    go, tried, _, _ = world
    search = dataclasses.replace(SEARCH, trials=60, rungs=1, waves=6)
    assert go(search) == 0
    apart = [abs(math.log10(rate) + 3) + abs(dropout - 0.2) for rate, dropout, _ in tried]
    assert np.mean(apart[30:]) < 0.7 * np.mean(apart[:10])


def test_numbers_are_drawn_evenly_by_logarithm_and_within_their_ends():
    sampler = searching.Sampler(Search(BASE, AXES, trials=300, rungs=1))
    drawn = [overrides.apply(BASE, trial.change) for trial in sampler.ask(300)]
    rates = np.log10(np.array([float(each.optimizer.learning_rate) for each in drawn]))
    dropouts = np.array([*map(dropout, drawn)])
    assert rates.min() >= -5
    assert rates.max() <= -1
    assert 0 <= dropouts.min() <= dropouts.max() <= 0.5
    # Means of 300 even draws: 4 / sqrt(12 * 300) and an eighth of that are a standard deviation.
    assert abs(rates.mean() + 3) < 4 * 4 / math.sqrt(3600)
    assert abs(dropouts.mean() - 0.25) < 4 * 0.5 / math.sqrt(3600)


def test_a_plan_tells_rungs_and_cost():
    lines = searching.plan(SEARCH, BASE)
    assert lines[1:] == [
        'rung 1       9 trials  steps=10',
        'rung 2       3 trials  steps=30',
        'rung 3       1 trials  the whole budget',
        'all       as long as 3 runs of the whole budget',
    ]
