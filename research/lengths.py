"""Which entries of a padded array are valid."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int


def valid(lengths: Int[Array, '*batch'], size: int) -> Bool[Array, '*batch {size}']:
    """True where an entry lies within its example's length."""
    return jnp.arange(size) < lengths[..., None]
