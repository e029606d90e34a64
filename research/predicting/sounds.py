"""A sound file at another rate, block by block: a day of sound takes no more memory than a minute.

Samples are those of a prepared corpus, to the bit: of `data_prep.audio.decode`, then of
`clips.resampled`. But for MP3 of one channel: what libsndfile decodes there differs by 1e-7 with
the places at which reads begin, so that a few samples in ten thousand are a step of int16 off.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int16

from data_prep.audio import opened, sample_type, to_int16
from data_prep.errors import UnreadableAudio
from research.clips import resampled
from research.frontends.resample import factors

BLOCK = 2**18  # frames of the file: six seconds at 44.1 kHz


class Block(NamedTuple):
    """Consecutive samples of a recording.

    Attributes:
        samples: mono, in [-1, 1), at the rate asked for.
        share: of the file that has been read with them, in (0, 1].
        length_s: of the file, as it declares it.
    """

    samples: Float32[np.ndarray, ' samples']
    share: float
    length_s: float


def blocks(path: str | os.PathLike, rate_hz: int, frames: int = BLOCK) -> Iterator[Block]:
    """A wav, au, flac, ogg or mp3 file of any rate, its channels averaged.

    Args:
        path: its content tells what it is, not its name.
        rate_hz: wanted.
        frames: of the file, read at once.

    Raises:
        UnreadableAudio: as `data_prep.audio.decode`; what only the samples tell, such as a file
            shorter than it declares, is raised where they end.
    """
    with opened(path) as file:
        resampler = Resampler(file.samplerate, rate_hz)
        declared, seen, dtype = file.frames, 0, sample_type(file)
        scale = 1 if dtype == 'int16' else 32768
        while True:
            read = file.read(frames, dtype=dtype, always_2d=True)
            seen += len(read)
            last = len(read) < frames
            if last and seen == 0:
                raise UnreadableAudio('no samples')
            if last and seen != declared:
                raise UnreadableAudio(f'cut short: {declared} frames declared, {seen} decoded')
            mono = read.sum(axis=1, dtype=np.float64) / (file.channels / scale)
            samples = resampler(to_int16(mono, rate_hz).samples, last)
            yield Block(
                samples.astype(np.float32) / 32768,
                min(seen / max(declared, 1), 1.0),
                declared / file.samplerate,
            )
            if last:
                return


class Resampler:
    """`clips.resampled` of a recording that comes in blocks: the same bits.

    An output is given as soon as the last input that it hears is there.
    """

    def __init__(self, source_hz: int, target_hz: int):
        self._rates_hz = source_hz, target_hz
        self._up, self._down = factors(source_hz, target_hz)
        self._reach = 0 if self._up == self._down else 10 * max(self._up, self._down)
        self._held = np.zeros(0, np.int16)
        # What is held begins with input `skipped * down`, where output `skipped * up` lies.
        self._skipped, self._given = 0, 0

    def __call__(
        self, block: Int16[np.ndarray, ' inputs'], last: bool
    ) -> Int16[np.ndarray, ' outputs']:
        """What a block adds; `last` says that none follows."""
        up, down = self._up, self._down
        self._held = np.concatenate([self._held, block])
        inputs = self._skipped * down + len(self._held)
        if last:
            stop = -(-inputs * up // down)
        else:
            stop = max((inputs * up - 1 - self._reach) // down + 1, self._given)
        shift = self._skipped * up
        found = resampled(self._held, *self._rates_hz, self._given - shift, stop - shift)
        self._given = stop
        skipped = max((stop * down - self._reach) // (up * down), 0)
        self._held = self._held[(skipped - self._skipped) * down :]
        self._skipped = skipped
        return found
