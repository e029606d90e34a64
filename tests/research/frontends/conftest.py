"""Signals that front-ends are compared on."""

import os
import pathlib

import numpy as np
import pytest
import soundfile

RATE_HZ = 22050


def _chirp(samples: int) -> np.ndarray:
    t = np.arange(samples) / RATE_HZ
    return 0.9 * np.sin(2 * np.pi * (50 * t + 0.5 * 9000 * t**2 * RATE_HZ / samples))


# An odd number, that no hop divides.
LENGTH = 20011
_noise = np.random.default_rng(0).uniform(-1, 1, LENGTH)
SIGNALS = {
    'noise': _noise,
    'chirp': _chirp(LENGTH),
    'silence': np.zeros(LENGTH),
    'impulse': 0.9 * (np.arange(LENGTH) == 7000),
    'quiet': 1e-4 * _noise,
    'short': _noise[:700],
    'shorter': _noise[:33],
}


@pytest.fixture(scope='session')
def signals() -> dict[str, np.ndarray]:
    return {name: signal.astype(np.float32) for name, signal in SIGNALS.items()}


@pytest.fixture(scope='session')
def recordings() -> list[np.ndarray]:
    """Five seconds from the middle of one clip of each genre."""
    if 'AUDIOGRID_REAL_DATA' not in os.environ:
        pytest.skip('AUDIOGRID_REAL_DATA is not set')
    root = pathlib.Path(os.environ['AUDIOGRID_REAL_DATA'], 'gtzan', 'genres_original')
    clips = [sorted(genre.glob('*.wav'))[0] for genre in sorted(root.iterdir())]
    assert clips
    return [soundfile.read(clip, 5 * RATE_HZ, 10 * RATE_HZ, dtype='float32')[0] for clip in clips]
