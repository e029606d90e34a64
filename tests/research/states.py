"""Trees as a run would save them, and whether what comes back is the same."""

from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax


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


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
