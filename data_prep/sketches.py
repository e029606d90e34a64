"""Values by which near copies are found: `data_prep.copies` compares them.

Of a recording: a word every 64 ms, after Haitsma and Kalker, "A Highly Robust Audio Fingerprinting
System" (ISMIR 2002, section 4.2): bit m of word n says whether the difference between the energies
of bands m and m + 1 rises or falls. Copies share most bits, whatever their level, coding or rate.
Two things differ from the paper. Instead of the energies of long frames, one every 12 ms, those of
short blocks are weighed over as long a time: fewer and smaller transforms. And their roots are
compared, which bears trimming better.

Of a piece: the shapes of all runs of eight notes of its top line, the same in any key and tempo.
"""

import functools
import typing

import numpy as np
from jaxtyping import Float32, Int16, Int64, UInt32

from data_prep.notes import DURATION, ONSET, PART, PERCUSSION, PITCH, Notes

WORD_S = 0.064  # from one word of a recording to the next
SILENT = 0  # the word of a frame in which nothing changes
LOWEST_RATE_HZ = 5_000
NOTES = 8  # in a shape

_LOW_HZ, _HIGH_HZ, _BANDS = 300, 2000, 33
_BLOCK_S = 0.12
_PIECE = 64  # blocks at once: they stay in the cache, and their product in one thread
_STEADY = 1e-3  # of the largest root energy: changes below it are the rounding of a steady sound
_TIMES = np.arange(-2.5, 3.0)
_SLOPE = -_TIMES * np.exp(-((_TIMES / 1.35) ** 2) / 2)  # 1.35 words: as wide as the paper's frame
_SLOPE = (_SLOPE / np.abs(_SLOPE).sum()).astype(np.float32)


def audio(samples: Int16[np.ndarray, ' samples'], rate_hz: int) -> UInt32[np.ndarray, ' words']:
    """A word every `WORD_S`; SILENT where there is silence or a sound that does not change.

    Empty below `LOWEST_RATE_HZ`, for want of bands, and below 0.42 s.
    """
    if rate_hz < LOWEST_RATE_HZ:
        return np.zeros(0, np.uint32)
    plan = _plan(rate_hz)
    roots = np.sqrt(_energies(samples, plan))
    count = len(roots) - len(_SLOPE) + 1
    if count <= 0:
        return np.zeros(0, np.uint32)
    between = roots[:, :-1] - roots[:, 1:]
    rises = np.zeros((count, _BANDS - 1), np.float32)
    for at, weight in enumerate(_SLOPE):
        rises += weight * between[at : at + count]
    loudest = roots.max(axis=1)
    loudest = np.max([loudest[at : at + count] for at in range(len(_SLOPE))], axis=0)
    heard = (loudest > plan.floor) & (np.abs(rises).max(axis=1) > _STEADY * loudest)
    words = np.packbits(rises > 0, axis=1).view('>u4')[:, 0].astype(np.uint32)
    return np.where(heard, words, np.uint32(SILENT))


class _Plan(typing.NamedTuple):
    every: int  # samples a sample of the lower rate
    apart: int  # samples that are added before, so that little is folded into the bands
    hop: float  # in samples of the lower rate, as is the window
    window: Float32[np.ndarray, ' block']
    bins: slice
    bands: Float32[np.ndarray, 'bins bands']
    floor: float  # root energy of the noise of rounding to 16 bits, in a band


@functools.cache
def _plan(rate_hz: int) -> _Plan:
    from scipy.fft import next_fast_len

    every = rate_hz // LOWEST_RATE_HZ
    apart = round(rate_hz / 8000) if every > 1 else 0  # silences 4 kHz, and more or less around it
    rate = rate_hz / every
    size = next_fast_len(round(_BLOCK_S * rate), real=True)  # pyright: ignore
    assert size
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    width = rate / size
    centres = np.arange(size // 2 + 1)[:, None] * width
    edges = np.geomspace(_LOW_HZ, _HIGH_HZ, _BANDS + 1)
    above = np.maximum(edges[:-1], centres - width / 2)
    bands = np.clip((np.minimum(edges[1:], centres + width / 2) - above) / width, 0, 1)
    first, last = np.flatnonzero(bands.any(axis=1))[[0, -1]]
    bins = slice(int(first), int(last) + 1)
    noise = (1 if every == 1 else 2 * every) * (window**2).sum() / 12
    bands = bands[bins].astype(np.float32)
    return _Plan(every, apart, WORD_S * rate, window, bins, bands, float(noise**0.5))


def _energies(
    samples: Int16[np.ndarray, ' samples'], plan: _Plan
) -> Float32[np.ndarray, 'blocks bands']:
    """Energies of the bands, every `WORD_S`."""
    from scipy.fft import rfft  # keeps float32, and is twice as fast there as NumPy's

    size = len(plan.window)
    last = (len(samples) - plan.apart) // plan.every - size
    starts = np.rint(np.arange(0, max(0, last + 1), plan.hop)).astype(int)
    starts = starts[starts <= last]
    energies = np.zeros((len(starts), _BANDS), np.float32)
    for first in range(0, len(starts), _PIECE):
        places = starts[first : first + _PIECE]
        begin, end = places[0] * plan.every, (places[-1] + size) * plan.every + plan.apart
        lower = _lowered(samples[begin:end].astype(np.float32), plan)
        # As numpy.lib.stride_tricks has it, where it takes as long as all the rest.
        windows = np.ndarray((len(lower) - size + 1, size), np.float32, lower, strides=(4, 4))
        blocks = windows[places - places[0]] * plan.window
        spectra: typing.Any = rfft(blocks, axis=1)[:, plan.bins]  # pyright: ignore
        power = spectra.real**2 + spectra.imag**2
        np.matmul(power, plan.bands, out=energies[first : first + len(places)])
    return energies


def _lowered(
    samples: Float32[np.ndarray, ' samples'], plan: _Plan
) -> Float32[np.ndarray, ' lower']:
    """At the lower rate, where each sample is a sum: a low-pass filter that costs next to nothing.

    What it folds into the bands is 13 dB down at 2 kHz and 25 to 40 dB below 1 kHz.
    """
    if plan.every == 1:
        return samples
    smooth = samples[plan.apart :] + samples[: len(samples) - plan.apart]
    lower = smooth[:: plan.every].copy()
    for at in range(1, plan.every):
        lower += smooth[at :: plan.every]
    return lower


def notes(piece: Notes) -> UInt32[np.ndarray, ' shapes']:
    """A hash of each shape in the top line, sorted, each once.

    A shape is the intervals between eight notes in a row, in semitones, and the ratios between the
    times from one to the next, to the nearest power of two in [1/4, 4]. Percussion is left out.
    Empty for lines of fewer notes.
    """
    onsets, pitches = _top_line(piece).T
    if len(onsets) < NOTES:
        return np.zeros(0, np.uint32)
    intervals = np.diff(pitches) + 128
    ratios = np.rint(np.log2(np.diff(onsets)[1:] / np.diff(onsets)[:-1])).clip(-2, 2) + 2
    count = len(onsets) - NOTES + 1
    columns = [intervals[at : at + count] for at in range(NOTES - 1)]
    columns += [ratios[at : at + count] for at in range(NOTES - 2)]
    hashes = np.full(count, 0xCBF29CE484222325, np.uint64)  # FNV-1a
    for column in columns:
        hashes = (hashes ^ column.astype(np.uint64)) * np.uint64(0x100000001B3)
    return np.unique((hashes ^ (hashes >> np.uint64(32))).astype(np.uint32))


def _top_line(piece: Notes) -> Int64[np.ndarray, 'notes 2']:
    """Onset and pitch of the notes above which none sounds for as much as half of their time.

    Of notes that begin together, or nearly, the highest; so a chord that is rolled is one.
    """
    drums = np.flatnonzero(piece.programs == PERCUSSION)
    events = piece.events[~np.isin(piece.events[:, PART], drums)]
    apart = piece.ticks_per_quarter / 16
    line = []
    held = []
    for onset, pitch, duration in events[:, [ONSET, PITCH, DURATION]].tolist():
        held = [(end, high) for end, high in held if end > onset]
        middle = onset + duration / 2
        if all(high <= pitch or end < middle for end, high in held):
            if line and onset - line[-1][0] <= apart:
                line.pop()  # if it is higher than the one before, or goes on after it
            line.append((onset, pitch))
        held.append((onset + duration, pitch))
    return np.array(line, np.int64).reshape(-1, 2)
