"""Small sources in the layouts of the public, written without the library that reads them."""

import struct
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

RATE_HZ = 22_050


@pytest.fixture
def write_wav() -> Callable:
    def write(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), 'wb') as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes(samples.astype('<i2').tobytes())
        return path

    return write


@pytest.fixture
def write_au() -> Callable:
    def write(path: Path, samples: np.ndarray, declared: int | None = None) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = samples.astype('>i2').tobytes()
        length = len(data) if declared is None else declared
        # magic, offset of the data, its length, encoding 3 (16-bit PCM), rate, channels
        head = struct.pack('>4sIIIII', b'.snd', 24, length, 3, RATE_HZ, 1)
        path.write_bytes(head + data)
        return path

    return write


@pytest.fixture
def clip() -> Callable[[str], np.ndarray]:
    def make(name: str) -> np.ndarray:
        seed = int.from_bytes(name.encode(), 'little') % 2**32
        return np.random.default_rng(seed).integers(-9000, 9000, 2000).astype(np.int16)

    return make


@pytest.fixture
def gtzan_source(tmp_path, write_wav, clip) -> Path:
    """Two genres of five tracks, in the WAV layout."""
    source = tmp_path / 'source'
    for genre in ('blues', 'jazz'):
        for number in range(50, 55):
            name = f'{genre}.{number:05d}'
            write_wav(source / 'genres_original' / genre / f'{name}.wav', clip(name))
    return source
