import dataclasses

import numpy as np
import pytest

from data_prep.synthesis import additive

NOTES = np.array([[0, 1, 60], [1, 1, 64], [2, 2, 67], [2, 2, 48]], dtype=np.float64)


def test_a_name_gives_one_sound_and_another_name_another():
    one = additive.render(NOTES, 'a', 2.0)
    np.testing.assert_array_equal(one, additive.render(NOTES, 'a', 2.0))
    assert not np.array_equal(one, additive.render(NOTES, 'b', 2.0))


def test_level_is_the_one_that_was_drawn():
    for name in 'abcd':
        voice = additive.draw_voice(additive.stream(name))
        sound = additive.render(NOTES, name, 3.0)
        level_db = 20 * np.log10(np.sqrt(np.mean(sound**2)) / 32767)
        assert level_db == pytest.approx(voice.level_db, abs=0.01)  # the noise lies 35 dB below
        assert len(sound) == 3 * additive.RATE_HZ


def test_the_sound_has_the_pitch_of_the_note():
    notes = np.array([[0.0, 8.0, 60.0]])
    for name in 'abc':
        voice = additive.draw_voice(additive.stream(name))
        spectrum = np.abs(np.fft.rfft(additive.render(notes, name, 4.0)))
        hertz = 440 * 2 ** ((round(voice.middle_midi) - 69) / 12)
        heard = spectrum[: int(1.5 * hertz * 4)].argmax() / 4
        assert heard == pytest.approx(hertz, rel=0.02)


def test_harmonics_equal_their_sum():
    phase = np.linspace(-3, 40, 501)
    partials = (1.0, 0.3, 0.0, -0.2, 0.07)
    wanted = sum(a * np.sin((k + 1) * phase) for k, a in enumerate(partials))
    np.testing.assert_allclose(additive._harmonics(phase, partials), wanted, atol=1e-12)


def test_onsets_come_at_the_drawn_rate_and_a_short_piece_is_repeated():
    rng = additive.stream('a')
    voice = dataclasses.replace(additive.draw_voice(rng), onsets_hz=2.0, middle_midi=60.0)
    played = additive._excerpt(NOTES, voice, 15.0)
    # Three onsets in a turn of four quarters; at two a second a turn takes 1.5 s.
    assert len(played) == 10 * len(NOTES)
    np.testing.assert_allclose(np.unique(played[:4, 0]), [0, 0.375, 0.75])
    np.testing.assert_allclose(played[4:8, 0] - played[:4, 0], 1.5)
    assert (played[:, 0] + played[:, 1]).max() == pytest.approx(15.0)


def test_middle_of_the_pitches_is_moved_to_the_drawn_one():
    voice = dataclasses.replace(additive.draw_voice(additive.stream('a')), middle_midi=65.0)
    for shift in (-20, 0, 13):
        played = additive._excerpt(NOTES + np.array([0, 0, shift]), voice, 60.0)
        assert abs(np.average(played[:, 2], weights=played[:, 1]) - 65) < 1


def test_a_long_piece_is_heard_in_part_and_without_notes_outside():
    notes = np.stack([np.arange(400.0), np.full(400, 3.0), np.full(400, 60.0)], 1)
    voice = dataclasses.replace(additive.draw_voice(additive.stream('a')), start=0.5)
    played = additive._excerpt(notes, voice, 10.0)
    assert played[:, 0].min() == 0
    assert (played[:, 1] > 0).all()
    assert (played[:, 0] + played[:, 1]).max() <= 10.0 + 1e-9
