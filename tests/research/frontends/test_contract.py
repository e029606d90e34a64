"""What every front-end promises, whatever it computes."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.errors import UserError
from research.frontends import KINDS, MFCC, STFT, FrontEnd, LogMel, Mel, Waveform

SAMPLES = 5001
# Two that are long enough, one of a single sample, none, and all.
LENGTHS = np.array([4000, 1537, 1, 0, SAMPLES], np.int32)
FRONTENDS: list[Any] = [
    Waveform(),
    Waveform(frame=320),
    STFT(n_fft=512, win_length=320, hop=32, center=False),
    STFT(n_fft=400, hop=150, pad_mode='reflect', power=2.0),
    STFT(n_fft=511, hop=600, window='hamming', power=1.5),
    Mel(rate_hz=16000, n_fft=512, hop=160, win_length=400, n_mels=40),
    LogMel(n_fft=1024, hop=256, n_mels=64, pad_mode='reflect', top_db=30.0, frames=5),
    LogMel(n_fft=1024, hop=300, n_mels=64, center=False, top_db=None, frames=40),
    MFCC(n_fft=1024, hop=256, n_mels=64, n_mfcc=13, lifter=22),
]
EACH = pytest.mark.parametrize('frontend', FRONTENDS, ids=lambda f: type(f).__name__)


_compute = jax.jit(lambda frontend, *arrays: frontend(*arrays), static_argnums=0)


def compute(frontend, *arrays):
    """Features and lengths in numpy, where a slice is not a program of its own."""
    return jax.device_get(_compute(frontend, *map(jnp.asarray, arrays)))


@pytest.fixture(scope='module')
def samples():
    rng = np.random.default_rng(0)
    # Levels far apart, so that a maximum taken over more than one example would show.
    levels = np.array([[1.0], [1e-3], [0.3], [0.1], [1e-2]])
    return (levels * rng.uniform(-1, 1, (len(LENGTHS), SAMPLES))).astype(np.float32)


def test_every_kind_is_held_to_the_contract():
    assert {type(frontend) for frontend in FRONTENDS} == set(KINDS.values())


@EACH
def test_is_a_value(frontend):
    twin = type(frontend)(**dataclasses.asdict(frontend))
    assert twin == frontend
    assert hash(twin) == hash(frontend)
    assert dataclasses.replace(frontend, rate_hz=frontend.rate_hz + 2) != frontend
    assert isinstance(frontend, FrontEnd)


@EACH
def test_each_example_equals_its_valid_part_alone(frontend, samples):
    features, lengths = compute(frontend, samples, LENGTHS)
    assert features.dtype == jnp.float32
    assert lengths.dtype == jnp.int32
    assert features.ndim == 3
    assert np.all(np.isfinite(features))
    for row, length in enumerate(LENGTHS):
        valid = int(lengths[row])
        assert not np.any(features[row, valid:])
        try:
            alone, frames = compute(frontend, samples[row, :length])
        except UserError:
            assert valid == 0
            continue
        assert valid == frames
        np.testing.assert_allclose(
            features[row, :valid], alone[:valid], rtol=1e-4, atol=1e-5 * np.abs(alone).max()
        )


@EACH
def test_padding_has_no_influence(frontend, samples):
    past = np.arange(SAMPLES) >= LENGTHS[:, None]
    expected, counts = compute(frontend, samples, LENGTHS)
    for junk in (1.0, -1e6, np.nan, np.inf):
        features, again = compute(frontend, np.where(past, np.float32(junk), samples), LENGTHS)
        np.testing.assert_array_equal(features, expected)
        np.testing.assert_array_equal(again, counts)


@EACH
def test_no_lengths_means_all_valid(frontend, samples):
    features, lengths = compute(frontend, samples)
    expected, counts = compute(frontend, samples, np.full(len(samples), SAMPLES, np.int32))
    np.testing.assert_array_equal(features, expected)
    np.testing.assert_array_equal(lengths, counts)


@EACH
def test_any_batch_axes_and_vmap_give_the_same(frontend, samples):
    batch, counts = compute(frontend, samples, LENGTHS)
    mapped, mapped_counts = compute(jax.vmap(frontend), samples, LENGTHS)
    nested, nested_counts = compute(frontend, samples[None, :, None], LENGTHS[None, :, None])
    close = {'rtol': 1e-4, 'atol': 1e-5 * np.abs(batch).max()}
    np.testing.assert_allclose(mapped, batch, **close)
    np.testing.assert_allclose(nested, batch[None, :, None], **close)
    np.testing.assert_array_equal(mapped_counts, counts)
    np.testing.assert_array_equal(nested_counts, counts[None, :, None])


@EACH
def test_frames_keeps_the_first_and_fills_up(frontend, samples):
    every, counts = compute(dataclasses.replace(frontend, frames=None), samples, LENGTHS)
    for frames in (7, every.shape[1] + 3):
        cut = dataclasses.replace(frontend, frames=frames)
        kept, kept_counts = compute(cut, samples, LENGTHS)
        assert kept.shape == (len(samples), frames, every.shape[2])
        np.testing.assert_array_equal(kept[:, : every.shape[1]], every[:, :frames])
        assert not np.any(kept[:, every.shape[1] :])
        np.testing.assert_array_equal(kept_counts, np.minimum(counts, frames))


@EACH
def test_gradients_are_finite_in_silence(frontend):
    gradient = jax.jit(jax.grad(lambda x: frontend(x)[0].sum()))(jnp.zeros(SAMPLES))
    assert np.all(np.isfinite(gradient))


@EACH
def test_no_samples_raise_in_one_line(frontend):
    with pytest.raises(UserError, match=r'^0 samples give no frame: .*longer slices$'):
        frontend(jnp.zeros((2, 0)))
