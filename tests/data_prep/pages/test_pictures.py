import base64
import io
import math

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread

from data_prep.audio import Recording
from data_prep.notes import Notes
from data_prep.pages import pictures


def tone(pitch_hz, rate_hz, seconds=2.0, level=0.5):
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return Recording(
        np.rint(32767 * level * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.int16), rate_hz
    )


def content(uri, kind):
    head, coded = uri.split(',')
    assert head == f'data:{kind};base64'
    return base64.b64decode(coded)


def test_a_sine_at_full_scale_is_three_decibels_down_and_silence_has_no_level():
    assert pictures.level_db(tone(440, 8000, level=1).samples) == pytest.approx(-3.01, abs=0.01)
    assert pictures.level_db(np.full(9, -32768, np.int16)) == 0
    assert pictures.level_db(np.zeros(9, np.int16)) == -math.inf
    assert pictures.level_db(np.zeros(0, np.int16)) == -math.inf


@pytest.mark.parametrize('rate_hz', [500, 1000, 8000, 11_025, 22_050, 44_100, 192_000])
def test_a_spectrogram_can_be_drawn_at_any_rate(rate_hz):
    picture = pictures.spectrogram(tone(rate_hz / 8, rate_hz))
    assert picture.max() == 0
    assert picture.min() >= -pictures.RANGE_DB
    assert 350 <= picture.shape[1] <= 450 or rate_hz < 1000
    place = picture.mean(axis=1).argmax() / len(picture)
    wanted = pictures.heights(rate_hz, len(picture), [rate_hz / 8])[0]
    assert abs(place - wanted) <= 1.5 / len(picture)


def test_a_click_and_silence_are_drawn_and_a_rate_too_low_is_refused():
    assert pictures.spectrogram(Recording(np.ones(3, np.int16), 22_050)).shape[0] == 128
    silent = pictures.spectrogram(Recording(np.zeros(8000, np.int16), 8000))
    assert (silent == -pictures.RANGE_DB).all()
    with pytest.raises(ValueError, match='1 Hz is too low'):
        pictures.spectrogram(Recording(np.ones(30, np.int16), 1))


def test_a_picture_has_its_low_bands_below_and_its_loud_points_light():
    picture = np.full((4, 6), -pictures.RANGE_DB)
    picture[0, 5] = 0
    image = imread(io.BytesIO(content(pictures.png(picture), 'image/png')), format='png')
    bright = image[..., :3].sum(axis=2)
    assert bright.shape == (4, 6)
    assert np.unravel_index(bright.argmax(), bright.shape) == (3, 5)
    assert bright.min() < 0.1


@pytest.mark.parametrize('rate_hz', [1000, 8000, 16_000, 22_050, 96_000])
def test_a_sound_plays_at_its_pitch_and_length(rate_hz):
    coded = content(pictures.mp3(tone(200, rate_hz)), 'audio/mpeg')
    heard, heard_hz = soundfile.read(io.BytesIO(coded))
    assert len(heard) / heard_hz == pytest.approx(2, abs=0.1)
    spectrum = np.abs(np.fft.rfft(heard))
    assert spectrum.argmax() * heard_hz / len(heard) == pytest.approx(200, abs=2)


def test_flac_and_samples_are_read_as_they_were_written(speech, sounds):
    [first] = pictures.read(speech.directory, [1], 0.5)
    wanted = np.random.default_rng(11 + 100).normal(0, 0.1, 16_000)[:8000]
    assert isinstance(first, Recording)
    assert speech.rows[1]['item'] == '11-7-0001'
    np.testing.assert_allclose(first.samples / 32768, wanted, atol=1 / 32768)
    [bell] = pictures.read(sounds.directory, [0], 0.25)
    assert isinstance(bell, Recording)
    np.testing.assert_allclose(bell.samples, tone(1000, 8000, 0.25).samples, atol=1)


def test_notes_are_read_whole_and_played(chorales):
    [piece] = pictures.read(chorales.directory, [0], 0.1)
    assert isinstance(piece, Notes)
    assert sorted(piece.events[:, 1]) == [48, 60, 67, 72]
    heard = pictures.played(piece)
    assert 0 < len(heard.samples) <= pictures.EXCERPT_S * heard.rate_hz
    assert np.abs(heard.samples).max() > 10_000
