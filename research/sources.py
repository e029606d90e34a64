"""Where a step's examples come from: all of them on the device, or read from disk ahead of it.

Both give the same examples to the same steps. Where clips are what is resident, both give the same
bits on one device. Where features are, they were taken of samples that were not rounded to int16:
a streamed sample is off by half a step of int16, 2**-16, at most, and where no rate is changed by
nothing.
"""

import collections
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Int32

from research import batches, buckets, clips, features, order, reading
from research.batches import Clips, Features, Shortened
from research.buckets import Buckets
from research.corpora import Corpus
from research.course import Course
from research.errors import UserError
from research.examples import Examples
from research.experiment import Experiment, sound
from research.parallel import Devices
from research.reading import RESIDENT, THREADS, Choice, ahead
from research.runs import Run, read_json
from research.tokens import View

# Programs that may wait for the device, each with its own clips in the device's memory.
IN_FLIGHT = 2

Indices = Int32[np.ndarray, 'steps batch']


@runtime_checkable
class Source(Protocol):
    """The training part, step by step."""

    @property
    def shortest(self) -> int:
        """Valid samples of its shortest example."""
        ...

    def __call__(self, at: int, updates: int) -> tuple[Any, Indices]:
        """Data as the layout wants it, and where in them the examples of steps [at, at + updates)
        are."""
        ...

    def dispatched(self, sums: Any) -> None:
        """Told what the program that was given the last data will give."""
        ...

    def close(self) -> None: ...


class Resident:
    """All on the device."""

    def __init__(self, experiment: Experiment, examples: Examples, data: Any):
        """Args: `data` as `on_device` gives them, where the layout wants them."""
        self._experiment, self._samples = experiment, examples.samples
        self.shortest = int(examples.samples.min())
        self._buckets = dealt(experiment, examples)
        self.data = data

    def __call__(self, at: int, updates: int) -> tuple[Any, Indices]:
        chosen = self._chosen(self._experiment.seed, at, updates)
        return self._cut(self.data, chosen), chosen

    def together(
        self, data: Any, seeds: Sequence[int], at: Sequence[int], updates: int
    ) -> tuple[Any, Int32[np.ndarray, 'steps members batch']]:
        """The same for several runs, each with its own seed, from its own step on.

        Args:
            data: `self.data` as their layout wants them.
        """
        own = [self._chosen(seed, step, updates) for seed, step in zip(seeds, at, strict=True)]
        chosen = np.stack(own, axis=1)
        return self._cut(data, chosen), chosen

    def _chosen(self, seed: int, at: int, updates: int) -> Indices:
        size = self._experiment.batch_size
        return order.indices(seed, at, updates, size, len(self._samples), self._buckets)

    def _cut(self, data: Any, chosen: np.ndarray) -> Any:
        """No longer than the longest example that is chosen wants."""
        if self._buckets is None:
            return data
        return Shortened(data, self._buckets.size(int(self._samples[chosen].max())))

    def dispatched(self, sums: Any) -> None:
        pass

    def close(self) -> None:
        pass


class Streamed:
    """Read step by step, ahead of the device; each program is given the clips of its own steps.

    A step's examples follow from seed and step, so a resumed run only starts at another step. Every
    device is given all clips of a program, as it is given all of a resident part.
    """

    def __init__(
        self,
        experiment: Experiment,
        corpus: Corpus,
        examples: Examples,
        devices: Devices,
        way: Course,
        threads: int = THREADS,
    ):
        self._experiment, self._way, self._devices = experiment, way, devices
        self._threads = threads
        self.shortest = int(examples.samples.min())
        self._windows = clips.Windows(experiment, corpus, examples)
        self._buckets = dealt(experiment, examples)
        self._steps: Generator[Clips, None, None] | None = None
        self._next = 0
        self._in_flight: collections.deque[Any] = collections.deque()
        corpus.ready()

    def __call__(self, at: int, updates: int) -> tuple[Any, Indices]:
        if self._steps is None or self._next != at:
            self.close()
            buffer = self._way.dispatch + self._threads
            self._steps = ahead(range(at, self._way.total), self._read, buffer, self._threads)
        steps = [next(self._steps) for _ in range(updates)]
        self._next = at + updates
        rows = np.arange(updates * self._experiment.batch_size, dtype=np.int32)
        joined = jax.tree.map(lambda *columns: np.concatenate(columns), *steps)._replace(row=rows)
        if self._buckets is None:
            return self._devices.put(joined), rows.reshape(updates, -1)
        size = self._buckets.size(int(joined.lengths.max()))
        spare = round(self._experiment.data.slice_s * sound(self._experiment).rate_hz) - size
        joined = joined._replace(clips=joined.clips[:, : joined.clips.shape[1] - spare])
        return Shortened(self._devices.put(joined), size), rows.reshape(updates, -1)

    def dispatched(self, sums: Any) -> None:
        self._in_flight.append(sums)
        if len(self._in_flight) > IN_FLIGHT:
            jax.block_until_ready(self._in_flight.popleft())

    def close(self) -> None:
        if self._steps is not None:
            self._steps.close()

    def _read(self, step: int) -> Clips:
        seed, size = self._experiment.seed, self._experiment.batch_size
        [chosen] = order.indices(seed, step, 1, size, self._way.examples, self._buckets)
        return self._windows(chosen)


def dealt(experiment: Experiment, examples: Examples) -> Buckets | None:
    """The training part in buckets; None where all steps are of one length.

    Raises:
        UserError: there are to be buckets of windows of notes, which are of one length.
    """
    most = experiment.data.buckets
    if most > 1 and isinstance(experiment.frontend, View):
        raise UserError(f'data.buckets={most}: windows of notes are of one length: 1 is wanted')
    return buckets.deal(examples.samples, most) if most > 1 else None


def on_device(experiment: Experiment, corpus: Corpus, examples: Examples) -> Features | Clips:
    """Reads the examples' records and puts on the device what a step starts from."""
    if batches.hears_samples(experiment):
        return clips.whole(experiment, corpus, examples)
    return features.resident(experiment, corpus, examples)


def choose(
    wish: str,
    experiment: Experiment,
    corpus: Corpus,
    parts: Mapping[str, Examples],
    place: Run,
) -> Choice:
    """Whether a bound experiment's data are streamed: see `reading.choose`, which may raise.

    Tokens never are; UserError where that is wished for.
    """
    if isinstance(experiment.frontend, View):
        if wish == 'on':
            raise UserError(
                '--stream=on: notes lie on the device, whatever they take: leave it out'
            )
        return Choice(False, RESIDENT)
    begun = None
    if place.environment.is_file():
        begun = bool(read_json(place.environment).get('stream'))
    needed = resident_bytes(experiment, corpus, parts)
    return reading.choose(wish, needed, begun, batches.hears_samples(experiment))


def resident_bytes(experiment: Experiment, corpus: Corpus, parts: Mapping[str, Examples]) -> int:
    """What all parts take on the device where none is streamed, as items.csv has it.

    Features of every part, and the largest chunk on the way to them; where training hears samples,
    its clips in place of its features. Tokens are heard and told.
    """
    one = batches.example(experiment)
    if isinstance(experiment.frontend, View):
        return 2 * sum(map(len, parts.values())) * one.size * one.dtype.itemsize
    heard = {**parts}
    clips_bytes = 0
    if batches.hears_samples(experiment):
        clips_bytes = clips.whole_bytes(experiment, corpus, heard.pop('train'))
    chunk = max(features.chunk_bytes(experiment, corpus, part) for part in heard.values())
    return clips_bytes + sum(map(len, heard.values())) * one.size * one.dtype.itemsize + chunk


def streamed_bytes(
    experiment: Experiment, corpus: Corpus, parts: Mapping[str, Examples], way: Course
) -> int:
    """What streamed parts take on the device: clips of programs in flight, or the largest chunk."""
    width = clips.Windows(experiment, corpus, parts['train']).width
    chunk = max(features.chunk_bytes(experiment, corpus, parts[name]) for name in ('valid', 'test'))
    return max((IN_FLIGHT + 1) * way.dispatch * experiment.batch_size * width * 2, chunk)
