"""Tokens of several fields, whose logits lie side by side."""

import itertools
from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float


def split(logits: Float[Array, '*batch outputs'], sizes: Sequence[int]) -> list[Array]:
    """The logits of each field, of which there are so many."""
    return jnp.split(logits, [*itertools.accumulate(sizes)][:-1], axis=-1)
