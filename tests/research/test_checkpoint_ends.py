"""Saves that a kill or a full disk breaks off leave the checkpoints before."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from research import checkpoint
from research.checkpoint import Checkpoints
from research.restore import CheckpointError, restore
from tests.research.states import names, same, state

ROOT = Path(checkpoint.__file__).parents[1]


def save_and_wait(saves: Checkpoints, step: int) -> None:
    saves.save(step, state(step))
    saves.wait()


SAVER = """
import sys
from pathlib import Path
import jax, jax.numpy as jnp
from research.checkpoint import Checkpoints

like = {str(i): jnp.zeros(200_000) for i in range(8)}
saves = Checkpoints(Path(sys.argv[1]))
found = saves.restore_latest(like)
step = found[0] if found else 0
if found:
    assert all((x == step).all() for x in found[1].values()), 'wrong values'
print('ready', step, flush=True)
while True:
    step += 1
    saves.save(step, {name: x + step for name, x in like.items()})
"""


def saver(folder: Path) -> tuple[subprocess.Popen[str], int]:
    environment = os.environ | {'JAX_PLATFORMS': 'cpu'}
    process = subprocess.Popen(
        [sys.executable, '-W', 'error', '-c', SAVER, folder],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    word, step = process.stdout.readline().split()
    assert word == 'ready'
    return process, int(step)


@pytest.mark.slow
def test_process_killed_while_saving_resumes_from_a_good_checkpoint(tmp_path, lines):
    rng, seen = random.Random(0), 0
    like = {str(i): jnp.zeros(200_000) for i in range(8)}
    for _ in range(3):
        process, step = saver(tmp_path)
        assert step >= seen
        time.sleep(rng.uniform(0.1, 0.6))
        process.send_signal(signal.SIGKILL)
        assert process.communicate()[0] == ''
        found = restore(tmp_path, like, 'latest', report=lines.append)
        assert lines == []
        if found is not None:
            seen, tree = found
            assert all((x == seen).all() for x in tree.values())
    assert seen > 0


@pytest.mark.skipif(os.geteuid() != 0, reason='mounting a file system takes root')
def test_full_disk_is_one_clear_line_and_leaves_the_checkpoints_before(tmp_path, capfd):
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', tmp_path], check=True)
    try:
        saves = Checkpoints(tmp_path)
        small = {'x': jax.random.normal(jax.random.key(1), (300_000,))}
        large = {'x': jax.random.normal(jax.random.key(2), (3_000_000,))}
        saves.save(1, small)
        with pytest.raises(CheckpointError) as failed:
            saves.save(2, large)
        line = str(failed.value)
        assert '\n' not in line
        assert 'checkpoint of step 2 was not written' in line
        assert 'the disk is full (12,000,000 bytes needed, ' in line
        assert 'last good checkpoint: step 1' in line
        assert names(tmp_path / 'latest') == ['00000001', '00000001.sha256.json']
        assert same(saves.restore_latest(small), 1, small)
        saves.save(2, small)
        saves.close()
        assert same(Checkpoints(tmp_path).restore_latest(small), 2, small)
        assert capfd.readouterr() == ('', '')
    finally:
        subprocess.run(['umount', tmp_path], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason='mounting a file system takes root')
# Orbax closes the event loop that its unfinished writes would report to.
@pytest.mark.filterwarnings('ignore::pytest.PytestUnraisableExceptionWarning')
@pytest.mark.parametrize('free', [0, 4096, 20_000, 60_000])
def test_disk_that_fills_up_while_saving_leaves_the_checkpoint_before(tmp_path, monkeypatch, free):
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', tmp_path], check=True)
    try:
        saves = Checkpoints(tmp_path)
        saves.save(1, state(1))
        saves.wait()
        usage = shutil.disk_usage(tmp_path)
        (tmp_path / 'filler').write_bytes(bytes((usage.free - free) // 4096 * 4096))
        monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage)
        with pytest.raises(CheckpointError, match=r'step 2 was not written.*the disk is full'):
            save_and_wait(saves, 2)
        assert same(saves.restore_latest(state(0)), 1, state(1))
        (tmp_path / 'filler').unlink()
        saves.save(2, state(2))
        assert same(saves.restore_latest(state(0)), 2, state(2))
        saves.close()
    finally:
        subprocess.run(['umount', tmp_path], check=True)
