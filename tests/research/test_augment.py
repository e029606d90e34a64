import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research.augment import (
    KINDS,
    Gain,
    Mixup,
    Noise,
    RandomCrop,
    SpecAugment,
    Speed,
    Transpose,
)

KEYS = np.asarray(jax.random.split(jax.random.PRNGKey(0), 2000))
LENGTH = 700


def _input(augmentation) -> np.ndarray:
    shape = (900, 8) if augmentation.domain == 'features' else (900,)
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


_apply = jax.jit(
    lambda augmentation, keys, x, length: jax.vmap(augmentation, (0, None, None))(keys, x, length),
    static_argnums=0,
)


def apply(augmentation, x, length=LENGTH, keys=KEYS):
    """One result for each key, in numpy."""
    arrays = jnp.asarray(keys), jnp.asarray(x), jnp.asarray(length)
    return jax.device_get(_apply(augmentation, *arrays))


CHANGES = [
    Gain(),
    Noise(),
    Speed(),
    SpecAugment(time_masks=2, max_time=60.0, freq_masks=2, max_freq=3.0),
]
EACH = pytest.mark.parametrize('augmentation', CHANGES, ids=lambda each: type(each).__name__)


def test_every_kind_is_tested():
    assert {type(each) for each in CHANGES} | {Mixup, RandomCrop, Transpose} == set(KINDS.values())


@EACH
def test_key_alone_decides(augmentation):
    x, keys = _input(augmentation), KEYS[:20]
    drawn = apply(augmentation, x, keys=keys)
    np.testing.assert_array_equal(apply(augmentation, x, keys=keys), drawn)
    np.testing.assert_array_equal(apply(augmentation, x, keys=keys[::-1])[::-1], drawn)
    np.testing.assert_array_equal(apply(augmentation, x, keys=keys[3:5]), drawn[3:5])
    assert not any(np.array_equal(drawn[0], other) for other in drawn[1:])


@EACH
def test_padding_is_untouched_and_without_influence(augmentation):
    past = np.arange(900) >= LENGTH
    changed = []
    for junk in (0, np.nan, 1e6):
        x = _input(augmentation)
        x[past] = junk
        changed.append(apply(augmentation, x, keys=KEYS[:20]))
        np.testing.assert_array_equal(
            changed[-1][:, past], np.full_like(changed[-1][:, past], junk)
        )
        np.testing.assert_array_equal(changed[-1][:, ~past], changed[0][:, ~past])


@EACH
def test_nothing_valid_is_nothing_changed(augmentation):
    x = _input(augmentation)
    changed = apply(augmentation, x, length=0, keys=KEYS[:20])
    np.testing.assert_array_equal(changed, np.stack([x] * 20))


@pytest.mark.parametrize(
    'augmentation',
    [Gain(max_db=0.0), Speed(max_semitones=0.0), SpecAugment(max_time=0.0, max_freq=0.0)],
    ids=str,
)
def test_no_strength_changes_no_bit(augmentation):
    x = _input(augmentation)
    np.testing.assert_array_equal(apply(augmentation, x, keys=KEYS[:20]), np.stack([x] * 20))


@pytest.mark.parametrize(
    ('augmentation', 'field'),
    [(Gain(), 'max_db'), (Noise(), 'min_snr_db'), (SpecAugment(), 'max_time')],
    ids=str,
)
def test_traced_strengths_equal_plain_ones(augmentation, field):
    x, length, strengths = _input(augmentation), jnp.asarray(LENGTH), [3.5, 12.0]

    def run(strength, key):
        stronger = dataclasses.replace(augmentation, **{field: strength})
        return stronger(key, jnp.asarray(x), length)

    grid = jax.vmap(jax.vmap(run, in_axes=(None, 0)), in_axes=(0, None))
    together = jax.device_get(jax.jit(grid)(jnp.asarray(strengths), KEYS[:20]))
    for strength, traced in zip(strengths, together, strict=True):
        plain = dataclasses.replace(augmentation, **{field: strength})
        np.testing.assert_allclose(traced, apply(plain, x, keys=KEYS[:20]), rtol=1e-5, atol=1e-6)


def test_typed_keys_draw_the_same_as_raw_ones():
    x, length = jnp.asarray(_input(Gain())), jnp.asarray(LENGTH)
    raw = jnp.asarray(KEYS[0])
    typed = jax.random.wrap_key_data(raw)
    np.testing.assert_array_equal(Gain()(typed, x, length), Gain()(raw, x, length))


def test_crop_shifts_are_uniform_over_the_whole_numbers_on_both_sides():
    @jax.jit
    def offsets(shift_s):
        return jax.vmap(lambda key: RandomCrop(shift_s).offset(key, 10))(KEYS)

    counts = np.bincount(np.asarray(offsets(0.5)) + 5, minlength=11)
    assert len(counts) == 11
    # Each of the 11 comes 182 times, give or take 13: five of these.
    assert np.all(abs(counts - len(KEYS) / 11) < 65)
    assert not np.any(offsets(0.0))


def test_gain_is_one_factor_with_a_level_uniform_in_its_bounds():
    x = _input(Gain())
    changed = apply(Gain(max_db=9.0), x)[:, :LENGTH].astype(np.float64)
    factors = changed / x[:LENGTH]
    np.testing.assert_allclose(factors, np.broadcast_to(factors[:, :1], factors.shape), rtol=1e-5)
    levels_db = 20 * np.log10(factors[:, 0])
    assert np.all(abs(levels_db) <= 9.0 + 1e-4)
    quarters = np.histogram(levels_db, bins=4, range=(-9.001, 9.001))[0]
    assert np.all(abs(quarters - 500) < 100)


def test_noise_is_white_at_a_ratio_uniform_in_its_bounds():
    x = _input(Noise())
    noise = apply(Noise(5.0, 25.0), x)[:, :LENGTH].astype(np.float64) - x[:LENGTH]
    ratio = np.mean(x[:LENGTH] ** 2) / np.mean(noise**2, axis=1)
    snr_db = 10 * np.log10(ratio)
    # 700 draws know their own variance to 0.23 dB: five of these.
    assert np.all((snr_db > 5.0 - 1.2) & (snr_db < 25.0 + 1.2))
    assert np.all(abs(np.histogram(snr_db, bins=4, range=(5, 25))[0] - 500) < 110)
    white = noise / noise.std(axis=1, keepdims=True)
    neighbours = np.mean(white[:, 1:] * white[:, :-1])
    assert abs(neighbours) < 5 / np.sqrt(white.size)
    assert abs(np.mean(white**4) - 3) < 0.05


def test_noise_on_silence_is_silence():
    assert not np.any(apply(Noise(), np.zeros(900, np.float32)))


def test_spec_augment_equals_masks_put_by_hand():
    policy = SpecAugment(time_masks=2, max_time=90.0, freq_masks=1, max_freq=3.0)
    x, keys = _input(policy), KEYS[:100]

    @jax.jit
    @jax.vmap
    def draws(key):
        """Widths and starts over time, then over frequency, in [0, 1)."""
        over_time, over_freq = map(jax.random.split, jax.random.split(key))
        return (
            [jax.random.uniform(each, (2,)) for each in over_time],
            [jax.random.uniform(each, (1,)) for each in over_freq],
        )

    changed = apply(policy, x, keys=keys)
    over_time, over_freq = jax.device_get(draws(keys))
    for row, result in enumerate(changed):
        hidden = np.zeros(x.shape, bool)
        for width, start in zip(over_time[0][row], over_time[1][row], strict=True):
            width = int(width * 91)
            start = int(start * (LENGTH - width + 1))
            hidden[start : start + width] = True
        width = int(over_freq[0][row, 0] * 4)
        start = int(over_freq[1][row, 0] * (8 - width + 1))
        hidden[:, start : start + width] = True
        hidden[LENGTH:] = False
        expected = np.where(hidden, x[:LENGTH].mean(), x)
        np.testing.assert_allclose(result, expected, atol=1e-6)


def test_spec_augment_widths_are_uniform_and_stay_inside_the_valid_frames():
    x = np.random.default_rng(0).uniform(1, 2, (40, 4)).astype(np.float32)
    for length, widest in ((30, 9), (6, 6)):
        policy = SpecAugment(time_masks=1, max_time=9.5, freq_masks=0)
        hidden = np.all(apply(policy, x, length=length) != x, axis=2)
        assert not np.any(hidden[:, length:])
        counts = np.bincount(hidden.sum(axis=1), minlength=widest + 1)
        assert len(counts) == widest + 1
        assert np.all(abs(counts - len(KEYS) / (widest + 1)) < 0.4 * len(KEYS) / (widest + 1))
        # One span: at most one beginning.
        assert np.all(np.diff(hidden.astype(int), axis=1, prepend=0).clip(min=0).sum(axis=1) <= 1)
        assert hidden[:, 0].any()
        assert hidden[:, length - 1].any()


def test_keys_are_whole_and_evenly_spread_with_both_ends():
    draw = jax.jit(jax.vmap(Transpose(semitones=2.0).shift))
    shifts = np.asarray(draw(jax.random.split(jax.random.PRNGKey(0), 5000)))
    values, counts = np.unique(shifts, return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2]
    assert (np.abs(counts - 1000) < 120).all()  # four standard deviations
    none = jax.vmap(Transpose(semitones=0.0).shift)
    assert not none(jax.random.split(jax.random.PRNGKey(1), 50)).any()


def test_speed_plays_a_long_tone_higher_or_lower_by_a_uniform_interval():
    size, rate_hz = 300_000, 16_000
    tone = np.sin(2 * np.pi * 440 * np.arange(size) / rate_hz).astype(np.float32)
    keys = KEYS[:3]
    played = apply(Speed(4.0), tone, length=size, keys=keys)
    semitones = 4 * np.asarray(jax.vmap(lambda key: jax.random.uniform(key, minval=-1.0))(keys))
    for wave, change in zip(played, semitones, strict=True):
        factor = 2 ** (change / 12)
        whole = int(min(size / factor, size)) - 1
        time_s = np.arange(whole) / rate_hz
        # A line through two samples of a sine of 440 Hz is off by 0.0037 at most.
        np.testing.assert_allclose(
            wave[:whole], np.sin(2 * np.pi * 440 * factor * time_s), atol=0.005
        )
    assert len(set(np.sign(semitones))) == 2


def test_speed_begins_anew_where_a_faster_slice_runs_out():
    x = np.arange(900, dtype=np.float32)
    faster = 0
    for wave in apply(Speed(12.0), x, keys=KEYS[:20])[:, :LENGTH].astype(np.float64):
        factor = np.median(np.diff(wave))
        places = (np.arange(LENGTH) * factor) % LENGTH
        smooth = places < LENGTH - 1
        np.testing.assert_allclose(wave[smooth], places[smooth], atol=0.05)
        faster += factor > 1
    assert 3 < faster < 17
