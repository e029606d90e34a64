"""The short-time Fourier transform, and what all front-ends that begin with it share."""

import abc
import dataclasses
import functools
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from research.bounds import Count, Positive
from research.errors import UserError, unknown
from research.frontends import framing
from research.lengths import valid

# Periodic generalised cosine windows: a - (1 - a) * cos(2 pi n / N). Harris, "On the use of windows
# for harmonic analysis with the discrete Fourier transform", 1978.
WINDOWS = {'hann': 0.5, 'hamming': 0.54, 'ones': 1.0}
PAD_MODES = ('constant', 'reflect')


@functools.cache
def cosine_window(name: str, length: int) -> Float[np.ndarray, ' {length}']:
    a = WINDOWS[name]
    values = a - (1 - a) * np.cos(2 * np.pi * np.arange(length) / length)
    return values.astype(np.float32)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spectral(abc.ABC):
    """A front-end over windowed spectra.

    With `center`, frame t is centred on sample t * hop of the signal padded with n_fft // 2 samples
    at both ends. Without, it holds the samples [t * hop, t * hop + win_length): frames are counted
    by win_length, as in tf.signal.stft; librosa, which counts by n_fft, gives the same magnitudes
    for a signal with (n_fft - win_length) / 2 zeros put at both ends.

    Attributes:
        rate_hz: rate of the samples it takes.
        n_fft: length of the transform; samples of a frame past win_length are zero.
        hop: samples from one frame to the next.
        win_length: samples under the window; None: n_fft.
        window: 'hann', 'hamming' (both periodic) or 'ones'.
        center: whether the signal is padded so that frames are centred.
        pad_mode: what `center` pads with: 'constant' (zeros) or 'reflect'.
        frames: keep the first so many, filled up with zeros; None: all.

    Raises:
        UserError: an unknown window or pad mode, or a window longer than n_fft.
    """

    rate_hz: Count = 22050
    n_fft: Count = 2048
    hop: Count = 512
    win_length: Count | None = None
    window: str = 'hann'
    center: bool = True
    pad_mode: str = 'constant'
    frames: Count | None = None

    def __post_init__(self):
        if self.window not in WINDOWS:
            raise UserError(unknown('window', self.window, WINDOWS))
        if self.pad_mode not in PAD_MODES:
            raise UserError(unknown('pad_mode', self.pad_mode, PAD_MODES))
        if not 2 <= self.width <= self.n_fft:
            raise UserError(
                f'win_length={self.width} with n_fft={self.n_fft}: '
                '2 <= win_length <= n_fft is wanted'
            )

    @abc.abstractmethod
    def features(
        self, spectrum: Complex[Array, '*batch frames bins']
    ) -> Float[Array, '*batch frames features']:
        """Features of a spectrum that is zero past its valid frames."""

    @property
    def width(self) -> int:
        """Samples under the window."""
        return self.n_fft if self.win_length is None else self.win_length

    def __call__(
        self, samples: Float[Array, '*batch samples'], lengths: Int[Array, '*batch'] | None = None
    ) -> tuple[Float[Array, '*batch frames features'], Int[Array, '*batch']]:
        """Samples to features, as `FrontEnd` has it.

        Raises:
            UserError: too few samples for a single frame.
        """
        samples, lengths = framing.begin(samples, lengths)
        size = samples.shape[-1]
        # Centred frames reach n_fft // 2 to either side, which for an odd n_fft is one too few.
        needed = self.n_fft % 2 if self.center else self.width
        frames = framing.count(size, needed, self.hop)
        framing.at_least_one(frames, size, f'center={self.center} needs {max(needed, 1)}')
        if self.center:
            before = self.n_fft // 2 - (self.n_fft - self.width) // 2
            total = (frames - 1) * self.hop + self.width
            samples = framing.pad(samples, lengths, before, total, self.pad_mode)
        cut = framing.cut(samples, self.width, self.hop, frames)
        spectrum = jnp.fft.rfft(cut * cosine_window(self.window, self.width), n=self.n_fft)
        lengths = framing.count(lengths, needed, self.hop)
        spectrum = jnp.where(valid(lengths, frames)[..., None], spectrum, 0)
        return framing.finish(self.features(spectrum), lengths, self.frames)


@dataclasses.dataclass(frozen=True, kw_only=True)
class STFT(Spectral):
    """Magnitude of the short-time Fourier transform, raised to a power: n_fft // 2 + 1 bins.

    Attributes:
        power: 1.0 for magnitudes, 2.0 for energies.
    """

    axis: ClassVar[str] = 'frequency bin'
    unit: ClassVar[str] = 'magnitude'

    power: Positive = 1.0

    def features(
        self, spectrum: Complex[Array, '*batch frames bins']
    ) -> Float[Array, '*batch frames features']:
        return energy(spectrum) if self.power == 2 else jnp.abs(spectrum) ** self.power


def energy(spectrum: Complex[Array, '*shape']) -> Float[Array, '*shape']:
    """Squared magnitude."""
    return spectrum.real**2 + spectrum.imag**2
