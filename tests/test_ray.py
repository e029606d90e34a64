"""Grids on a Ray cluster of two nodes, as real processes that are killed.

Where the environment variable AUDIOGRID_CLUSTERS is set: it takes minutes, and cores for two nodes.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import clusters
from tests.clusters import found, parent
from tests.forked import PATIENCE_S
from tests.test_workers import held, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec('ray'), reason='Ray is not installed'),
    pytest.mark.skipif(
        'AUDIOGRID_CLUSTERS' not in os.environ, reason='AUDIOGRID_CLUSTERS is not set'
    ),
]

NODES = """
import sys
from ray.cluster_utils import Cluster

made = Cluster(initialize_head=True, head_node_args={'num_cpus': 1, 'include_dashboard': False})
node = made.add_node(num_cpus=1)
print(made.address, flush=True)
if sys.stdin.readline():
    made.remove_node(node, allow_graceful=False)
    sys.stdin.read()
made.shutdown()
"""
SWEPT = (*clusters.SWEPT, '--sweep=seed=0:3')


@pytest.fixture(scope='module')
def undisturbed(fork, outcome, tmp_path_factory):
    return clusters.undisturbed(fork, outcome, tmp_path_factory.mktemp('undisturbed'), SWEPT)


@pytest.fixture
def cluster():
    """A process with a cluster of two nodes of a CPU each, and its address.

    A line to it kills the second node, its end stops the other.
    """
    own = subprocess.Popen(
        [sys.executable, '-c', NODES],
        env=os.environ | {'RAY_USAGE_STATS_ENABLED': '0'},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert own.stdin is not None
    assert own.stdout is not None
    address = own.stdout.readline().strip()
    yield own, f'--ray_address={address}'
    own.communicate()


def raylets():
    names = Path('/proc').glob('[0-9]*/comm')
    return {path.parent.name for path in names if path.read_text() == 'raylet\n'}


def test_a_grid_whose_node_and_worker_are_killed_equals_an_undisturbed_one(
    launch, cluster, undisturbed, outcome, tmp_path
):
    nodes, address = cluster
    driver = launch(*SWEPT, f'--runs_dir={tmp_path}', '--executor=ray', address)
    until(driver, lambda: len(held(tmp_path)) == 2)
    pids = set(held(tmp_path))
    print('kill', file=nodes.stdin, flush=True)
    until(driver, lambda: any(parent(pid) is None for pid in pids))
    [left] = (pid for pid in pids if parent(pid))
    os.kill(left, signal.SIGKILL)
    code, out, err = driver.end()
    assert (code, err) == (0, '')
    assert 'nodes: 2; workers: 2, each with 1 CPU\n' in out
    assert out.count('it is started again') == 2
    assert '3 runs: 3 done' in out.splitlines()[-1]
    assert found(tmp_path, outcome) == undisturbed
    assert not list(tmp_path.glob('grids/.seen-*'))


def test_runs_of_nodes_that_do_not_share_the_folder_are_fetched_and_go_on_after_a_stop_and_a_kill(
    launch, cluster, undisturbed, outcome, tmp_path
):
    here, there = tmp_path / 'here', tmp_path / 'there'
    _, address = cluster
    command = *SWEPT, f'--runs_dir={here}', '--executor=ray', address, f'--ray_runs_dir={there}'
    driver = launch(*command)
    until(driver, lambda: len(list(there.glob('*/genre_mlp/*/metrics.jsonl'))) == 2)
    assert not list(here.glob('genre_mlp/*'))
    driver.send_signal(signal.SIGTERM)
    code, out, err = driver.end()
    assert (code, err) == (143, '')
    assert '3 runs: 2 stopped, 1 waiting' in out
    assert out.count(': started') == 2
    assert not list(there.iterdir())
    driver = launch(*command)
    until(driver, lambda: there.exists() and any(held(each) for each in there.iterdir()))
    [pid, *_] = (pid for each in there.iterdir() for pid in held(each))
    above = parent(pid)
    assert above is not None
    os.kill(above, signal.SIGKILL)
    code, out, err = driver.end()
    assert (code, err) == (0, '')
    assert out.count('it is started again') == 1
    assert out.count('resumed at step') >= 2
    assert '3 runs: 3 done' in out.splitlines()[-1]
    assert found(here, outcome) == undisturbed
    assert not list(there.iterdir())


def test_a_cluster_is_started_where_none_is_named_and_is_gone_even_where_the_driver_is_killed(
    launch, undisturbed, outcome, tmp_path
):
    before = raylets()
    command = *SWEPT, f'--runs_dir={tmp_path}', '--executor=ray', '--checkpoint_every_s=1'
    driver = launch(*command)
    until(driver, lambda: held(tmp_path))
    [pid] = held(tmp_path)
    assert raylets() > before
    driver.kill()
    driver.end()
    patience = time.monotonic() + PATIENCE_S
    while parent(pid) or raylets() - before:
        assert time.monotonic() < patience
        time.sleep(0.1)
    code, out, err = launch(*command).end()
    assert (code, err) == (0, '')
    assert 'nodes: 1; workers: 1, each with ' in out
    assert '3 runs: 3 done' in out.splitlines()[-1]
    assert found(tmp_path, outcome) == undisturbed
    assert raylets() <= before
