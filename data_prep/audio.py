"""A sound file to int16 mono samples, or the reason why not."""

import os
import typing

import numpy as np
import soundfile
from jaxtyping import Float, Int16

from data_prep.declared import shortfall
from data_prep.errors import UnreadableAudio

EXTENSIONS = ('.wav', '.au', '.flac', '.ogg', '.mp3')
# libsndfile reads these into int16 without loss; everything else goes through float64.
_EXACT = ('PCM_16', 'PCM_S8', 'PCM_U8', 'ULAW', 'ALAW')


class Recording(typing.NamedTuple):
    """A decoded sound.

    Attributes:
        samples: mono, at the file's own rate.
        rate_hz: samples a second.
        clipped: how many samples had to be cut to the int16 range.
    """

    samples: Int16[np.ndarray, ' samples']
    rate_hz: int
    clipped: int = 0


def decode(path: str | os.PathLike) -> Recording:
    """Reads a wav, au, flac, ogg or mp3 file, whole.

    Channels are averaged. Mono 16-bit PCM passes bit for bit; wider samples are rounded to the
    nearest and cut to the range, which is counted.

    Raises:
        UnreadableAudio: no such file, not audio, empty, cut short, or holding NaN or infinity.
    """
    path = os.fspath(path)
    try:
        if os.path.getsize(path) == 0:
            raise UnreadableAudio('empty file')
        if missing := shortfall(path):
            raise UnreadableAudio(missing)
        with soundfile.SoundFile(path) as file:
            exact = file.subtype in _EXACT
            declared, rate_hz = file.frames, file.samplerate
            samples = file.read(dtype='int16' if exact else 'float64', always_2d=True)
    except soundfile.LibsndfileError as error:
        raise UnreadableAudio(f'not readable as audio ({error.error_string})') from None
    except OSError as error:
        raise UnreadableAudio(f'cannot be read ({error.strerror or error})') from None
    if len(samples) == 0:
        raise UnreadableAudio('no samples')
    if len(samples) != declared:
        raise UnreadableAudio(f'cut short: {declared} frames declared, {len(samples)} decoded')
    if exact and samples.shape[1] == 1:
        return Recording(samples[:, 0], rate_hz)
    if not np.isfinite(samples).all():
        raise UnreadableAudio('holds NaN or infinite samples')
    mono = samples.mean(axis=1, dtype=np.float64)
    return to_int16(mono if exact else mono * 32768, rate_hz)


def to_int16(values: Float[np.ndarray, ' samples'], rate_hz: int) -> Recording:
    """Rounds values in int16 units to the nearest integer and cuts them to the range."""
    rounded = np.rint(values)
    clipped = int(np.count_nonzero((rounded < -32768) | (rounded > 32767)))
    return Recording(np.clip(rounded, -32768, 32767).astype(np.int16), rate_hz, clipped)
