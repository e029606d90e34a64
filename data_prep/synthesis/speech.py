"""Text to speech by eSpeak NG, out of the espeakng-loader wheel, equal every time.

The library keeps where it is in its table of pitch flutter from one utterance to the next and has
no way to set it back, and it takes breath noise from the C library's `rand`. So `say` loads the
library anew, seeds both of its sources of chance, and unloads it: 1 ms, and 4 to find the voice.
"""

import ctypes
import os
import tempfile
import threading
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Int16

from data_prep.errors import PrepError

RATE_HZ = 22_050
# From espeak-ng 1.52, speak_lib.h.
_SYNCHRONOUS, _DO_NOT_EXIT, _UTF8 = 2, 0x8000, 1
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7
_QUIET = 60  # of 100: louder ones reach full scale, where the library turns itself down
_LONGEST_PATH = 120  # eSpeak NG 1.52 keeps the folder and a file's name in 160 characters
_ONE_AT_A_TIME = threading.Lock()
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Manner(typing.NamedTuple):
    """How something is said.

    Attributes:
        voice: accent and variant, such as 'en-us+f3'.
        words_per_minute: 80 to 450.
        pitch: 0 to 100, 50 is the voice's own.
        pitch_range: 0 to 100, 50 is the voice's own.
        gap: extra silence between words, in about 10 ms.
    """

    voice: str
    words_per_minute: int = 160
    pitch: int = 50
    pitch_range: int = 50
    gap: int = 0


def say(text: str, manner: Manner, seed: int = 1) -> Int16[np.ndarray, ' samples']:
    """Speaks a text at 22,050 Hz; equal arguments give equal samples, in any order and process.

    Args:
        text: plain English.
        manner: the voice and what it does.
        seed: of the breath noise, positive.

    Raises:
        PrepError: espeakng-loader is missing or damaged, or it has no such voice.
    """
    try:
        import espeakng_loader
    except ImportError:
        raise PrepError('speech needs eSpeak NG: pip install espeakng-loader') from None
    data = Path(espeakng_loader.get_data_path())
    variant = manner.voice.partition('+')[2]
    if variant and not (data / 'voices' / '!v' / variant).is_file():
        raise PrepError(f'eSpeak NG has no variant {variant!r}: {data}/voices/!v lists them')
    path = espeakng_loader.get_library_path()
    with _ONE_AT_A_TIME, _short(data) as folder, _loaded(path) as library:
        return _spoken(library, folder, text, manner, seed)


def _spoken(
    library: ctypes.CDLL, folder: Path, text: str, manner: Manner, seed: int
) -> Int16[np.ndarray, ' samples']:
    if library.espeak_Initialize(_SYNCHRONOUS, 0, os.fsencode(folder), _DO_NOT_EXIT) != RATE_HZ:
        raise PrepError(f'eSpeak NG cannot use its data in {folder}: reinstall espeakng-loader')
    try:
        heard = []

        @_CALLBACK
        def take(samples, count, events):
            if samples and count:
                heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
            return 0

        library.espeak_SetSynthCallback(take)
        if library.espeak_ng_SetVoiceByName(manner.voice.encode()) != 0:
            raise PrepError(f'eSpeak NG has no voice {manner.voice!r}')
        values = (_QUIET, manner.words_per_minute, manner.pitch, manner.pitch_range, manner.gap)
        names = (_VOLUME, _RATE, _PITCH, _RANGE, _WORD_GAP)
        for name, value in zip(names, values, strict=True):
            library.espeak_SetParameter(name, value, 0)
        library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
        ctypes.CDLL(None).srand(ctypes.c_uint(seed))
        coded = text.encode()
        size = ctypes.c_size_t(len(coded) + 1)
        if library.espeak_Synth(coded, size, 0, 0, 0, _UTF8, None, None) != 0 or not heard:
            raise PrepError(f'eSpeak NG did not say {text!r}')
        return np.concatenate(heard)
    finally:
        library.espeak_Terminate()


@contextmanager
def _loaded(path: str) -> Iterator[ctypes.CDLL]:
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise PrepError(f'eSpeak NG does not load ({error}): reinstall espeakng-loader') from None
    try:
        yield library
    finally:
        ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))
    try:
        ctypes.CDLL(path, mode=os.RTLD_NOLOAD | os.RTLD_NOW)
    except OSError:
        return
    raise PrepError('eSpeak NG is in use elsewhere in this process: prepare in one of its own')


@contextmanager
def _short(folder: Path) -> Iterator[Path]:
    """The folder by a name that the library has room for."""
    if len(os.fsencode(folder)) <= _LONGEST_PATH:
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        link = Path(place) / 'espeak-ng-data'
        link.symlink_to(folder)
        if len(os.fsencode(link)) > _LONGEST_PATH:
            raise PrepError(f'{place} is too long a path for eSpeak NG: set TMPDIR to a short one')
        yield link
