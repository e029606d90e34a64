import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import signal

import experiments
from research import batches, clips, corpora, overrides
from research.frontends.resample import factors

RATES = [(8000, 16000), (22050, 16000), (44100, 16000), (16000, 22050)]


def noise(count, seed=0):
    return np.random.default_rng(seed).integers(-20000, 20000, count).astype(np.int16)


@pytest.mark.parametrize('rates', RATES)
def test_resampled_is_scipys_polyphase_rounded(rates):
    audio = noise(30_001)
    up, down = factors(*rates)
    window = ('kaiser', 5.0)
    exact = signal.resample_poly(audio.astype(np.float64), up, down, window=window)
    ours = clips.resampled(audio, rates[0], rates[1], 0, len(exact))
    assert ours.dtype == np.int16
    np.testing.assert_allclose(ours, np.clip(exact, -32768, 32767), atol=0.51)


@pytest.mark.parametrize('rates', [*RATES, (16000, 16000)])
def test_a_window_holds_the_bits_of_the_whole_and_zeros_past_it(rates):
    audio = noise(40_000)
    end = -(-len(audio) * rates[1] // rates[0])
    whole = np.pad(clips.resampled(audio, rates[0], rates[1], 0, end), (0, 5000))
    for start in (0, 1, 319, 7777, end - 20, end, end + 100):
        window = clips.resampled(audio, rates[0], rates[1], start, start + 4000)
        np.testing.assert_array_equal(window, whole[start : start + 4000])


def test_loud_sound_is_cut_to_the_range_and_does_not_wrap():
    square = np.repeat(np.tile(np.array([32767, -32768], np.int16), 50), 40)
    ours = clips.resampled(square, 22050, 16000, 0, 2900)
    exact = signal.resample_poly(square.astype(np.float64), 320, 441, window=('kaiser', 5.0))[:2900]
    assert (ours[exact > 32767] == 32767).all()
    assert (ours[exact < -32768] == -32768).all()
    assert (exact > 32767).any()


@pytest.mark.parametrize(
    'augment',
    [
        (),
        ('augment=RandomCrop',),
        ('augment=RandomCrop', 'augment.0.shift_s=1000'),
        ('augment=RandomCrop,Gain,RandomCrop,Noise',),
    ],
)
def test_a_window_gives_a_step_the_bits_that_whole_recordings_give(drawn, augment):
    corpus = drawn([(8000, 9.0), (22050, 0.5), (16000, 4.0), (22050, 5.3)] * 6)
    sliced = ['frontend.rate_hz=16000', 'data.slice_s=1', 'data.slices=3']
    experiment = overrides.apply(experiments.build('genre_mlp'), [*sliced, *augment])
    examples = corpora.cut(corpus, experiment.data, 16000)['train']
    chosen = np.random.default_rng(1).permutation(len(examples))[:9].astype(np.int32)
    keys = jax.vmap(jax.random.PRNGKey)(jnp.arange(len(chosen)))
    fetch = jax.jit(lambda data, rows: batches.fetch(experiment, data, rows, keys))
    whole = fetch(clips.whole(experiment, corpus, examples), chosen)
    windows = clips.Windows(experiment, corpus, examples)(chosen)
    for ours, expected in zip(fetch(windows, np.arange(9)), whole, strict=True):
        np.testing.assert_array_equal(ours, expected)
    if augment:
        moved = fetch(windows, np.arange(9))[0]
        still = batches.fetch(experiment, windows, np.arange(9), None)[0]
        assert np.abs(moved - still).max() > 1


@pytest.mark.parametrize('rates', [*RATES, (16000, 16000)])
def test_what_is_heard_is_all_that_outputs_depend_on_and_no_more(rates):
    audio, stop = noise(9000), 2500
    needed = int(clips.heard(stop, rates[0], rates[1]))
    exact = clips.resampled(audio, rates[0], rates[1], 0, stop)
    cut = np.where(np.arange(len(audio)) < needed, audio, 0).astype(np.int16)
    np.testing.assert_array_equal(clips.resampled(cut, rates[0], rates[1], 0, stop), exact)
    up, down = factors(*rates)
    reach = 10 * max(up, down) if up != down else 0
    assert (needed - 1) * up <= (stop - 1) * down + reach < needed * up


def test_a_long_recording_is_held_as_far_as_a_step_may_hear_it(drawn):
    corpus = drawn([(22_050, 40.0)] * 12)
    changes = ['frontend.rate_hz=16000', 'data.slice_s=3', 'data.slices=1', 'augment=RandomCrop']
    experiment = overrides.apply(experiments.build('genre_mlp'), changes)
    examples = corpora.cut(corpus, experiment.data, 16_000)['train']
    held = clips.whole(experiment, corpus, examples)
    [crop] = experiment.augment
    shift = crop.shift_s * 16_000  # pyright: ignore[reportAttributeAccessIssue]
    assert 0 <= held.clips.shape[1] - (6 * 16_000 + shift) < 10
    assert held.clips.nbytes == clips.whole_bytes(experiment, corpus, examples)
    assert held.ends.tolist() == [640_000] * len(examples)


def test_a_window_is_no_wider_than_a_crop_can_reach(drawn):
    corpus = drawn([(16000, 20.0)] * 12)
    sliced = ['frontend.rate_hz=16000', 'data.slice_s=1', 'augment=RandomCrop']
    experiment = overrides.apply(experiments.build('genre_mlp'), sliced)
    examples = corpora.cut(corpus, experiment.data, 16000)['train']
    windows = clips.Windows(experiment, corpus, examples)
    assert 3 * 16000 <= windows.width < 3 * 16000 + 10
    assert windows(np.arange(2, dtype=np.int32)).clips.shape == (2, windows.width)
