"""Energies in bands of the mel scale."""

import dataclasses
import functools
from typing import Annotated, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from research.bounds import Bounds, Count, Positive
from research.errors import UserError
from research.frontends.stft import Spectral, energy

# Slaney, "Auditory Toolbox", version 2, 1998: linear up to 1 kHz at 200/3 Hz a mel, then
# logarithmic with 27 mel to a factor of 6.4.
LINEAR_HZ = 200 / 3
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / LINEAR_HZ
LOG_STEP = np.log(6.4) / 27


def hz_to_mel(hz: Float[np.ndarray, ' n'], htk: bool) -> Float[np.ndarray, ' n']:
    """Slaney's scale, or the HTK book's: 2595 log10(1 + hz / 700)."""
    if htk:
        return 2595 * np.log10(1 + hz / 700)
    log = BREAK_MEL + np.log(np.maximum(hz, BREAK_HZ) / BREAK_HZ) / LOG_STEP
    return np.where(hz < BREAK_HZ, hz / LINEAR_HZ, log)


def mel_to_hz(mel: Float[np.ndarray, ' n'], htk: bool) -> Float[np.ndarray, ' n']:
    if htk:
        return 700 * (10 ** (mel / 2595) - 1)
    log = BREAK_HZ * np.exp(LOG_STEP * (np.maximum(mel, BREAK_MEL) - BREAK_MEL))
    return np.where(mel < BREAK_MEL, mel * LINEAR_HZ, log)


@functools.cache
def filters(
    rate_hz: int, n_fft: int, n_mels: int, fmin_hz: float, fmax_hz: float, htk: bool
) -> Float[np.ndarray, 'bins {n_mels}']:
    """Triangles over the bins of a spectrum, each of area 1 over frequency in Hz.

    Neighbouring edges are equally far apart in mel. A band narrower than a bin may hold nothing.
    """
    lowest, highest = hz_to_mel(np.array([fmin_hz, fmax_hz]), htk)
    edges = mel_to_hz(np.linspace(lowest, highest, n_mels + 2), htk)
    low, peak, high = edges[:-2], edges[1:-1], edges[2:]
    bins = np.fft.rfftfreq(n_fft, 1 / rate_hz)[:, None]
    triangles = np.minimum((bins - low) / (peak - low), (high - bins) / (high - peak))
    return (np.maximum(triangles, 0) * 2 / (high - low)).astype(np.float32)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mel(Spectral):
    """Energy in each mel band.

    Attributes:
        n_mels: bands.
        fmin_hz: lower edge of the first band.
        fmax_hz: upper edge of the last band; None: half of rate_hz.
        htk: HTK's mel scale in place of Slaney's.

    Raises:
        UserError: edges that are not 0 <= fmin_hz < fmax_hz <= rate_hz / 2.
    """

    axis: ClassVar[str] = 'mel band'
    unit: ClassVar[str] = 'power'

    n_mels: Count = 128
    fmin_hz: Annotated[float, Bounds(least=0.0)] = 0.0
    fmax_hz: Positive | None = None
    htk: bool = False

    def __post_init__(self):
        super().__post_init__()
        if not 0 <= self.fmin_hz < self.top_hz <= self.rate_hz / 2:
            raise UserError(
                f'fmin_hz={self.fmin_hz:g} and fmax_hz={self.top_hz:g} with '
                f'rate_hz={self.rate_hz}: 0 <= fmin_hz < fmax_hz <= {self.rate_hz / 2:g} is wanted'
            )

    @property
    def top_hz(self) -> float:
        """Upper edge of the last band."""
        return self.rate_hz / 2 if self.fmax_hz is None else self.fmax_hz

    def features(
        self, spectrum: Complex[Array, '*batch frames bins']
    ) -> Float[Array, '*batch frames features']:
        bank = filters(self.rate_hz, self.n_fft, self.n_mels, self.fmin_hz, self.top_hz, self.htk)
        # By default an accelerator multiplies with 10 bits of mantissa or fewer.
        return jnp.matmul(energy(spectrum), bank, precision=jax.lax.Precision.HIGHEST)
