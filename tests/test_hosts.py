"""Processes that train one run together, each with devices of its own."""

import json
import os
import signal
import socket

import numpy as np
import pytest

pytestmark = pytest.mark.slow

# Batch norm, dropout and augmentation: what differs where devices do not act as one.
CNN = (
    '--experiment=genre_cnn2d',
    '--corpus=corpus_styles',
    '--set=model.channels=4',
    '--set=model.kernels=3',
    '--set=model.dense=8',
    '--set=augment=SpecAugment,Mixup',
    '--set=batch_size=16',
    '--set=steps=12',
    '--set=eval_epochs=0.5',
    '--wandb=off',
    '--checkpoint_every_s=0',
)
# What is not optimized is compiled sooner, and comes to the same.
PLAIN = '--xla_backend_optimization_level=0'
TWO = {'XLA_FLAGS': f'{PLAIN} --xla_force_host_platform_device_count=2'}


@pytest.fixture
def joined(fork):
    """Starts processes that meet at a free port, each with one device."""

    def start(*flags, own=((), ())):
        with socket.create_server(('localhost', 0)) as free:
            port = free.getsockname()[1]
        meet = (f'--coordinator=localhost:{port}', f'--processes={len(own)}')
        return [
            fork(*flags, *meet, f'--process_id={i}', *more, XLA_FLAGS=PLAIN)
            for i, more in enumerate(own)
        ]

    return start


@pytest.fixture(scope='module')
def alone(fork, run_in, outcome, tmp_path_factory):
    """What one process with two devices comes to."""
    runs = tmp_path_factory.mktemp('alone')
    code, out, err = fork(*CNN, f'--runs_dir={runs}', **TWO).end()
    assert (code, err) == (0, ''), out
    return outcome(run_in(runs))


def records(runs) -> list[dict]:
    return [
        json.loads(line)
        for file in runs.glob('*/*/metrics.jsonl')
        for line in file.read_text().splitlines()
    ]


def test_two_processes_train_what_one_with_as_many_devices_does(
    joined, alone, run_in, outcome, tmp_path
):
    processes = joined(*CNN, f'--runs_dir={tmp_path}')
    assert [each.end().code for each in processes] == [0, 0]
    assert outcome(run_in(tmp_path)) == alone
    environment = json.loads((run_in(tmp_path) / 'environment.json').read_text())
    assert environment['device']['count'] == environment['device']['processes'] == 2


def test_stopped_by_a_signal_or_left_alone_by_a_kill_they_go_on_to_the_same_end(
    joined, alone, run_in, outcome, tmp_path
):
    runs = f'--runs_dir={tmp_path}'
    leader, follower = joined(*CNN, runs)
    leader.until(lambda: records(tmp_path))
    os.kill(leader.pid, signal.SIGTERM)
    assert [leader.end().code, follower.end().code] == [143, 143]
    leader, follower = joined(*CNN, runs)
    stood = len(records(tmp_path))
    leader.until(lambda: len(records(tmp_path)) > stood)
    os.kill(follower.pid, signal.SIGKILL)
    code, _, err = leader.end()
    assert code == 1
    assert 'error: another process of this run does not answer' in err
    follower.end()
    assert [each.end().code for each in joined(*CNN, runs)] == [0, 0]
    assert outcome(run_in(tmp_path)) == alone


def test_streamed_data_are_shared_out_as_those_on_the_device(joined, alone, tmp_path):
    processes = joined(*CNN, f'--runs_dir={tmp_path}', '--stream=on')
    assert [each.end().code for each in processes] == [0, 0]
    for ours, theirs in zip(records(tmp_path), alone['metrics'], strict=True):
        for score in theirs.keys() & {'loss', 'grad_norm'}:
            np.testing.assert_allclose(ours[score], theirs[score], 1e-5)


def test_processes_that_were_told_different_things_all_say_so(joined, tmp_path):
    runs = f'--runs_dir={tmp_path}'
    ends = [each.end() for each in joined(*CNN, runs, own=((), ('--seed=1',)))]
    assert [each.code for each in ends] == [2, 2]
    for each in ends:
        assert 'error: processes 0 and 1 differ in the experiment: ' in each.err
    assert not list(tmp_path.glob('*'))


def test_a_mistake_that_all_make_is_told_as_it_is(joined, tmp_path):
    runs = f'--runs_dir={tmp_path}'
    ends = [each.end() for each in joined(*CNN, runs, '--set=batch_size=15')]
    assert [each.code for each in ends] == [2, 2]
    for each in ends:
        assert 'batch_size=15 cannot be shared evenly by 2 devices' in each.err


@pytest.mark.parametrize(
    ('flags', 'told'),
    [
        (['--coordinator=localhost:1'], 'wants --processes=N and --process_id=0 to N-1'),
        (['--processes=2'], '--processes and --process_id want the --coordinator'),
        (['--coordinator=here', '--processes=2', '--process_id=0'], "'host:port' of process 0"),
        (['--coordinator=a:1', '--processes=2', '--process_id=2'], '0 to 1 are wanted'),
        (['--coordinator=auto', '--processes=2'], 'finds --processes and --process_id by itself'),
        (['--coordinator=a:1', '--sweep=seed=0:2'], 'trains one run over several hosts'),
    ],
)
def test_flags_that_make_no_sense_together_are_told(fork, tmp_path, flags, told):
    code, _, err = fork(*CNN, f'--runs_dir={tmp_path}', *flags).end()
    assert code == 2
    [line] = err.splitlines()
    assert told in line
