"""Grids in the queue of SLURM: by submitit's own executor for one machine, and on a real one.

Where the environment variable AUDIOGRID_CLUSTERS is set; the latter where AUDIOGRID_SLURM is, too:
it wants root and slurm-wlm.
"""

import importlib.util
import json
import os
import signal
import subprocess

import pytest

from research.executors import slurm
from tests import clusters, one_node
from tests.clusters import found, parent
from tests.test_workers import held, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec('submitit'), reason='submitit is not there'),
    pytest.mark.skipif(
        'AUDIOGRID_CLUSTERS' not in os.environ, reason='AUDIOGRID_CLUSTERS is not set'
    ),
]

SWEPT = (*clusters.SWEPT, '--sweep=seed=0:2')


@pytest.fixture(scope='module')
def undisturbed(fork, outcome, tmp_path_factory):
    return clusters.undisturbed(fork, outcome, tmp_path_factory.mktemp('undisturbed'), SWEPT)


def test_a_job_that_is_told_of_its_limit_saves_its_run_and_goes_on_when_it_is_queued_again(
    data_dir, surroundings, undisturbed, outcome, tmp_path, monkeypatch
):
    import submitit

    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    executor = submitit.LocalExecutor(folder=tmp_path / 'jobs', max_num_timeout=3)
    executor.update_parameters(timeout_min=10, stderr_to_stdout=True)
    arguments = *SWEPT, f'--data_dir={data_dir}', f'--runs_dir={tmp_path}'
    [job] = slurm.submitted(executor, arguments, 1)
    until(job._process, lambda: list(tmp_path.glob('genre_mlp/*/metrics.jsonl')))
    # As SLURM does near the limit: to submitit's own process, which started the worker.
    [pid] = held(tmp_path)
    above = parent(pid)
    assert above is not None
    os.kill(above, signal.SIGUSR2)
    assert job.result() == 0
    assert 'SIGTERM: saved at step' in job.stdout()
    assert 'resumed at step' in job.stdout()
    assert found(tmp_path, outcome) == undisturbed


@pytest.mark.skipif('AUDIOGRID_SLURM' not in os.environ, reason='AUDIOGRID_SLURM is not set')
def test_a_grid_is_queued_requeued_left_alone_and_found_again(
    launch, undisturbed, outcome, tmp_path
):
    runs_dir, folder = tmp_path / 'runs', tmp_path / 'slurm'
    folder.mkdir()
    command = *SWEPT, f'--runs_dir={runs_dir}', '--executor=slurm', '--workers=2'
    with one_node.slurm(folder) as lead:
        driver = launch(*command, '--sbatch=time=30', '--sbatch=comment=tiny', **lead)
        until(driver, lambda: len(held(runs_dir)) == 2)
        [note] = runs_dir.glob('grids/*.slurm/array.json')
        array = json.loads(note.read_text())['array']
        warn = ['scancel', '--signal=USR2', f'{array}_0']
        subprocess.run(warn, env=os.environ | lead, check=True)
        driver.send_signal(signal.SIGTERM)
        code, out, err = driver.end()
        assert (code, err) == (143, '')
        assert f'2 jobs are queued as the array {array}' in out
        assert f'the array {array} goes on' in out
        code, out, err = launch(*command, **lead).end()
    assert (code, err) == (0, '')
    assert f'the array {array} is in the queue already' in out
    assert '2 runs: 2 done' in out.splitlines()[-1]
    assert found(runs_dir, outcome) == undisturbed
    said = [path.read_text() for path in note.parent.glob('*_0_log.out')]
    assert any('Requeued job' in each for each in said)
