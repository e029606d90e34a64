"""A sound file to int16 mono samples, or the reason why not."""

import contextlib
import os
import stat
import typing
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float, Int16, Shaped

from data_prep.errors import UnreadableAudio
from data_prep.sources.declared import shortfall

EXTENSIONS = ('.wav', '.au', '.flac', '.ogg', '.mp3')
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1_000, 384_000  # beyond these a header is wrong, or no sound is
# libsndfile reads these into int16 without loss, the next into float32, the rest into float64.
_EXACT = ('PCM_16', 'PCM_S8', 'PCM_U8', 'ULAW', 'ALAW')
_SINGLE = ('PCM_24', 'FLOAT', 'VORBIS', 'OPUS', 'MPEG_LAYER_I', 'MPEG_LAYER_II', 'MPEG_LAYER_III')
_MOST_FRAMES = 2**40  # nine months at 44.1 kHz: FLAC from a pipe declares more, and means unknown
_BLOCK = 2**15  # frames that are averaged while they are in the processor's cache
_LOW, _HIGH = -32768, 32767


class Recording(typing.NamedTuple):
    """A decoded sound.

    Attributes:
        samples: mono, at the file's own rate.
        rate_hz: samples a second.
        clipped: samples cut to the int16 range, and those in runs of three or more at full scale.
        flac: the file itself, where it is mono 16-bit FLAC.
    """

    samples: Int16[np.ndarray, ' samples']
    rate_hz: int
    clipped: int = 0
    flac: bytes = b''


def decode(path: str | os.PathLike) -> Recording:
    """Reads a wav, au, flac, ogg or mp3 file, whole; its content tells which, not its extension.

    Channels are averaged. Mono 16-bit PCM passes bit for bit; wider samples are rounded to the
    nearest and cut to the range, which is counted.

    Raises:
        UnreadableAudio: no such file, not audio, empty, cut short, holding NaN or infinity, or of a
            rate outside [1,000, 384,000] Hz.
    """
    with opened(path) as file:
        frames = _read(file)
        rate_hz = file.samplerate
        keep = (file.format, file.subtype, file.channels) == ('FLAC', 'PCM_16', 1)
        flac = Path(path).read_bytes() if keep else b''
    if frames.dtype == np.int16 and frames.shape[1] == 1:
        samples = frames[:, 0]
        return Recording(samples, rate_hz, len(_at_full_scale(samples)), flac)
    return _mono(frames, 1 if frames.dtype == np.int16 else 32768, rate_hz)


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[soundfile.SoundFile]:
    """A sound file whose header can be believed, to be read block by block.

    Raises:
        UnreadableAudio: as `decode`, but for what only its samples tell; also for what goes wrong
            with the file while it is open.
    """
    path = os.fspath(path)
    try:
        # A pipe would wait for ever, and a device may never end.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UnreadableAudio('no regular file')
        if os.path.getsize(path) == 0:
            raise UnreadableAudio('empty file')
        if missing := shortfall(path):
            raise UnreadableAudio(missing)
        with soundfile.SoundFile(path) as file:
            if file.format == 'RAW':  # what libsndfile makes of any bytes in a file called .au
                raise UnreadableAudio('not readable as audio (no header)')
            if not LOWEST_RATE_HZ <= file.samplerate <= HIGHEST_RATE_HZ:
                limits = f'{LOWEST_RATE_HZ:,} to {HIGHEST_RATE_HZ:,}'
                raise UnreadableAudio(f'a rate of {file.samplerate:,} Hz, outside {limits}')
            if file.frames > _MOST_FRAMES:
                raise UnreadableAudio('declares no length, or a wrong one: code it anew')
            yield file
    except soundfile.LibsndfileError as error:
        raise UnreadableAudio(f'not readable as audio ({error.error_string})') from None
    except OSError as error:
        raise UnreadableAudio(f'cannot be read ({error.strerror or error})') from None


def sample_type(file: soundfile.SoundFile) -> typing.Literal['int16', 'float32', 'float64']:
    """What libsndfile reads a file's samples into without loss: 'int16', 'float32' or 'float64'."""
    if file.subtype in _EXACT:
        return 'int16'
    return 'float32' if file.subtype in _SINGLE else 'float64'


def to_int16(values: Float[np.ndarray, ' samples'], rate_hz: int) -> Recording:
    """Rounds values in int16 units to the nearest integer and cuts them to the range.

    Raises:
        UnreadableAudio: NaN or infinity is among them.
    """
    return _mono(values[:, None], 1, rate_hz)


def _read(file: soundfile.SoundFile) -> Shaped[np.ndarray, 'frames channels']:
    declared = file.frames
    try:
        frames = file.read(dtype=sample_type(file), always_2d=True)
    except MemoryError:
        raise UnreadableAudio(f'declares {declared:,} frames, more than memory holds') from None
    if len(frames) == 0:
        raise UnreadableAudio('no samples')
    if len(frames) != declared:
        raise UnreadableAudio(f'cut short: {declared} frames declared, {len(frames)} decoded')
    return frames


def _mono(frames: Shaped[np.ndarray, 'frames channels'], scale: int, rate_hz: int) -> Recording:
    """The mean of all channels times `scale`, rounded and cut."""
    count, channels = frames.shape
    samples = np.empty(count, np.int16)
    cut = [np.zeros(0, np.intp)]
    for start in range(0, count, _BLOCK):
        block = frames[start : start + _BLOCK]
        mono = block[:, 0].astype(np.float64)
        for channel in range(1, channels):
            mono += block[:, channel]
        mono /= channels / scale
        np.rint(mono, out=mono)
        if not (mono.min() >= _LOW and mono.max() <= _HIGH):
            if not np.isfinite(mono).all():
                raise UnreadableAudio('holds NaN or infinite samples')
            cut.append(start + np.flatnonzero((mono < _LOW) | (mono > _HIGH)))
            np.clip(mono, _LOW, _HIGH, out=mono)
        samples[start : start + _BLOCK] = mono
    clipped = np.union1d(np.concatenate(cut), _at_full_scale(samples))
    return Recording(samples, rate_hz, len(clipped))


def _at_full_scale(samples: Int16[np.ndarray, ' samples']) -> Shaped[np.ndarray, ' places']:
    """Where three or more samples in a row are as high, or as low, as they can be."""
    if samples.max(initial=0) < _HIGH and samples.min(initial=0) > -_HIGH:
        return np.zeros(0, np.intp)
    within = np.zeros(len(samples), bool)
    for full in (samples == _HIGH, samples <= -_HIGH):  # some cut at -32767
        inner = full[:-2] & full[1:-1] & full[2:]
        for place in range(3):
            within[place : len(samples) - 2 + place] |= inner
    return np.flatnonzero(within)
