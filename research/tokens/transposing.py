"""Music in another key: how far it can be moved, and pitches moved as far as that."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

PITCHES = 128


def within(sounding: Bool[Array, ' keys'], semitones: Int[Array, '']) -> Int[Array, '']:
    """As many of the semitones as leave every key that sounds among the keys; 0 where none does."""
    lowest, highest = jnp.argmax(sounding), len(sounding) - 1 - jnp.argmax(sounding[::-1])
    bounded = jnp.clip(semitones, -lowest, len(sounding) - 1 - highest)
    return jnp.where(jnp.any(sounding), bounded, 0)


def moved(
    pitches: Int[Array, ' tokens'], there: Bool[Array, ' tokens'], semitones: Int[Array, '']
) -> Int[Array, ' tokens']:
    """The pitches that are there all moved alike, within MIDI's; what else stands there stays."""
    sounding = (
        jnp.zeros(PITCHES, bool).at[jnp.where(there, pitches, PITCHES)].set(True, mode='drop')
    )
    return jnp.where(there, pitches + within(sounding, semitones), pitches)
