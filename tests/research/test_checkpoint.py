import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research import checkpoint
from research.restore import CheckpointError
from tests.research.states import bits, names, same, state

ROOT = Path(checkpoint.__file__).parents[1]


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
