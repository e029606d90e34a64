import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from research import checkpoint
from research.checkpoint import Checkpoints
from research.restore import CheckpointError, restore

ROOT = Path(checkpoint.__file__).parents[1]


class State(NamedTuple):
    step: jax.Array
    params: dict[str, Any]
    moments: Any
    key: jax.Array


def state(step: int) -> State:
    """All bits drawn, so that NaNs with a payload, infinities and denormals are among them."""
    draw = np.random.default_rng(step)
    bits = draw.integers(2**32, size=(7, 300), dtype=np.uint32)
    halves = draw.integers(2**16, size=50, dtype=np.uint16)
    params = {
        'dense': {
            'kernel': jax.lax.bitcast_convert_type(jnp.asarray(bits), jnp.float32),
            'half': jax.lax.bitcast_convert_type(jnp.asarray(halves), jnp.bfloat16),
        },
        'ids': jnp.asarray(draw.integers(-(2**31), 2**31, size=9, dtype=np.int32)),
        'mask': jnp.asarray(draw.integers(2, size=5, dtype=np.int32) > 0),
    }
    floats = params['dense']
    moments = optax.chain(optax.clip(1.0), optax.adamw(1e-3)).init(floats)
    return State(jnp.int32(step), params, moments, jax.random.PRNGKey(step))


def bits(tree: Any) -> list[tuple[str, tuple[int, ...], bytes]]:
    return [(str(x.dtype), x.shape, np.asarray(x).tobytes()) for x in jax.tree.leaves(tree)]


def same(found: tuple[int, Any] | None, step: int, tree: Any) -> bool:
    assert found is not None
    structures = jax.tree.structure(found[1]), jax.tree.structure(tree)
    return found[0] == step and structures[0] == structures[1] and bits(found[1]) == bits(tree)


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def saved(tmp_path, lines):
    """Makes Checkpoints and closes them in the end."""
    made = []

    def make(**given) -> Checkpoints:
        made.append(Checkpoints(tmp_path, report=lines.append, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()


def save_and_wait(saves: Checkpoints, step: int) -> None:
    saves.save(step, state(step))
    saves.wait()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def flip(file: Path, rng: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    file.write_bytes(content)


def test_round_trip_is_bit_exact(saved):
    saves = saved()
    saves.save(5, state(5))
    assert same(saves.restore_latest(state(0)), 5, state(5))


def test_restores_onto_shapes_alone(saved):
    saves = saved()
    saves.save(5, state(5))
    like = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), state(0))
    assert same(saves.restore_latest(like), 5, state(5))


def test_tree_may_be_donated_when_save_returns(saved):
    saves = saved()
    change = jax.jit(lambda x: x * 2 + 1, donate_argnums=0)
    for step in range(1, 9):
        x = jax.random.normal(jax.random.key(step), (500_000,))
        before = bits([x])
        saves.save(step, {'x': x})
        for _ in range(3):
            x = change(x)
        x.block_until_ready()
        assert bits(saves.restore_latest({'x': x})[1]) == before


def test_nothing_saved_is_none_for_latest_and_an_error_for_best(saved, lines):
    assert saved().restore_latest(state(0)) is None
    with pytest.raises(CheckpointError, match='no good best checkpoint of step 9 or before'):
        saved().restore_best(state(0), 9)
    assert lines == []


def test_flipped_bit_in_any_file_is_said_and_the_one_before_taken(tmp_path, saved, lines):
    rng = random.Random(0)
    saves = saved()
    for step in (1, 2):
        saves.save(step, state(step))
    saves.wait()
    newest, whole = tmp_path / 'latest' / '00000002', tmp_path / 'copy'
    shutil.copytree(newest, whole)
    files = [path.relative_to(whole) for path in whole.rglob('*') if path.is_file()]
    assert len(files) > 5
    for file in files:
        flip(newest / file, rng)
        assert same(saves.restore_latest(state(0)), 1, state(1))
        assert len(lines) == 1
        assert f'step 2 is damaged ({file.as_posix()} is not what was written)' in lines.pop()
        shutil.copy(whole / file, newest / file)
    assert same(saves.restore_latest(state(0)), 2, state(2))


def test_flipped_bit_in_a_manifest_is_damage(tmp_path, saved, lines):
    saves = saved()
    for step in (1, 2):
        saves.save(step, state(step))
    saves.wait()
    manifest = tmp_path / 'latest' / '00000002.sha256.json'
    whole = manifest.read_bytes()
    rng = random.Random(1)
    for _ in range(20):
        flip(manifest, rng)
        found = saves.restore_latest(state(0))
        # A bit of the white space between may flip without harm.
        step = 1 if lines else 2
        assert same(found, step, state(step))
        lines.clear()
        manifest.write_bytes(whole)


@pytest.mark.parametrize('harm', ['cut', 'gone', 'empty'])
def test_incomplete_file_is_damage(tmp_path, saved, lines, harm):
    saves = saved()
    for step in (1, 2):
        saves.save(step, state(step))
    saves.wait()
    files = [p for p in (tmp_path / 'latest' / '00000002').rglob('*') if p.is_file()]
    largest = max(files, key=lambda path: path.stat().st_size)
    if harm == 'gone':
        largest.unlink()
    else:
        os.truncate(largest, 0 if harm == 'empty' else largest.stat().st_size - 1)
    assert same(saves.restore_latest(state(0)), 1, state(1))
    assert 'latest checkpoint of step 2 is damaged' in lines[0]


def test_all_damaged_starts_from_the_beginning_and_says_so(tmp_path, saved, lines):
    saves = saved()
    for kind in ('latest', 'best'):
        saves.save(1, state(1), kind)
    saves.wait()
    for file in tmp_path.rglob('tree.json'):
        file.write_text('{}')
    assert saves.restore_latest(state(0)) is None
    assert len(lines) == 2
    assert 'starts from the beginning' in lines[1]
    with pytest.raises(CheckpointError, match='no good best checkpoint'):
        saves.restore_best(state(0), 1)


def test_course_taken_up_before_a_damaged_checkpoint_replaces_it(tmp_path, saved, lines):
    saves = saved()
    for step in (2, 4, 6):
        saves.save(step, state(step))
        saves.save(step, state(step), 'best')
    saves.wait()
    (tmp_path / 'latest' / '00000006' / 'tree.json').write_text('{}')
    assert saves.restore_latest(state(0))[0] == 4
    saves.save(5, state(50))
    assert same(saves.restore_latest(state(0)), 5, state(50))
    assert same(saves.restore_best(state(0), 9), 4, state(4))
    saves.save(6, state(60))
    assert same(saves.restore_latest(state(0)), 6, state(60))
    assert len(lines) == 1


def test_keeps_the_newest_and_for_each_the_best_there_was_then(tmp_path, saved):
    saves = saved(keep=2)
    for step in range(1, 13):
        if step in (1, 3, 4, 9):
            saves.save(step, state(step), 'best')
        if step % 3 == 2:
            saves.save(step, state(step))
        saves.wait()
        latest = [s for s in range(1, step + 1) if s % 3 == 2][-2:]
        best = [s for s in (1, 3, 4, 9) if s <= step]
        then = {max(b for b in best if b <= s) for s in latest} | {best[-1]}
        for kind, kept in (('latest', latest), ('best', sorted(then))):
            expected = [f'{s:08d}{end}' for s in kept for end in ('', '.sha256.json')]
            assert names(tmp_path / kind) == sorted(expected)
    assert same(saves.restore_best(state(0), 8), 4, state(4))
    assert same(saves.restore_best(state(0), 12), 9, state(9))
    assert saves.newest('latest') == 11


def test_other_tree_is_refused_in_one_line(saved):
    saves = saved()
    saves.save(1, {'a': jnp.zeros(3), 'b': {'c': jnp.zeros((2, 4), jnp.int32)}})
    with pytest.raises(CheckpointError) as refused:
        saves.restore_latest({'a': jnp.zeros(4), 'b': {'d': jnp.zeros((2, 4), jnp.int32)}})
    line = str(refused.value)
    assert '\n' not in line
    assert '`a` is float32[3] there, float32[4] wanted' in line
    assert '`b/c` is int32[2, 4] there, absent wanted' in line
    assert '`b/d` is absent there, int32[2, 4] wanted' in line


def test_tree_of_an_unknown_format_is_refused(tmp_path, saved):
    saves = saved()
    saves.save(1, state(1))
    saves.wait()
    path = tmp_path / 'latest' / '00000001'
    tree = json.loads((path / 'tree.json').read_text())
    (path / 'tree.json').write_text(json.dumps(tree | {'format': 99}))
    checkpoint.manifests.seal(path)
    with pytest.raises(CheckpointError, match='has format 99, this version reads 1'):
        saves.restore_latest(state(0))


@pytest.mark.parametrize('kind', [int, np.float32, jnp.asarray], ids=['int', 'numpy', 'weak'])
def test_leaf_that_would_come_back_different_is_refused(saved, kind):
    with pytest.raises(CheckpointError, match=r'`a/x` is a .* or weakly typed'):
        saved().save(1, {'a': {'x': kind(1)}})


def test_leftovers_are_swept_and_foreign_files_stay(tmp_path, saved):
    saves = saved()
    saves.save(1, state(1))
    saves.wait()
    latest, best = tmp_path / 'latest', tmp_path / 'best'
    whole = names(latest)
    shutil.copytree(latest / '00000001', latest / '00000002')
    shutil.copytree(latest / '00000001', latest / '00000003.writing.orbax-checkpoint-tmp')
    shutil.copytree(latest / '00000001', latest / '00000004.writing')
    shutil.copy(latest / '00000001.sha256.json', best / '00000005.sha256.json')
    (latest / '.00000006.sha256.json.12ab.tmp').touch()
    (latest / 'notes.txt').touch()
    (best / 'mine').mkdir()
    assert same(restore(tmp_path, state(0), 'latest'), 1, state(1))
    saved()
    assert names(latest) == [*whole, 'notes.txt']
    assert names(best) == ['mine']


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


def test_restores_onto_the_shardings_of_like(tmp_path):
    code = """
import sys
from pathlib import Path
import jax, jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec, SingleDeviceSharding
from research.checkpoint import Checkpoints

assert len(jax.devices()) == 8
mesh = Mesh(jax.devices(), ('batch',))
saves = Checkpoints(Path(sys.argv[1]))
placed = [NamedSharding(mesh, PartitionSpec('batch')), NamedSharding(mesh, PartitionSpec())]
placed += [SingleDeviceSharding(jax.devices()[3])]
x = jnp.arange(64.0).reshape(16, 4)
for step, (before, after) in enumerate((a, b) for a in placed for b in placed):
    saves.save(step, {'x': jax.device_put(x, before)})
    _, tree = saves.restore_latest({'x': jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=after)})
    assert tree['x'].sharding == after, (before, after)
    assert (jax.device_get(tree['x']) == jax.device_get(x)).all()
saves.close()
"""
    flags = '--xla_force_host_platform_device_count=8'
    environment = os.environ | {'JAX_PLATFORMS': 'cpu', 'XLA_FLAGS': flags}
    done = subprocess.run(
        [sys.executable, '-W', 'error', '-c', code, tmp_path],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
