"""Clips at the front-end's rate as int16, whole or in windows: the same bits either way."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int16, Integer

from research.augment import RandomCrop
from research.batches import Clips
from research.corpora import Corpus
from research.examples import Examples
from research.experiment import Experiment, sound
from research.frontends.resample import factors, low_pass


def resampled(
    audio: Int16[np.ndarray, ' samples'], source_hz: int, target_hz: int, start: int, stop: int
) -> Int16[np.ndarray, ' window']:
    """Samples [start, stop) of a recording at another rate, by the filter of `frontends.resample`.

    Rounded to the nearest integer and cut to the range; zeros past the recording's end. Each is a
    sum of its own, so it is the same to the bit whatever the window.

    Raises:
        UserError: a rate below 1 Hz.
    """
    # Imported where it is used: it takes half a second. On the host, so that threads can read.
    from scipy import signal

    up, down = factors(source_hz, target_hz)
    if up == down:
        return _padded(audio, start, stop)
    taps, delay = _delayed(up, down)
    # The filter is begun at a multiple of `down` inputs, where a multiple of `up` outputs lies.
    skipped = max((start * down - 10 * max(up, down)) // (up * down), 0)
    inputs = audio[skipped * down : int(heard(stop, source_hz, target_hz))]
    end = -(-len(audio) * up // down)
    window = np.zeros(stop - start)
    if len(inputs) and start < end:
        begin = start - skipped * up + delay
        wave = signal.upfirdn(taps, inputs.astype(np.float64), up, down)
        wave = wave[begin : begin + min(stop, end) - start]
        window[: len(wave)] = wave
    return np.clip(np.rint(window), -32768, 32767).astype(np.int16)


def heard(
    stop: int | Integer[np.ndarray, ' n'],
    source_hz: int | Integer[np.ndarray, ' n'],
    target_hz: int,
) -> Integer[np.ndarray, ' n'] | np.integer:
    """First samples of a recording that samples [0, stop) at another rate depend on.

    Output n hears the inputs within 10 * max(up, down) / up of n * down / up; at one rate itself.
    """
    common = np.gcd(source_hz, target_hz)
    up, down = target_hz // common, source_hz // common
    reach = np.where(up == down, 0, 10 * np.maximum(up, down))
    return np.maximum(((stop - 1) * down + reach) // up + 1, 0)


@functools.cache
def _delayed(up: int, down: int) -> tuple[Float[np.ndarray, ' taps'], int]:
    """The filter, late by a whole number of outputs, and that number."""
    taps = low_pass(up, down)
    delay = -(-(len(taps) // 2) // down)
    return np.pad(taps, (delay * down - len(taps) // 2, 0)), delay


def whole(experiment: Experiment, corpus: Corpus, examples: Examples) -> Clips:
    """Each recording once, as far as a step may hear it, and where the examples lie in them."""
    rate_hz = sound(experiment).rate_hz
    size = round(experiment.data.slice_s * rate_hz)
    records, row, ends, stops = _reached(experiment, corpus, examples)
    # A slice longer than the clips, so that one near a clip's end is not moved back by XLA.
    clips = np.zeros((len(records), int(stops.max()) + size), np.int16)
    for position, (record, stop) in enumerate(zip(records, stops.tolist(), strict=True)):
        [audio] = corpus.audio([record])
        clips[position, :stop] = resampled(audio, int(corpus.rates_hz[record]), rate_hz, 0, stop)
    return Clips(
        jnp.asarray(clips),
        jnp.asarray(ends, jnp.int32),
        jnp.asarray(row, jnp.int32),
        jnp.asarray(examples.start, jnp.int32),
        jnp.asarray(examples.samples, jnp.int32),
        jax.tree.map(jnp.asarray, examples.target),
    )


def whole_bytes(experiment: Experiment, corpus: Corpus, examples: Examples) -> int:
    """What the clips of `whole` take."""
    records, _, _, stops = _reached(experiment, corpus, examples)
    size = round(experiment.data.slice_s * sound(experiment).rate_hz)
    return 2 * len(records) * (int(stops.max()) + size)


class Windows:
    """Examples as clips of their own, each with all that a step may hear of its recording.

    A record is read and decoded whole each time that one of its examples is chosen: that is how
    records are. Where a little of long recordings is used, resident clips are read once.

    Attributes:
        width: samples of a window.
    """

    def __init__(self, experiment: Experiment, corpus: Corpus, examples: Examples):
        self._corpus, self._examples = corpus, examples
        self._rate_hz = sound(experiment).rate_hz
        size = round(experiment.data.slice_s * self._rate_hz)
        shift = _shift(experiment)
        ends = _ends(corpus, examples.record, self._rate_hz)
        self._first = np.maximum(examples.start - shift, 0)
        self._ends = ends - self._first
        self.width = min(2 * shift + size, int(ends.max()) + size)

    def __call__(self, chosen: Integer[np.ndarray, ' examples']) -> Clips:
        """Reads the examples chosen, in their order; numpy arrays."""
        clips = np.zeros((len(chosen), self.width), np.int16)
        records = self._examples.record[chosen]
        for record in np.unique(records):
            [audio] = self._corpus.audio([record])
            rate_hz = int(self._corpus.rates_hz[record])
            for position in np.flatnonzero(records == record):
                first = int(self._first[chosen[position]])
                window = first, first + self.width
                clips[position] = resampled(audio, rate_hz, self._rate_hz, *window)
        return Clips(
            clips,
            self._ends[chosen].astype(np.int32),
            np.arange(len(chosen), dtype=np.int32),
            (self._examples.start - self._first)[chosen].astype(np.int32),
            self._examples.samples[chosen].astype(np.int32),
            jax.tree.map(lambda each: each[chosen], self._examples.target),
        )


def _padded(
    audio: Int16[np.ndarray, ' samples'], start: int, stop: int
) -> Int16[np.ndarray, ' window']:
    """Samples [start, stop), zeros where there are none."""
    window = np.zeros(stop - start, np.int16)
    low, high = max(start, 0), min(stop, len(audio))
    if low < high:
        window[low - start : high - start] = audio[low:high]
    return window


def _ends(
    corpus: Corpus, records: Integer[np.ndarray, ' n'], rate_hz: int
) -> Integer[np.ndarray, ' n']:
    return -(-corpus.samples[records] * rate_hz // corpus.rates_hz[records])


def _reached(
    experiment: Experiment, corpus: Corpus, examples: Examples
) -> tuple[Integer[np.ndarray, ' _'], ...]:
    """Records, each example's place among them, their ends, and where what a step hears ends."""
    records, row = np.unique(examples.record, return_inverse=True)
    ends = _ends(corpus, records, sound(experiment).rate_hz)
    stops = np.zeros_like(ends)
    np.maximum.at(stops, row, examples.start + examples.samples + _shift(experiment))
    return records, row, ends, np.minimum(stops, ends)


def _shift(experiment: Experiment) -> int:
    """Samples by which a slice may begin elsewhere, with room for float32 to round up."""
    crops = [each for each in experiment.augment if isinstance(each, RandomCrop)]
    seconds = sum(float(crop.shift_s) for crop in crops)
    return math.ceil(seconds * sound(experiment).rate_hz * (1 + 1e-6)) + len(crops)
