"""Workers that share a grid, as real processes."""

import json
import os
import signal
import time

import pytest

from tests import forked
from tests.test_grids import results

pytestmark = pytest.mark.slow

SWEPT = (
    '--experiment=genre_mlp',
    '--corpus=corpus_styles',
    '--wandb=off',
    '--set=model.widths=16,8',
    '--set=steps=12',
    '--sweep=seed=0:4',
    '--stack=off',
)


def until(process, reached):
    """Waits for what a process is to reach while it runs."""
    deadline = time.monotonic() + forked.PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def held(runs_dir):
    """Processes that hold a run, by what their claims say."""
    found = {}
    for path in runs_dir.glob('genre_mlp/*/claim/*.json'):
        if text := path.read_text():  # else it was taken this moment, and not written yet
            found[json.loads(text)['pid']] = path.parent.parent
    return found


def test_two_workers_share_a_grid_and_one_that_is_killed_is_started_again(launch, fork, tmp_path):
    undisturbed = tmp_path / 'one'
    flags = *SWEPT, f'--runs_dir={tmp_path / "two"}'
    driver = launch(*flags, '--workers=2')
    until(driver, lambda: len(held(tmp_path / 'two')) == 2)
    os.kill(min(held(tmp_path / 'two')), signal.SIGKILL)
    assert fork(*SWEPT, f'--runs_dir={undisturbed}').end().code == 0
    code, out, err = driver.end()
    assert (code, err) == (0, '')
    assert out.count('was ended by SIGKILL; it is started again') == 1
    assert '4 runs: 4 done' in out.splitlines()[-1]
    assert len(results(undisturbed)) == 4
    assert results(tmp_path / 'two') == results(undisturbed)
    assert {line.split('  ')[0] for line in out.splitlines() if line.startswith('worker')} == {
        'worker 1',
        'worker 2',
    }


def test_a_signal_is_handed_on_to_the_workers_which_save_their_runs(launch, tmp_path):
    flags = *SWEPT, '--set=steps=100000', f'--runs_dir={tmp_path}', '--workers=2'
    driver = launch(*flags)
    until(driver, lambda: len(list(tmp_path.glob('genre_mlp/*/metrics.jsonl'))) == 2)
    driver.send_signal(signal.SIGTERM)
    code, out, _ = driver.end()
    assert code == 143
    assert out.count('the same command goes on there') == 2
    assert len(list(tmp_path.glob('genre_mlp/*/checkpoints/latest/*.json'))) == 2
    assert '4 runs: 2 stopped, 2 waiting' in out


@pytest.mark.parametrize('worker', ['2', '0/2', '3/2', 'a/b'])
def test_a_worker_is_one_of_so_many(launch, tmp_path, worker):
    ended = launch(*SWEPT, f'--runs_dir={tmp_path}', f'--worker={worker}').end()
    assert ended.code == 2
    assert ended.err == f"error: --worker={worker}: '2/4' is wanted, the second of four\n"
