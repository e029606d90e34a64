"""Features of the examples of a part: the front-end runs over a few recordings at a time.

Recordings of like rate and length are a chunk, and every chunk is of one shape, so that few
programs are compiled and an example's features do not depend on who reads them, or when.
"""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int16, Int32

from research.batches import Features
from research.clips import heard
from research.corpora import Corpus
from research.examples import Examples
from research.experiment import Experiment, sound
from research.frontends import FrontEnd, resample
from research.tokens import View

RECORDS_AT_ONCE = 8
Extracted = tuple[Float[Array, 'examples time features'], Int[Array, ' examples']]


class Chunk(NamedTuple):
    """Some recordings of like rate, of which like lengths are used.

    Attributes:
        rate_hz: of all of them.
        size: no fewer samples than are used of any of them.
        slices: no fewer than any record of the part has.
        records: positions in the corpus, RECORDS_AT_ONCE at most.
        examples: positions in the part, for each record.
    """

    rate_hz: int
    size: int
    slices: int
    records: list[int]
    examples: list[Int[np.ndarray, ' slices']]

    @property
    def places(self) -> Int[np.ndarray, ' examples']:
        """The part's examples in the order in which `extract` gives them."""
        return np.concatenate(self.examples)


class Read(NamedTuple):
    """A chunk's samples, and where its slices lie in them."""

    audio: Int16[np.ndarray, 'records samples']
    starts: Int32[np.ndarray, 'records slices']
    lengths: Int32[np.ndarray, 'records slices']


def chunks(corpus: Corpus, examples: Examples, rate_hz: int) -> list[Chunk]:
    """All of a part, whose slices are at `rate_hz`, each record in one chunk."""
    records, counts = np.unique(examples.record, return_counts=True)
    used = _used(corpus, examples, rate_hz)
    by_record = np.argsort(examples.record, kind='stable')
    own = dict(zip(records.tolist(), np.split(by_record, np.cumsum(counts)[:-1]), strict=True))
    alike: dict[tuple[int, int], list[int]] = {}
    for record, samples in zip(records.tolist(), used.tolist(), strict=True):
        size = _rounded_up(samples)
        alike.setdefault((int(corpus.rates_hz[record]), size), []).append(record)
    found = []
    for (source_hz, size), members in sorted(alike.items()):
        for first in range(0, len(members), RECORDS_AT_ONCE):
            some = members[first : first + RECORDS_AT_ONCE]
            found.append(
                Chunk(source_hz, size, int(counts.max()), some, [own[each] for each in some])
            )
    return found


def read(corpus: Corpus, examples: Examples, chunk: Chunk) -> Read:
    """A chunk's samples from disk, without what is past the last slice that is used of each."""
    shape = RECORDS_AT_ONCE, chunk.slices
    audio = np.zeros((RECORDS_AT_ONCE, chunk.size), np.int16)
    starts, lengths = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    for row, (record, own) in enumerate(zip(chunk.records, chunk.examples, strict=True)):
        [samples] = corpus.audio([record])
        samples = samples[: chunk.size]
        audio[row, : len(samples)] = samples
        starts[row, : len(own)] = examples.start[own]
        lengths[row, : len(own)] = examples.samples[own]
    return Read(audio, starts, lengths)


def extract(experiment: Experiment, chunk: Chunk, found: Read) -> Extracted:
    """Features and valid frames of a chunk's examples, in the order of `chunk.places`."""
    frontend = sound(experiment)
    size = round(experiment.data.slice_s * frontend.rate_hz)
    used = len(chunk.records)
    x, lengths = _features(*found, used, source_hz=chunk.rate_hz, frontend=frontend, size=size)
    taken = np.concatenate(
        [row * chunk.slices + np.arange(len(own)) for row, own in enumerate(chunk.examples)]
    )
    return rows((x.reshape(-1, *x.shape[2:]), lengths.reshape(-1)), taken)


def resident(experiment: Experiment, corpus: Corpus, examples: Examples) -> Features:
    """Every example's features, or tokens, on the device."""
    if isinstance(experiment.frontend, View):
        targets = jax.tree.map(jnp.asarray, examples.target)
        return Features(targets['tokens'], jnp.asarray(examples.samples, jnp.int32), targets)
    own = chunks(corpus, examples, sound(experiment).rate_hz)
    pieces = [extract(experiment, chunk, read(corpus, examples, chunk)) for chunk in own]
    order = np.argsort(sequence(own))
    inputs, lengths = rows(tuple(map(jnp.concatenate, zip(*pieces, strict=True))), order)
    return Features(inputs, lengths, jax.tree.map(jnp.asarray, examples.target))


@jax.jit
def rows(columns: Any, chosen: Int[Array | np.ndarray, ' chosen']) -> Any:
    """Those rows of a tree of columns: one program, where indexing each would be several."""
    return jax.tree.map(lambda column: column[chosen], columns)


def sequence(own: list[Chunk]) -> Int[np.ndarray, ' examples']:
    """The part's examples in the order in which its chunks hold them."""
    return np.concatenate([chunk.places for chunk in own])


def chunk_bytes(experiment: Experiment, corpus: Corpus, examples: Examples) -> int:
    """What no chunk of a part exceeds on the device before the front-end.

    Samples as int16 and as float32, those at the front-end's rate, and slices of them.
    """
    rate_hz = sound(experiment).rate_hz
    records, counts = np.unique(examples.record, return_counts=True)
    used = _used(corpus, examples, rate_hz)
    longest = max(map(_rounded_up, np.unique(used).tolist()))
    seconds = used / corpus.rates_hz[records]
    slices = int(counts.max()) * round(experiment.data.slice_s * rate_hz)
    return RECORDS_AT_ONCE * (6 * longest + 4 * math.ceil(seconds.max() * rate_hz) + 4 * slices)


def _used(corpus: Corpus, examples: Examples, rate_hz: int) -> Int[np.ndarray, ' records']:
    """First samples of each record, sorted, on which the slices of it depend."""
    records, row = np.unique(examples.record, return_inverse=True)
    stops = np.zeros(len(records), np.int64)
    np.maximum.at(stops, row, examples.start + examples.samples)
    return np.minimum(heard(stops, corpus.rates_hz[records], rate_hz), corpus.samples[records])


@functools.partial(jax.jit, static_argnames=('source_hz', 'frontend', 'size'))
def _features(
    audio: Int16[Array, 'records samples'],
    starts: Int[Array, 'records slices'],
    lengths: Int[Array, 'records slices'],
    used: Int[Array, ''] | int,
    *,
    source_hz: int,
    frontend: FrontEnd,
    size: int,
) -> tuple[Float[Array, 'records slices time features'], Int[Array, 'records slices']]:
    """Of the first `used` records; what stands for the others is never taken."""

    def of_one(audio, starts, lengths):
        wave, _ = resample(audio.astype(jnp.float32) / 32768.0, source_hz, frontend.rate_hz)
        wave = jnp.pad(wave, (0, size))
        slices = jax.vmap(lambda s: jax.lax.dynamic_slice(wave, (s,), (size,)))(starts)
        return frontend(slices, lengths)

    chunk = audio, starts, lengths
    if jax.default_backend() != 'cpu':
        return jax.vmap(of_one)(*chunk)

    # One by one the spectra of a record stay in the cache, and a chunk that is not full costs less.
    def put(row, found):
        own = of_one(*(each[row] for each in chunk))
        return jax.tree.map(lambda all_rows, one: all_rows.at[row].set(one), found, own)

    shapes = jax.eval_shape(jax.vmap(of_one), *chunk)
    empty = jax.tree.map(lambda like: jnp.zeros(like.shape, like.dtype), shapes)
    return jax.lax.fori_loop(0, used, put, empty)


def _rounded_up(samples: int) -> int:
    """The next of eight sizes an octave: few programs are compiled, little is padded."""
    quantum = 2 ** max(math.floor(math.log2(max(samples, 1))) - 3, 0)
    return -(-samples // quantum) * quantum
