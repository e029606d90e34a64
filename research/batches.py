"""From a prepared corpus to arrays on the device, and from those to a batch.

Where nothing random comes before the front-end it runs once and the features stay on the device
(`Features`); otherwise the clips do and the front-end runs in every step (`Clips`).
"""

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int16, UInt32

from research.augment import RandomCrop
from research.corpora import Corpus, Examples
from research.experiment import Experiment
from research.frontends import FrontEnd, resample

Batch = tuple[Float[Array, 'batch time features'], Int[Array, ' batch'], Int[Array, ' batch']]
RECORDS_AT_ONCE = 8


class Features(NamedTuple):
    """Examples after the front-end."""

    inputs: Float[Array, 'examples time features']
    lengths: Int[Array, ' examples']
    targets: Int[Array, ' examples']


class Clips(NamedTuple):
    """Whole clips before the front-end, at its rate, and where examples lie in them."""

    clips: Int16[Array, 'clips samples']
    ends: Int[Array, ' clips']
    row: Int[Array, ' examples']
    start: Int[Array, ' examples']
    lengths: Int[Array, ' examples']
    targets: Int[Array, ' examples']


def on_device(experiment: Experiment, corpus: Corpus, examples: Examples) -> Features | Clips:
    """Reads the examples' records and puts on the device what a step starts from."""
    rate_hz = experiment.frontend.rate_hz
    targets = jnp.asarray(examples.target)
    size = round(experiment.data.slice_s * rate_hz)
    if not hears_samples(experiment):
        extract = functools.partial(_features, frontend=experiment.frontend, size=size)
        inputs, lengths = _over_records(corpus, examples, rate_hz, extract)
        return Features(inputs, lengths, targets)
    records, row = np.unique(examples.record, return_inverse=True)
    ends = -(-corpus.samples[records] * rate_hz // corpus.rates_hz[records])
    # A slice longer than the clips, so that one near a clip's end is not moved back by XLA.
    clips = np.zeros((len(records), int(ends.max()) + size), np.int16)
    for position, record in enumerate(records):
        [audio] = corpus.audio([record])
        wave, _ = resample(jnp.asarray(audio) / 32768.0, int(corpus.rates_hz[record]), rate_hz)
        wave = np.clip(np.rint(np.asarray(wave) * 32768), -32768, 32767)
        clips[position, : ends[position]] = wave[: ends[position]]
    return Clips(
        jnp.asarray(clips),
        jnp.asarray(ends, jnp.int32),
        jnp.asarray(row, jnp.int32),
        jnp.asarray(examples.start, jnp.int32),
        jnp.asarray(examples.samples, jnp.int32),
        targets,
    )


def hears_samples(experiment: Experiment) -> bool:
    """Whether something random comes before the front-end, which then runs in every step."""
    return any(each.domain in ('start', 'samples') for each in experiment.augment)


def fetch(
    experiment: Experiment,
    data: Features | Clips,
    indices: Int[Array, ' batch'] | Int[np.ndarray, ' batch'],
    keys: UInt32[Array, 'batch 2'] | None,
) -> Batch:
    """Inputs, their valid frames and targets; augmented where there is a key per example."""
    if isinstance(data, Features):
        x, lengths = data.inputs[indices], data.lengths[indices]
    else:
        size = round(experiment.data.slice_s * experiment.frontend.rate_hz)
        x, lengths = _cut(experiment, data, indices, size, keys)
        x = _augment(experiment, 'samples', x, lengths, keys)
        x, lengths = experiment.frontend(x, lengths)
    x = _augment(experiment, 'features', x, lengths, keys)
    return x, lengths, data.targets[indices]


def shape(experiment: Experiment) -> tuple[int, int]:
    """Frames and features of one example."""
    size = round(experiment.data.slice_s * experiment.frontend.rate_hz)
    one = jax.ShapeDtypeStruct((size,), jnp.float32)
    features, _ = jax.eval_shape(experiment.frontend, one)
    return features.shape


def _cut(experiment: Experiment, data: Clips, indices, size: int, keys):
    row, start, lengths = data.row[indices], data.start[indices], data.lengths[indices]
    if keys is not None:
        latest = jnp.maximum(data.ends[row] - lengths, 0)
        for position, crop in enumerate(experiment.augment):
            if isinstance(crop, RandomCrop):
                own = jax.vmap(jax.random.fold_in, (0, None))(keys, position)
                rate_hz = experiment.frontend.rate_hz
                shift = jax.vmap(functools.partial(crop.offset, rate_hz=rate_hz))(own)
                start = jnp.clip(start + shift, 0, latest)
    x = jax.vmap(lambda r, s: jax.lax.dynamic_slice(data.clips, (r, s), (1, size))[0])(row, start)
    return x.astype(jnp.float32) / 32768.0, lengths


def _augment(experiment: Experiment, domain: str, x, lengths, keys):
    if keys is None:
        return x
    for position, each in enumerate(experiment.augment):
        if each.domain == domain and not isinstance(each, RandomCrop):
            own = jax.vmap(jax.random.fold_in, (0, None))(keys, position)
            x = jax.vmap(each)(own, x, lengths)
    return x


@functools.partial(jax.jit, static_argnames=('source_hz', 'frontend', 'size'))
def _features(
    audio: Int16[Array, 'records samples'],
    starts: Int[Array, 'records slices'],
    lengths: Int[Array, 'records slices'],
    *,
    source_hz: int,
    frontend: FrontEnd,
    size: int,
):
    wave, _ = resample(audio.astype(jnp.float32) / 32768.0, source_hz, frontend.rate_hz)
    wave = jnp.pad(wave, ((0, 0), (0, size)))

    def slices(one, begin):
        return jax.vmap(lambda s: jax.lax.dynamic_slice(one, (s,), (size,)))(begin)

    return frontend(jax.vmap(slices)(wave, starts), lengths)


def _over_records(
    corpus: Corpus, examples: Examples, rate_hz: int, extract: Callable
) -> tuple[Float[Array, 'examples time features'], Int[Array, ' examples']]:
    """`extract` over the records in groups of like rate and length, results in examples' order."""
    records = np.unique(examples.record)
    sizes = [(int(corpus.rates_hz[r]), _rounded_up(int(corpus.samples[r]))) for r in records]
    slices = int(np.bincount(examples.record).max())
    inputs, lengths, places = [], [], []
    for rate, size in sorted(set(sizes)):
        alike = [r for r, own in zip(records, sizes, strict=True) if own == (rate, size)]
        for first in range(0, len(alike), RECORDS_AT_ONCE):
            chunk = alike[first : first + RECORDS_AT_ONCE]
            audio = np.zeros((RECORDS_AT_ONCE, size), np.int16)
            starts = np.zeros((RECORDS_AT_ONCE, slices), np.int32)
            valid = np.zeros((RECORDS_AT_ONCE, slices), np.int32)
            taken = []
            for i, (record, samples) in enumerate(zip(chunk, corpus.audio(chunk), strict=True)):
                audio[i, : len(samples)] = samples
                own = np.flatnonzero(examples.record == record)
                starts[i, : len(own)] = examples.start[own]
                valid[i, : len(own)] = examples.samples[own]
                taken += [i * slices + j for j in range(len(own))]
                places += own.tolist()
            x, frames = extract(audio, starts, valid, source_hz=rate)
            inputs.append(x.reshape(-1, *x.shape[2:])[np.array(taken)])
            lengths.append(frames.reshape(-1)[np.array(taken)])
    order = np.argsort(np.array(places))
    return jnp.concatenate(inputs)[order], jnp.concatenate(lengths)[order]


def _rounded_up(samples: int) -> int:
    """The next of eight sizes an octave: few programs are compiled, little is padded."""
    quantum = 2 ** max(math.floor(math.log2(max(samples, 1))) - 3, 0)
    return -(-samples // quantum) * quantum
