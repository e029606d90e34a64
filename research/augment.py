"""Random changes of training examples, on the device.

Each works on ONE example (Mixup on two); the loop maps it over a batch with a key per example, so
that what an example becomes does not depend on how a batch is laid out over devices. Strengths may
be traced scalars, so that runs of different strengths train as one program: nothing branches on
them. Where the strength is 0, the example is unchanged to the bit; what lies past its length always
is.
"""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from research.bounds import FiniteValue, Index, NonNegativeValue, Scalar
from research.mixup import Mixup

RandomKey = Key[Array, ''] | UInt32[Array, '2']
_BLOCK = 1024


@dataclasses.dataclass(frozen=True)
class RandomCrop:
    """Begins a training slice elsewhere than on the grid of slices.

    It changes no samples: the loop adds `offset` to the slice's start before it takes the slice out
    of its recording, and keeps the start inside the recording.

    Attributes:
        shift_s: greatest shift in seconds, to either side.
    """

    shift_s: NonNegativeValue = 1.0

    domain: ClassVar[str] = 'start'

    def offset(self, key: RandomKey, rate_hz: int) -> Int[Array, '']:
        """Samples, uniform over the whole numbers of [-shift, shift], both ends included."""
        most = jnp.round(jnp.asarray(self.shift_s * rate_hz)).astype(jnp.int32)
        return _whole(key, 2 * most) - most


@dataclasses.dataclass(frozen=True)
class Gain:
    """Louder or softer by a level uniform in [-max_db, max_db) decibels.

    Attributes:
        max_db: greatest change.
    """

    max_db: NonNegativeValue = 6.0

    domain: ClassVar[str] = 'samples'

    def __call__(
        self, key: RandomKey, x: Float[Array, ' samples'], length: Int[Array, '']
    ) -> Float[Array, ' samples']:
        level_db = self.max_db * jax.random.uniform(key, minval=-1.0)
        return jnp.where(jnp.arange(len(x)) < length, x * 10 ** (level_db / 20), x)


@dataclasses.dataclass(frozen=True)
class Noise:
    """White Gaussian noise at a signal-to-noise ratio uniform in [min_snr_db, max_snr_db).

    The ratio is of mean squares over the valid samples; silence stays silent.

    Attributes:
        min_snr_db: the loudest noise.
        max_snr_db: the softest.
    """

    min_snr_db: FiniteValue = 10.0
    max_snr_db: FiniteValue = 40.0

    domain: ClassVar[str] = 'samples'

    def __call__(
        self, key: RandomKey, x: Float[Array, ' samples'], length: Int[Array, '']
    ) -> Float[Array, ' samples']:
        ratio_key, noise_key = jax.random.split(key)
        span_db = self.max_snr_db - self.min_snr_db
        snr_db = self.min_snr_db + span_db * jax.random.uniform(ratio_key)
        valid = jnp.arange(len(x)) < length
        power = jnp.sum(jnp.where(valid, x, 0) ** 2) / jnp.maximum(length, 1)
        noise = jnp.sqrt(power) * 10 ** (-snr_db / 20) * jax.random.normal(noise_key, x.shape)
        return jnp.where(valid, x + noise, x)


@dataclasses.dataclass(frozen=True)
class Speed:
    """Plays a slice faster or slower: pitch and tempo change together.

    Ko et al., "Audio Augmentation for Speech Recognition", 2015, with linear interpolation and a
    factor whose logarithm is uniform. Where a faster slice runs out it begins anew.

    Attributes:
        max_semitones: greatest change of pitch, to either side.
    """

    max_semitones: NonNegativeValue = 2.0

    domain: ClassVar[str] = 'samples'

    def __call__(
        self, key: RandomKey, x: Float[Array, ' samples'], length: Int[Array, '']
    ) -> Float[Array, ' samples']:
        factor = 2 ** (self.max_semitones * jax.random.uniform(key, minval=-1.0) / 12)
        # In blocks: a float32 does not tell a late sample from the middle of two.
        block, within = np.divmod(np.arange(len(x)), _BLOCK)
        whole = jnp.floor(_BLOCK * factor)
        rest = block * (_BLOCK * factor - whole) + within * factor
        place = block * whole.astype(jnp.int32) + jnp.floor(rest).astype(jnp.int32)
        size = jnp.maximum(length, 1)
        left, right = x[place % size], x[(place + 1) % size]
        between = left + (rest - jnp.floor(rest)) * (right - left)
        return jnp.where(jnp.arange(len(x)) < length, between, x)


@dataclasses.dataclass(frozen=True)
class SpecAugment:
    """Hides spans of frames and of bins: each masked value becomes the mean of the valid features.

    Park et al., "SpecAugment", 2019, section 2, without time warping; the defaults are its policy
    "LibriSpeech basic". There features have mean zero and masks write zeros: the mean does the same
    to features of any mean.

    Attributes:
        time_masks: spans of frames.
        max_time: greatest width in frames, at most the valid ones. A width is uniform over the
            whole numbers from 0 to that, a start over where the width fits into the valid frames.
        freq_masks: spans of bins.
        max_freq: greatest width in bins, drawn in the same way.
    """

    time_masks: Index = 1
    max_time: NonNegativeValue = 100.0
    freq_masks: Index = 1
    max_freq: NonNegativeValue = 27.0

    domain: ClassVar[str] = 'features'

    def __call__(
        self, key: RandomKey, x: Float[Array, 'frames bins'], length: Int[Array, '']
    ) -> Float[Array, 'frames bins']:
        frames, bins = x.shape
        time_key, freq_key = jax.random.split(key)
        in_time = spans(time_key, self.time_masks, self.max_time, length, frames)
        in_freq = spans(freq_key, self.freq_masks, self.max_freq, jnp.asarray(bins), bins)
        valid = (jnp.arange(frames) < length)[:, None]
        mean = jnp.sum(jnp.where(valid, x, 0)) / jnp.maximum(length * bins, 1)
        return jnp.where((in_time[:, None] | in_freq) & valid, mean, x)


@dataclasses.dataclass(frozen=True)
class Transpose:
    """Music in another key, moved by whole semitones that are uniform over [-semitones, semitones].

    Both ends are included. How tokens are moved their view knows, and by how many at most, so that
    none leaves its bounds.

    Attributes:
        semitones: greatest shift, up or down.
    """

    semitones: NonNegativeValue = 5.0

    domain: ClassVar[str] = 'tokens'

    def shift(self, key: RandomKey) -> Int[Array, '']:
        """Semitones."""
        most = jnp.round(jnp.asarray(self.semitones)).astype(jnp.int32)
        return _whole(key, 2 * most) - most


def spans(
    key: RandomKey, masks: int, widest: Scalar, extent: Int[Array, ''], size: int
) -> Bool[Array, ' {size}']:
    """True where an index in [0, size) lies in one of so many random spans inside [0, extent)."""
    width_key, start_key = jax.random.split(key)
    most = jnp.minimum(jnp.floor(jnp.asarray(widest)).astype(jnp.int32), extent)
    width = _whole(width_key, most, masks)
    start = _whole(start_key, extent - width, masks)
    index = jnp.arange(size)[:, None]
    return jnp.any((start <= index) & (index < start + width), axis=1)


def _whole(key: RandomKey, most: Int[Array, '*shape'], *shape: int) -> Int[Array, '*drawn']:
    """Uniform over the whole numbers of [0, most], which may be traced."""
    return jnp.floor(jax.random.uniform(key, shape) * (most + 1)).astype(jnp.int32)


Augmentation = RandomCrop | Speed | Gain | Noise | SpecAugment | Mixup | Transpose
KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (Gain, Mixup, Noise, RandomCrop, SpecAugment, Speed, Transpose)
}
