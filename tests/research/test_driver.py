"""How a driver takes packs apart; what trains is replaced by what writes results down."""

import os
import signal

import pytest

from research import claims, driver, grid, packing, runs, stacks
from research.interrupts import Interrupts
from research.packing import How, Pack
from research.renewal import renew

MEMBERS = 8  # as `members` has
PACKED = packing.packed


@pytest.fixture
def trained(members, tmp_path, monkeypatch):
    """Packs in the order in which they were tried, and who is to fail how, by size or by seed.

    By seed also a signal that comes while a run is scored.
    """
    tried, fails = [], {}

    def finish(chosen):
        place = chosen.run(tmp_path)
        place.directory.mkdir(parents=True, exist_ok=True)
        place.finish({'status': 'finished'})

    def signalled(chosen):
        if number := fails.get(f'signal {chosen.experiment.seed}'):
            os.kill(os.getpid(), number)

    def train_stack(stack, runs_dir, wandb, options, group):
        tried.append([each.experiment.seed for each in stack])
        for size, error in fails.items():
            if isinstance(size, int) and len(stack) >= size:
                raise error
        outcomes = [fails.get(f'seed {each.experiment.seed}') for each in stack]
        with Interrupts():
            for each in stack:
                signalled(each)
        for each, error in zip(stack, outcomes, strict=True):
            if error is None:
                finish(each)
        return outcomes

    def train(chosen, runs_dir, **rest):
        with Interrupts(print, 'it ends by itself') as interrupts:
            if interrupts.number:  # it came before the run began
                return 128 + interrupts.number
            tried.append([chosen.experiment.seed])
            if error := fails.get(f'alone {chosen.experiment.seed}'):
                raise error
            signalled(chosen)
            finish(chosen)
        return 0

    monkeypatch.setattr(driver.start, 'train_stack', train_stack)
    monkeypatch.setattr(driver.start, 'train', train)
    monkeypatch.setattr(
        packing, 'packed', lambda chosen, *_, **more: iter([Pack([*range(len(chosen))], 'all')])
    )
    return tried, fails


@pytest.fixture
def one_by_one(trained, monkeypatch):
    monkeypatch.setattr(
        packing, 'packed', lambda chosen, *_, **more: iter(Pack([i]) for i in range(len(chosen)))
    )


def drive(members, tmp_path):
    made = grid.Grid('some', ())
    return driver.train(made, members, tmp_path, How(wandb='off'))


def test_a_pack_that_the_device_finds_too_large_is_halved(members, trained, tmp_path, capsys):
    tried, fails = trained
    fails[3] = RuntimeError('RESOURCE_EXHAUSTED: Out of memory allocating 1 byte')
    assert drive(members, tmp_path) == 0
    assert tried == [[*range(8)], [0, 1, 2, 3], [0, 1], [2, 3], [4, 5, 6, 7], [4, 5], [6, 7]]
    assert capsys.readouterr().out.count('the stack failed (RESOURCE_EXHAUSTED') == 3


def test_of_a_stack_that_fails_the_runs_are_tried_one_by_one_and_one_fails_alone(
    members, trained, tmp_path
):
    tried, fails = trained
    fails[2] = ValueError('something unforeseen')
    fails['alone 5'] = ValueError('this one')
    assert drive(members, tmp_path) == 1
    assert tried == [[*range(8)], *([seed] for seed in range(8))]
    states = [each.entry.run.status() for each in members]
    assert states == ['finished'] * 5 + ['failed'] + ['finished'] * 2
    failure = runs.read_json(members[5].entry.run.failure)
    assert failure['reason'] == 'ValueError: this one'


def test_a_member_that_another_process_holds_is_asked_for_again(
    members, trained, tmp_path, monkeypatch
):
    tried, fails = trained
    fails['seed 3'] = claims.Claimed('held by another')
    monkeypatch.setattr(driver, 'LOOK_S', 0)
    assert drive(members, tmp_path) == 0
    assert tried == [[*range(8)], [3]]


def test_that_a_run_is_held_is_said_once_whether_its_training_met_it_or_a_look(
    members, trained, one_by_one, tmp_path, monkeypatch, capsys
):
    tried, fails = trained
    fails['alone 3'] = claims.Claimed('held by process 7')
    looks = iter([None, None, {'pid': 7, 'here': True}, {'pid': 7, 'here': True}])

    def holder(directory):
        found = next(looks, None) if directory == members[3].entry.run.directory else None
        if not found and tried.count([3]):
            fails.clear()
        return found

    monkeypatch.setattr(driver.claims, 'holder', holder)
    monkeypatch.setattr(driver, 'LOOK_S', 0)
    assert drive(members, tmp_path) == 0
    assert tried == [*([seed] for seed in range(8)), [3]]
    assert capsys.readouterr().out.count('held by process 7') == 1
    assert next(looks, 'all taken') == 'all taken'


def test_a_full_disk_ends_the_grid(members, trained, tmp_path):
    _, fails = trained
    fails[2] = OSError(28, 'No space left on device')
    with pytest.raises(OSError, match='No space left'):
        drive(members, tmp_path)


def test_a_stop_while_a_run_is_scored_lets_that_run_end_and_starts_no_other(
    members, trained, one_by_one, tmp_path, capsys
):
    tried, fails = trained
    fails['signal 1'] = signal.SIGTERM
    assert drive(members, tmp_path) == 143
    assert tried == [[0], [1]]
    *_, said, _, last = capsys.readouterr().out.splitlines()
    assert said == 'it ends by itself'
    assert last.startswith('SIGTERM: some: 8 runs: 2 done, 6 waiting (')
    assert last.endswith('); the same command goes on with the rest')
    fails.clear()
    assert drive(members, tmp_path) == 0
    assert tried == [[seed] for seed in range(MEMBERS)]


def test_a_stop_between_two_runs_is_said_and_starts_no_other(
    members, trained, one_by_one, tmp_path, monkeypatch, capsys
):
    tried, _ = trained
    real = driver.told

    def told(each):
        if each is members[2]:
            os.kill(os.getpid(), signal.SIGINT)
        return real(each)

    monkeypatch.setattr(driver, 'told', told)
    assert drive(members, tmp_path) == 130
    assert tried == [[0], [1]]
    out = capsys.readouterr().out
    assert out.count(driver.LEAVING) == 1
    assert 'SIGINT: some: 8 runs: 2 done, 6 waiting' in out


def test_that_it_is_measured_is_said_before_and_a_stop_there_ends_after_the_program_under_way(
    members, trained, tmp_path, monkeypatch, capsys
):
    tried, _ = trained
    real, compiled = stacks.steps.compile_steps, []

    def compile_steps(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        compiled.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(packing, 'packed', PACKED)
    monkeypatch.setattr(stacks.steps, 'compile_steps', compile_steps)
    assert drive(members, tmp_path) == 130
    assert (len(compiled), tried) == (1, [])
    first, said, why, _, last = capsys.readouterr().out.strip().splitlines()
    assert (
        first
        == 'stack     measuring whether 8 runs are faster one by one or stacked: both are compiled'
    )
    assert said == driver.LEAVING
    assert why == 'SIGINT: measured no further; the same command measures anew'
    assert last.startswith('SIGINT: some: 8 runs: 8 waiting (')


def test_a_stop_while_the_last_run_of_a_grid_is_scored_leaves_nothing_undone(
    members, trained, one_by_one, tmp_path
):
    tried, fails = trained
    fails[f'signal {MEMBERS - 1}'] = signal.SIGTERM
    assert drive(members, tmp_path) == 0
    assert len(tried) == MEMBERS


def test_a_stop_while_a_stack_is_scored_starts_no_other(members, trained, tmp_path, monkeypatch):
    tried, fails = trained
    pairs = [Pack([first, first + 1]) for first in range(0, MEMBERS, 2)]
    monkeypatch.setattr(packing, 'packed', lambda *_, **more: iter(pairs))
    fails['signal 3'] = signal.SIGTERM
    assert drive(members, tmp_path) == 143
    assert tried == [[0, 1], [2, 3]]


def test_what_is_to_be_trained_anew_is_set_aside_once_even_where_a_stack_is_halved(
    members, trained, tmp_path
):
    tried, fails = trained
    runs_before = [each.entry.run for each in members]
    for run in runs_before:
        run.directory.mkdir(parents=True)
        run.finish({'status': 'finished'})
    fails[3] = RuntimeError('RESOURCE_EXHAUSTED: Out of memory allocating 1 byte')
    renew(runs_before, force=True, retry_failed=False)
    assert drive(members, tmp_path) == 0
    assert [len(stack) for stack in tried] == [8, 4, 2, 2, 4, 2, 2]
    aside = tmp_path / 'genre_mlp' / '.replaced'
    assert len([*aside.iterdir()]) == MEMBERS


def test_what_failed_waits_until_it_is_to_be_tried_again(members, trained, tmp_path):
    tried, _ = trained
    run = members[2].entry.run
    run.directory.mkdir(parents=True)
    run.fail('for a reason', 3, None)
    assert drive(members, tmp_path) == 1
    assert [2] not in tried
    renew([run], force=False, retry_failed=True)
    assert drive(members, tmp_path) == 0
    assert tried[-1] == [2]
