"""Every front-end against librosa."""

import warnings

import jax
import jax.numpy as jnp
import librosa
import numpy as np
import pytest

from research.frontends import MFCC, STFT, LogMel, Mel

OURS = {
    'defaults': {},
    'window': {'n_fft': 1024, 'win_length': 600, 'hop': 200, 'window': 'hamming'},
    'reflect': {'n_fft': 512, 'hop': 160, 'pad_mode': 'reflect', 'window': 'ones'},
    'left': {'n_fft': 600, 'hop': 601, 'center': False},
}
THEIRS = {
    'defaults': {},
    'window': {'n_fft': 1024, 'win_length': 600, 'hop_length': 200, 'window': 'hamming'},
    'reflect': {'n_fft': 512, 'hop_length': 160, 'pad_mode': 'reflect', 'window': 'boxcar'},
    'left': {'n_fft': 600, 'hop_length': 601, 'center': False},
}
OPTIONS = pytest.mark.parametrize('options', OURS)
RATE = {'sr': 22050}


def assert_relative(ours, theirs, tolerance=1e-4):
    assert ours.shape == theirs.shape
    difference, scale = np.abs(ours - theirs).max(), np.abs(theirs).max()
    assert difference <= tolerance * scale, f'{difference:.3g} of {scale:.3g}'


def quietly(function, *args, **kwargs):
    """librosa's features, frames first; it warns of signals shorter than n_fft."""
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'n_fft=.* is too large')
        return np.swapaxes(function(*args, **kwargs), -1, -2)


_compute = jax.jit(lambda frontend, samples: frontend(samples)[0], static_argnums=0)


def compute(frontend, signal):
    return np.asarray(_compute(frontend, jnp.asarray(signal)))


@pytest.fixture
def cases(signals, options):
    """The signals, less those that give no frame without padding."""
    least = OURS[options]['n_fft'] if options == 'left' else 0
    return [signal for signal in signals.values() if len(signal) >= least]


@OPTIONS
def test_stft_magnitude_and_energy_equal_librosa(cases, options):
    for signal in cases:
        magnitude = quietly(lambda y: np.abs(librosa.stft(y, **THEIRS[options])), signal)
        assert_relative(compute(STFT(**OURS[options]), signal), magnitude)
        assert_relative(compute(STFT(power=2.0, **OURS[options]), signal), magnitude**2)


@OPTIONS
def test_mel_and_its_decibels_equal_librosa(cases, options):
    ours = OURS[options] | {'n_mels': 48, 'fmin_hz': 30.0, 'fmax_hz': 8000.0, 'htk': True}
    theirs = THEIRS[options] | {'n_mels': 48, 'fmin': 30.0, 'fmax': 8000.0, 'htk': True}
    if options == 'defaults':
        ours, theirs = {}, {}
    for signal in cases:
        mel = quietly(librosa.feature.melspectrogram, y=signal, **RATE, **theirs)
        assert_relative(compute(Mel(**ours), signal), mel)
        db = compute(LogMel(**ours), signal)
        assert_relative(db, librosa.power_to_db(mel))
        np.testing.assert_allclose(db, librosa.power_to_db(mel), atol=1e-2)


@pytest.mark.parametrize(
    'options',
    [{'ref': 3.0}, {'amin': 1e-5, 'top_db': None}, {'ref': 1e-12, 'top_db': 20.0}],
    ids=str,
)
def test_reference_floor_and_range_of_decibels_equal_librosa(signals, options):
    for signal in signals.values():
        mel = quietly(librosa.feature.melspectrogram, y=signal, **RATE)
        expected = librosa.power_to_db(mel, **options)
        np.testing.assert_allclose(compute(LogMel(**options), signal), expected, atol=1e-2)


@OPTIONS
def test_mfcc_equals_librosa(cases, options):
    counts = {'n_mfcc': 13, 'lifter': 22} if options == 'left' else {'n_mfcc': 20}
    frontend = MFCC(n_mels=64, **counts, **OURS[options])
    for signal in cases:
        expected = quietly(
            librosa.feature.mfcc, y=signal, n_mels=64, **RATE, **counts, **THEIRS[options]
        )
        assert_relative(compute(frontend, signal), expected)


def test_real_recordings_equal_librosa(recordings):
    for clip in recordings:
        magnitude = np.abs(librosa.stft(clip)).T
        mel = librosa.feature.melspectrogram(y=clip, sr=22050).T
        db = librosa.power_to_db(mel)
        mfcc = librosa.feature.mfcc(y=clip, sr=22050, n_mfcc=13).T
        assert_relative(compute(STFT(), clip), magnitude)
        assert_relative(compute(Mel(), clip), mel)
        assert_relative(compute(LogMel(), clip), db)
        np.testing.assert_allclose(compute(LogMel(), clip), db, atol=1e-2)
        assert_relative(compute(MFCC(n_mfcc=13), clip), mfcc)
