"""A token drawn from a network's logits."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, UInt32

Number = float | Float[Array, '']
Whole = int | Int[Array, '']


def sample(
    key: Key[Array, ''] | UInt32[Array, '2'],
    logits: Float[Array, ' labels'],
    temperature: Number = 1.0,
    top_k: Whole = 0,
    top_p: Number = 1.0,
) -> Int[Array, '']:
    """Draws one token; fit for `lax.scan` and `vmap`, and every argument may be traced.

    The logits are divided by the temperature; of the `top_k` most probable tokens the nucleus is
    kept: the smallest set of the most probable ones with at least `top_p` of their mass (Fan et
    al., "Hierarchical Neural Story Generation", 2018; Holtzman et al., "The Curious
    Case of Neural Text Degeneration", 2020, section 3.1). Of equals the lower token comes first.

    Args:
        key: used here alone.
        logits: of each token; -inf is never drawn.
        temperature: at least 0; 0 gives the most probable token.
        top_k: tokens kept; 0: all.
        top_p: mass kept, in (0, 1].

    Raises:
        ValueError: a number, where it is not traced, out of its range.
    """
    _judge(temperature, top_k, top_p)
    order = jnp.argsort(-logits, stable=True)
    tiny = jnp.finfo(logits.dtype).tiny
    scaled = (logits[order] - jnp.max(logits)) / jnp.maximum(temperature, tiny)
    rank = jnp.arange(len(logits))
    kept = (rank < top_k) | (jnp.asarray(top_k) == 0)
    mass = jax.nn.softmax(jnp.where(kept, scaled, -jnp.inf))
    # The mass before a token, so that the one that reaches top_p is kept. Rounding may let the sum
    # reach 1 too early: nothing is cut there.
    kept &= (jnp.cumsum(mass) - mass < top_p) | (jnp.asarray(top_p) >= 1)
    drawn = jax.random.categorical(key, jnp.where(kept | (rank == 0), scaled, -jnp.inf))
    return order[jnp.where(jnp.asarray(temperature) > 0, drawn, 0)]


def _judge(temperature: Number, top_k: Whole, top_p: Number) -> None:
    if isinstance(temperature, float | int) and not temperature >= 0:
        raise ValueError(f'temperature {temperature}: at least 0 is wanted')
    if isinstance(top_k, int) and top_k < 0:
        raise ValueError(f'top_k {top_k}: at least 0 is wanted; 0 keeps all tokens')
    if isinstance(top_p, float | int) and not 0 < top_p <= 1:
        raise ValueError(f'top_p {top_p}: above 0 and at most 1 is wanted; 1 keeps all tokens')
