"""Noise of a wished spectrum, and what a place does to a sound on its way.

All in float64. Whatever is random comes from the generator that is passed.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Samples = Float[np.ndarray, ' samples']
Gain = Callable[[np.ndarray], np.ndarray]  # amplitude over frequency in Hz
_PIECE, _FADE = 1 << 17, 2048


def noise(rng: np.random.Generator, samples: int, rate_hz: int, gain: Gain) -> Samples:
    """Gaussian noise of RMS 1 whose amplitude spectrum is `gain`.

    Drawn in pieces of a few seconds as their own Fourier transforms. Where pieces meet, they are
    faded into one another by a sine and a cosine, which keeps the power of what is independent.
    """
    piece = min(_padded(samples + 2 * _FADE), _PIECE)
    hop = piece - _FADE
    height = gain(np.fft.rfftfreq(piece, 1 / rate_hz))
    height[0] = 0
    fade = np.sin(np.linspace(0, np.pi / 2, _FADE))
    count = -(-(samples + _FADE) // hop)
    sound = np.zeros(count * hop + _FADE)
    for first in range(0, count * hop, hop):
        drawn = rng.standard_normal((len(height), 2)).view(np.complex128)[:, 0]
        drawn *= height
        part = np.fft.irfft(drawn, piece)
        part[:_FADE] *= fade
        part[-_FADE:] *= fade[::-1]
        sound[first : first + piece] += part
    return level(sound[_FADE : _FADE + samples])


def level(sound: Samples, rms: float = 1.0) -> Samples:
    """The sound at that root mean square; silence stays silence."""
    heard = np.sqrt(np.mean(sound**2))
    return sound * (rms / heard) if heard else sound


def bump(centre_hz: float, octaves: float) -> Gain:
    """A gain of 1 at the centre that falls as a Gaussian over octaves to either side."""

    def gain(hertz: np.ndarray) -> np.ndarray:
        return np.exp(-0.5 * (np.log2(np.maximum(hertz, 1e-3) / centre_hz) / octaves) ** 2)

    return gain


def slow(rng: np.random.Generator, samples: int, rate_hz: int, hertz: float) -> Samples:
    """A smooth random walk about 0, of standard deviation about 1, that turns `hertz` a second."""
    knots = rng.standard_normal(int(np.ceil(2 * hertz * samples / rate_hz)) + 2)
    return np.interp(np.arange(samples) * (2 * hertz / rate_hz), np.arange(len(knots)), knots)


def far(
    sound: Samples,
    rate_hz: int,
    rng: np.random.Generator,
    *,
    lowpass_hz: float,
    decay_s: float,
    echo: float,
) -> Float[np.ndarray, ' longer']:
    """The sound as it arrives: duller, and with a tail of echoes.

    Args:
        sound: as it leaves.
        rate_hz: samples a second.
        rng: draws the echoes, as noise that decays exponentially (J. A. Moorer. About this
            reverberation business. Computer Music Journal 3(2), 1979).
        lowpass_hz: where 3 dB are lost, falling by 6 dB an octave.
        decay_s: time in which the echoes fall by 60 dB.
        echo: energy of the echoes, as a share of the direct sound's.

    Returns:
        The sound, longer by `decay_s`; the direct sound comes without delay.
    """
    tail = round(decay_s * rate_hz)
    response = rng.standard_normal(tail + 1) * 10 ** (-3 * np.arange(tail + 1) / (tail + 1))
    response[0] = 0
    response *= np.sqrt(echo / np.sum(response**2))
    response[0] = 1
    samples = len(sound) + tail
    padded = _padded(samples)
    hertz = np.fft.rfftfreq(padded, 1 / rate_hz)
    spectrum = np.fft.rfft(sound, padded) * np.fft.rfft(response, padded)
    spectrum /= 1 + 1j * hertz / lowpass_hz  # a pole: causal, so that nothing sounds beforehand
    return np.fft.irfft(spectrum, padded)[:samples]


def _padded(samples: int) -> int:
    """A length, not much above, that a Fourier transform is fast at: 5, 6, 7 or 8 times 2**n."""
    unit = 1 << max(0, samples.bit_length() - 3)
    return -(-samples // unit) * unit
