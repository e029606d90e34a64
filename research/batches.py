"""From arrays on the device to a batch.

Where nothing random comes before the front-end it runs once and the features stay on the device
(`Features`); otherwise the clips do and the front-end runs in every step (`Clips`).
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int16, UInt32

from research.augment import Mixup, RandomCrop, Transpose
from research.experiment import Experiment, sound
from research.tokens import Transposable, View

# Inputs, their valid frames, and what the loss is given.
Batch = tuple[Array, Int[Array, ' batch'], Any]


class Features(NamedTuple):
    """Examples after the front-end, or tokens.

    Attributes:
        inputs: [examples, time, features].
        lengths: valid frames of each.
        targets: a tree of arrays with an entry for each.
    """

    inputs: Float[Array, 'examples time features'] | Int[Array, 'examples time fields']
    lengths: Int[Array, ' examples']
    targets: Any


class Clips(NamedTuple):
    """Clips before the front-end, at its rate, and where examples lie in them.

    Attributes:
        clips: whole recordings, or windows of them.
        ends: of each recording, counted from where its clip begins.
        row: clip of each example.
        start: of each example in its clip.
        lengths: valid samples of each example.
        targets: a tree of arrays with an entry for each example.
    """

    clips: Int16[Array | np.ndarray, 'clips samples']
    ends: Int[Array | np.ndarray, ' clips']
    row: Int[Array | np.ndarray, ' examples']
    start: Int[Array | np.ndarray, ' examples']
    lengths: Int[Array | np.ndarray, ' examples']
    targets: Any


@functools.partial(jax.tree_util.register_dataclass, data_fields=['data'], meta_fields=['samples'])
@dataclasses.dataclass(frozen=True)
class Shortened:
    """Examples of which a step is to hear the beginning: a program is compiled for each length.

    Attributes:
        data: whole.
        samples: no fewer than the valid ones of any example of the step.
    """

    data: Features | Clips
    samples: int


def hears_samples(experiment: Experiment) -> bool:
    """Whether something random comes before the front-end, which then runs in every step."""
    return any(each.domain in ('start', 'samples') for each in experiment.augment)


def fetch(
    experiment: Experiment,
    data: Features | Clips | Shortened,
    indices: Int[Array, ' batch'] | Int[np.ndarray, ' batch'],
    keys: UInt32[Array, 'batch 2'] | None,
) -> Batch:
    """Inputs, their valid frames and targets; augmented where there is a key per example."""
    if isinstance(data, Shortened):
        slice_s = data.samples / sound(experiment).rate_hz
        heard = dataclasses.replace(experiment.data, slice_s=slice_s)
        return fetch(dataclasses.replace(experiment, data=heard), data.data, indices, keys)
    if isinstance(data, Features):
        frames = example(experiment).shape[0]
        x, lengths = data.inputs[indices][:, :frames], data.lengths[indices]
    else:
        size = round(experiment.data.slice_s * sound(experiment).rate_hz)
        x, lengths = _cut(experiment, data, indices, size, keys)
        x = _augment(experiment, 'samples', x, lengths, keys)
        x, lengths = sound(experiment)(x, lengths)
    x = _augment(experiment, 'features', x, lengths, keys)
    targets = jax.tree.map(lambda each: jnp.asarray(each)[indices], data.targets)
    if keys is not None and any(isinstance(each, Transpose) for each in experiment.augment):
        x = _transposed(experiment, x, lengths, keys)
        targets |= {'tokens': x}
    return x, lengths, targets


def example(experiment: Experiment) -> jax.ShapeDtypeStruct:
    """Frames and features, or tokens and fields, of one example: what a model is given of it."""
    view = experiment.frontend
    if isinstance(view, View):
        return jax.ShapeDtypeStruct((view.window, view.fields), jnp.dtype(view.dtype))
    size = round(experiment.data.slice_s * sound(experiment).rate_hz)
    one = jax.ShapeDtypeStruct((size,), jnp.float32)
    features, _ = jax.eval_shape(sound(experiment), one)
    return features


def _cut(experiment: Experiment, data: Clips, indices, size: int, keys):
    row, start, lengths = (
        jnp.asarray(each)[indices] for each in (data.row, data.start, data.lengths)
    )
    if keys is not None:
        latest = jnp.maximum(data.ends[row] - lengths, 0)
        for position, crop in enumerate(experiment.augment):
            if isinstance(crop, RandomCrop):
                own = jax.vmap(jax.random.fold_in, (0, None))(keys, position)
                rate_hz = sound(experiment).rate_hz
                shift = jax.vmap(functools.partial(crop.offset, rate_hz=rate_hz))(own)
                start = jnp.clip(start + shift, 0, latest)
    x = jax.vmap(lambda r, s: jax.lax.dynamic_slice(data.clips, (r, s), (1, size))[0])(row, start)
    return x.astype(jnp.float32) / 32768.0, lengths


def _augment(experiment: Experiment, domain: str, x, lengths, keys):
    if keys is None:
        return x
    for position, each in enumerate(experiment.augment):
        if each.domain == domain and not isinstance(each, RandomCrop | Mixup | Transpose):
            own = jax.vmap(jax.random.fold_in, (0, None))(keys, position)
            x = jax.vmap(each)(own, x, lengths)
    return x


def _transposed(experiment: Experiment, x, lengths, keys):
    view = experiment.frontend
    assert isinstance(view, Transposable), f'{view} has no keys'
    for position, each in enumerate(experiment.augment):
        if isinstance(each, Transpose):
            own = jax.vmap(jax.random.fold_in, (0, None))(keys, position)
            x = jax.vmap(view.transposed)(x, lengths, jax.vmap(each.shift)(own))
    return x
