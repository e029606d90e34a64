import numpy as np
import pytest

from data_prep.synthesis import acoustics
from data_prep.synthesis.additive import stream

RATE_HZ = 22_050


@pytest.mark.parametrize('samples', [1000, 66_150, 400_000])  # one piece, and several
def test_noise_has_the_wished_spectrum_and_power(samples):
    gain = acoustics.bump(2000.0, 0.3)
    drawn = [acoustics.noise(stream(f'{k}'), samples, RATE_HZ, gain) for k in range(8)]
    assert all(len(sound) == samples for sound in drawn)
    np.testing.assert_allclose(np.mean(np.square(drawn), axis=1), 1)
    power = np.mean([np.abs(np.fft.rfft(sound * np.hanning(samples))) ** 2 for sound in drawn], 0)
    hertz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    octaves = np.log2(hertz[1:] / 2000)

    def height(octave):
        return power[1:][np.abs(octaves - octave) < 0.05].mean()

    # Power is the amplitude squared: exp(-1) of the peak at one width, exp(-4) at two.
    for octave in (-0.3, 0.3):
        assert height(octave) / height(0) == pytest.approx(np.exp(-1), rel=0.5)
        assert height(2 * octave) / height(0) == pytest.approx(np.exp(-4), rel=0.8)


def test_pieces_of_noise_meet_without_a_step_in_power():
    piece = acoustics._PIECE - acoustics._FADE
    drawn = [acoustics.noise(stream(f'{k}'), 300_000, RATE_HZ, np.ones_like) for k in range(40)]
    power = np.mean(np.square(drawn), axis=0)
    seam = power[piece - acoustics._FADE : piece].mean()
    # 2,048 x 40 squares of normals have a mean of 1 within 0.005.
    assert seam == pytest.approx(1, abs=0.03)


def test_far_gives_the_direct_sound_at_once_and_echoes_of_the_stated_energy():
    click = np.zeros(100)
    click[0] = 1.0
    heard = acoustics.far(click, RATE_HZ, stream('a'), lowpass_hz=1e9, decay_s=0.5, echo=0.25)
    assert len(heard) == 100 + round(0.5 * RATE_HZ)
    assert heard[0] == pytest.approx(1)
    assert np.sum(heard[1:] ** 2) == pytest.approx(0.25, rel=1e-6)
    early, late = np.array_split(heard[1:], 2)
    assert np.sum(early**2) > 100 * np.sum(late**2)  # 30 dB a half


def test_far_loses_three_decibels_at_the_corner():
    time = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = np.sin(2 * np.pi * 1000 * time)
    heard = acoustics.far(tone, RATE_HZ, stream('a'), lowpass_hz=1000, decay_s=0.1, echo=0.0)
    steady = slice(RATE_HZ // 2, RATE_HZ)
    assert np.mean(heard[steady] ** 2) / np.mean(tone[steady] ** 2) == pytest.approx(0.5, rel=0.01)


def test_silence_has_no_level():
    np.testing.assert_array_equal(acoustics.level(np.zeros(5)), np.zeros(5))


@pytest.mark.parametrize('samples', [1, 2, 3, 7, 1000, 66_150, 3_969_000, 1 << 17])
def test_padded_lengths_are_long_enough_and_fast(samples):
    padded = acoustics._padded(samples)
    assert samples <= padded <= 1.25 * samples
    while padded % 2 == 0:
        padded //= 2
    assert padded in (1, 3, 5, 7)
