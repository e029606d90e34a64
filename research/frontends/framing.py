"""Cutting samples into frames, and which of them are valid.

Frame t holds the samples [t * hop, t * hop + width). Lengths count valid entries from the start.
"""

from typing import TypeVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.errors import UserError
from research.lengths import valid

Samples = TypeVar('Samples', int, Array)


def count(samples: Samples, width: int, hop: int) -> Samples:
    """Frames that lie wholly inside so many samples: 1 + (samples - width) // hop, or 0."""
    return (1 + (samples - width) // hop) * (samples >= max(width, 1))


def begin(
    samples: Float[Array, '*batch samples'], lengths: Int[Array, '*batch'] | None
) -> tuple[Float[Array, '*batch samples'], Int[Array, '*batch']]:
    """Samples with zeros past their lengths, and the lengths; None: all samples are valid."""
    if lengths is None:
        return samples, jnp.full(samples.shape[:-1], samples.shape[-1], jnp.int32)
    return jnp.where(valid(lengths, samples.shape[-1]), samples, 0), lengths.astype(jnp.int32)


def cut(
    samples: Float[Array, '*batch samples'], width: int, hop: int, frames: int
) -> Float[Array, '*batch {frames} {width}']:
    """The first frames; `samples` must hold (frames - 1) * hop + width or more.

    One gather, its indices computed in the program: it asks nothing of the hop, where joining
    shifted views of a reshaped signal wants one that divides the width.
    """
    return samples[..., hop * jnp.arange(frames)[:, None] + jnp.arange(width)]


def pad(
    samples: Float[Array, '*batch samples'],
    lengths: Int[Array, '*batch'],
    before: int,
    total: int,
    mode: str,
) -> Float[Array, '*batch {total}']:
    """`before` samples in front, then the signal, then as many as make `total`.

    Args:
        samples: zero past their lengths.
        lengths: valid samples of each example.
        before: samples to put in front.
        total: samples of the result; what is too many is cut off the end.
        mode: 'constant' puts zeros; 'reflect' mirrors the valid part about its first and its last
            sample, over and over where it is shorter than what is asked for, as numpy does.
    """
    if mode == 'constant':
        after = max(total - before - samples.shape[-1], 0)
        widths = [(0, 0)] * (samples.ndim - 1) + [(before, after)]
        return jnp.pad(samples, widths)[..., :total]
    period = jnp.maximum(2 * (lengths[..., None] - 1), 1)
    position = (jnp.arange(total) - before) % period
    return jnp.take_along_axis(samples, jnp.minimum(position, period - position), axis=-1)


def finish(
    features: Float[Array, '*batch frames features'],
    lengths: Int[Array, '*batch'],
    frames: int | None,
) -> tuple[Float[Array, '*batch kept features'], Int[Array, '*batch']]:
    """Zeros past the valid frames; then the first `frames`, with zeros where there are fewer."""
    features = jnp.where(valid(lengths, features.shape[-2])[..., None], features, 0)
    if frames is None:
        return features, lengths
    missing = max(frames - features.shape[-2], 0)
    widths = [(0, 0)] * (features.ndim - 2) + [(0, missing), (0, 0)]
    return jnp.pad(features, widths)[..., :frames, :], jnp.minimum(lengths, frames)


def at_least_one(frames: int, samples: int, wanted: str) -> int:
    """`frames`, unless there is none.

    Raises:
        UserError: an array too short for a single frame has no features.
    """
    if frames < 1:
        raise UserError(f'{samples} samples give no frame: {wanted}; give longer slices')
    return frames
