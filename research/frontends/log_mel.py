"""Mel energies in decibels."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from research.bounds import Positive
from research.frontends.mel import Mel


@dataclasses.dataclass(frozen=True, kw_only=True)
class LogMel(Mel):
    """10 log10(energy / ref) of each mel band.

    Attributes:
        ref: energy that is 0 dB.
        amin: energies below count as this much, so that silence stays finite.
        top_db: what lies further below the example's loudest value is raised to there (over all its
            valid frames, also those that `frames` then drops); None: nothing is.
    """

    axis: ClassVar[str] = 'mel band'
    unit: ClassVar[str] = 'dB'

    ref: Positive = 1.0
    amin: Positive = 1e-10
    top_db: Positive | None = 80.0

    def features(
        self, spectrum: Complex[Array, '*batch frames bins']
    ) -> Float[Array, '*batch frames features']:
        energies = jnp.maximum(super().features(spectrum), self.amin)
        levels = 10 * jnp.log10(energies) - 10 * np.log10(max(self.ref, self.amin))
        if self.top_db is None:
            return levels
        loudest = levels.max(axis=(-2, -1), keepdims=True)
        return jnp.maximum(levels, loudest - self.top_db)
