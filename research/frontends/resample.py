"""Change of the sample rate by a rational factor."""

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from research.errors import UserError
from research.frontends import framing
from research.lengths import valid

# Of the matrix of taps, 64 MiB. All pairs of common rates stay below 600 thousand.
MOST_ENTRIES = 2**24
# Outputs of one product at least, so that small factors do not make thin matrices.
LEAST_OUTPUTS = 64


class Polyphase(NamedTuple):
    """Block b of the output is the inputs [b * hop - before, b * hop - before + width) @ taps."""

    taps: Float[np.ndarray, 'width outputs']
    hop: int
    before: int


def factors(source_hz: int, target_hz: int) -> tuple[int, int]:
    """Up and down, without a common divisor."""
    if source_hz < 1 or target_hz < 1:
        raise UserError(f'{source_hz} Hz to {target_hz} Hz: both rates must be 1 Hz or more')
    common = math.gcd(source_hz, target_hz)
    return target_hz // common, source_hz // common


def low_pass(up: int, down: int) -> Float[np.ndarray, ' taps']:
    """Windowed-sinc filter at the upsampled rate: cut off at the lower of the two Nyquist rates.

    Kaiser's window with beta 5 over 10 zeros of the sinc to either side, sum of taps `up`
    (Oppenheim and Schafer, "Discrete-time signal processing", 3rd edition, section 7.5.3).
    """
    slower = max(up, down)
    offsets = np.arange(-10 * slower, 10 * slower + 1)
    taps = np.sinc(offsets / slower) * np.kaiser(len(offsets), 5.0)
    return up * taps / taps.sum()


@functools.cache
def polyphase(up: int, down: int) -> Polyphase:
    """Taps for blocks of outputs (Crochiere and Rabiner, "Multirate digital signal processing",
    1983, section 3.3), as a matrix: zeros where an input is out of an output's reach.

    Raises:
        UserError: the matrix would be too large.
    """
    blocks = -(-LEAST_OUTPUTS // up)
    outputs, hop = blocks * up, blocks * down
    reach = 10 * max(up, down)
    # Output r lies at r * down on the upsampled axis, input j at j * up.
    first = -(reach // up)
    last = ((outputs - 1) * down + reach) // up
    width = last - first + 1
    if width * outputs > MOST_ENTRIES:
        raise UserError(
            f'resampling by {up}/{down} takes a matrix of {width} x {outputs}, more than '
            f'{MOST_ENTRIES} entries: choose rates with a larger common divisor'
        )
    offset = np.arange(outputs) * down - np.arange(first, last + 1)[:, None] * up
    taps = low_pass(up, down)[np.clip(offset + reach, 0, 2 * reach)]
    return Polyphase(np.where(abs(offset) <= reach, taps, 0).astype(np.float32), hop, -first)


def resample(
    samples: Float[Array, '*batch samples'],
    source_hz: int,
    target_hz: int,
    lengths: Int[Array, '*batch'] | None = None,
) -> tuple[Float[Array, '*batch resampled'], Int[Array, '*batch']]:
    """Samples at another rate; equal to scipy.signal.resample_poly.

    Args:
        samples: at source_hz; outside and past the lengths they count as zeros.
        source_hz: rate of the samples.
        target_hz: rate wanted.
        lengths: valid samples of each example; None: all.

    Returns:
        ceil(samples * target_hz / source_hz) samples, zero past the lengths, and the lengths by the
        same formula.

    Raises:
        UserError: rates below 1 Hz, or so nearly coprime that the matrix of taps would have more
            than 2**24 entries.
    """
    up, down = factors(source_hz, target_hz)
    samples, lengths = framing.begin(samples, lengths)
    if up == down:
        return samples, lengths
    # Whole blocks and the rest apart: lengths * up may not fit into 32 bits.
    lengths = lengths // down * up + -(-(lengths % down) * up // down)
    size = -(-samples.shape[-1] * up // down)
    taps, hop, before = polyphase(up, down)
    width, outputs = taps.shape
    blocks = -(-size // outputs)
    after = max((blocks - 1) * hop + width - before - samples.shape[-1], 0)
    padded = jnp.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(before, after)])
    cut = framing.cut(padded, width, hop, blocks)
    product = jnp.matmul(cut, taps, precision=jax.lax.Precision.HIGHEST)
    resampled = product.reshape(*samples.shape[:-1], blocks * outputs)[..., :size]
    return jnp.where(valid(lengths, size), resampled, 0), lengths
