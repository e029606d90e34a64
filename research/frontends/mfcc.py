"""Mel-frequency cepstral coefficients."""

import dataclasses
import functools
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from research.bounds import Count, Index
from research.errors import UserError
from research.frontends.log_mel import LogMel


@functools.cache
def cosines(n_mels: int, n_mfcc: int, lifter: int) -> Float[np.ndarray, '{n_mels} {n_mfcc}']:
    """The first columns of the orthonormal DCT-II, each times its lifter."""
    order = np.arange(n_mfcc)
    basis = np.cos(np.pi * order * (2 * np.arange(n_mels)[:, None] + 1) / (2 * n_mels))
    basis *= np.where(order == 0, np.sqrt(1 / n_mels), np.sqrt(2 / n_mels))
    if lifter:
        basis *= 1 + lifter / 2 * np.sin(np.pi * (order + 1) / lifter)
    return basis.astype(np.float32)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MFCC(LogMel):
    """The first coefficients of the cosine transform of mel energies in decibels.

    Davis and Mermelstein, "Comparison of parametric representations for monosyllabic word
    recognition in continuously spoken sentences", 1980.

    Attributes:
        n_mfcc: coefficients, from the zeroth.
        lifter: L of the factor 1 + L / 2 sin(pi (n + 1) / L) on coefficient n (Juang, Rabiner and
            Wilpon, "On the use of bandpass liftering in speech recognition", 1987); 0: none.

    Raises:
        UserError: more coefficients than mel bands.
    """

    axis: ClassVar[str] = 'coefficient'
    unit: ClassVar[str] = 'dB'

    n_mfcc: Count = 20
    lifter: Index = 0

    def __post_init__(self):
        super().__post_init__()
        if self.n_mfcc > self.n_mels:
            raise UserError(
                f'n_mfcc={self.n_mfcc} with n_mels={self.n_mels}: n_mfcc <= n_mels is wanted'
            )

    def features(
        self, spectrum: Complex[Array, '*batch frames bins']
    ) -> Float[Array, '*batch frames features']:
        basis = cosines(self.n_mels, self.n_mfcc, self.lifter)
        levels = super().features(spectrum)
        return jnp.matmul(levels, basis, precision=jax.lax.Precision.HIGHEST)
