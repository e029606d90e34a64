"""A trained model over one long recording, in overlapping windows, without holding it whole.

Memory is that of a batch, whatever the recording's length: blocks of samples are taken as they are
needed, and what has been heard is let go.
"""

import functools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Float32, Int

from research.clips import resampled
from research.corpora import Corpus
from research.errors import UserError
from research.experiment import Experiment, Model, sound
from research.frontends import FrontEnd
from research.step import Weights
from research.tasks import Task

BLOCK_S = 60


class Window(NamedTuple):
    """A stretch of a recording.

    Attributes:
        start: first sample.
        samples: zeros past the recording's end.
        valid: how many of them the recording has.
    """

    start: int
    samples: Float32[np.ndarray, ' size']
    valid: int


class Heard(NamedTuple):
    """What a model says of some windows.

    Attributes:
        starts_s: of each.
        samples: valid ones of each, at the front-end's rate.
        said: what the task predicts, arrays [windows, ...].
    """

    starts_s: Float[np.ndarray, ' windows']
    samples: Int[np.ndarray, ' windows']
    said: dict[str, np.ndarray]


class Listener:
    """What a bound experiment's model says of a recording, window by window; one program for all.

    Args:
        experiment: bound; a window is `data.slice_s` long.
        weights: of its model.
        batch: windows at once.
    """

    def __init__(self, experiment: Experiment, weights: Weights, batch: int = 16):
        frontend = sound(experiment)
        self.rate_hz, self.batch = frontend.rate_hz, batch
        self.size = round(experiment.data.slice_s * self.rate_hz)
        self._weights = jax.device_put(weights)
        self._predict = functools.partial(
            _predictions, frontend=frontend, model=experiment.model, task=experiment.task
        )

    def __call__(
        self, blocks: Iterable[Float32[np.ndarray, ' samples']], hop_s: float | None = None
    ) -> Iterator[Heard]:
        """Batch by batch, in order of time; nothing where there is no sample.

        Args:
            blocks: consecutive samples in [-1, 1) at the front-end's rate, mono, of any sizes; each
                is asked for when the windows before it have been heard.
            hop_s: from the start of a window to that of the next; None: end to end.

        Raises:
            UserError: `hop_s` is below a sample or above a window.
        """
        some: list[Window] = []
        for window in self.windows(blocks, hop_s):
            some.append(window)
            if len(some) == self.batch:
                yield self._heard(some)
                some = []
        if some:
            yield self._heard(some)

    def windows(
        self, blocks: Iterable[Float32[np.ndarray, ' samples']], hop_s: float | None = None
    ) -> Iterator[Window]:
        """The windows alone: see `windows`."""
        hop = self.size if hop_s is None else round(hop_s * self.rate_hz)
        if not 1 <= hop <= self.size:
            longest_s = self.size / self.rate_hz
            raise UserError(
                f'hop_s={hop_s:g}: from a sample to a window ({longest_s:g} s) is wanted'
            )
        return windows(blocks, self.size, hop)

    def predict(
        self,
        samples: Float32[np.ndarray, 'windows {self.size}'],
        valid: Int[np.ndarray, ' windows'],
    ) -> dict[str, np.ndarray]:
        """What the task predicts of at most `batch` windows, of one recording or of several.

        Args:
            samples: whatever past the valid ones.
            valid: samples of each, those at [0, valid).
        """
        missing = self.batch - len(valid)
        samples = np.pad(samples, ((0, missing), (0, 0)))
        found = self._predict(self._weights, samples, np.pad(valid.astype(np.int32), (0, missing)))
        return {name: np.asarray(each)[: len(valid)] for name, each in found.items()}

    def _heard(self, some: list[Window]) -> Heard:
        valid = np.array([window.valid for window in some])
        starts_s = np.array([window.start for window in some]) / self.rate_hz
        return Heard(starts_s, valid, self.predict(np.stack([w.samples for w in some]), valid))


@functools.partial(jax.jit, static_argnames=('frontend', 'model', 'task'))
def _predictions(
    weights: Weights,
    samples: Float32[Array, 'windows samples'],
    valid: Int[Array, ' windows'],
    *,
    frontend: FrontEnd,
    model: Model,
    task: Task,
) -> dict[str, Array]:
    x, lengths = frontend(samples, valid)
    variables = {'params': weights.params, 'batch_stats': weights.stats}
    return task.predict(model.apply(variables, x, lengths, None), None)


def windows(
    blocks: Iterable[Float32[np.ndarray, ' samples']], size: int, hop: int
) -> Iterator[Window]:
    """Windows [k * hop, k * hop + size) of a recording, up to the first that reaches its end.

    So a recording of up to `size` samples is one window, and one without samples is none.

    Args:
        blocks: consecutive samples, of any sizes.
        size: samples of a window.
        hop: from one to the next, in [1, size].
    """
    start, held, waiting, end = 0, np.zeros(0, np.float32), [], 0  # `held` begins at `start`
    covered = 0
    for block in blocks:
        waiting.append(block)
        end += len(block)
        if end - start < size:
            continue
        held, waiting = np.concatenate([held, *waiting]), []
        first = start
        while start + size <= end:
            yield Window(start, held[start - first : start - first + size], size)
            covered = start + size
            start += hop
        held = held[start - first :].copy()
    if covered < end:
        held = np.concatenate([held, *waiting])
        yield Window(start, np.pad(held, (0, size - len(held))), len(held))


def heard(corpus: Corpus, record: int, rate_hz: int) -> Iterator[Float32[np.ndarray, ' samples']]:
    """A corpus's recording at another rate, as `Listener` takes it: blocks of a minute."""
    [audio] = corpus.audio([record])
    source_hz = int(corpus.rates_hz[record])
    end, block = -(-len(audio) * rate_hz // source_hz), BLOCK_S * rate_hz
    for start in range(0, end, block):
        stop = min(start + block, end)
        yield resampled(audio, source_hz, rate_hz, start, stop).astype(np.float32) / 32768
