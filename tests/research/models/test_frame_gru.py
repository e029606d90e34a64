import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from research.models import FrameGRU

jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})
MODEL = FrameGRU(outputs=5, widths=(6, 4))
X = jax.random.bernoulli(jax.random.PRNGKey(3), 0.5, (2, 8, 5)).astype(jnp.float32)


@functools.cache
def variables() -> Any:
    return jit(MODEL.init)(jax.random.PRNGKey(0), X, jnp.array([8, 8]))


def test_a_frame_is_told_from_all_before_it_and_from_nothing_else():
    apply: Any = jit(MODEL.apply)
    logits, lengths = apply(variables(), X, jnp.array([8, 6]))
    assert (logits.shape, lengths.tolist()) == ((2, 8, 5), [8, 6])
    for place in range(8):
        other, _ = apply(variables(), X.at[:, place].set(1 - X[:, place]), jnp.array([8, 6]))
        same = np.all(np.asarray(other == logits), axis=-1)
        assert same[:, : place + 1].all()
        assert not same[0, place + 1 :].any()


def test_the_first_frame_is_told_from_silence():
    apply: Any = jit(MODEL.apply)
    logits, _ = apply(variables(), X, jnp.array([8, 8]))
    silent, _ = apply(variables(), jnp.zeros((1, 8, 5)), jnp.array([8]))
    np.testing.assert_array_equal(logits[:, 0], np.broadcast_to(silent[0, 0], (2, 5)))
