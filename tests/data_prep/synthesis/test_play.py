import numpy as np
import pytest

from data_prep.notes import PERCUSSION, arrange
from data_prep.synthesis.play import play

RATE_HZ = 8000


def made(events, program=0, tempi=()):
    tempi = np.array(tempi, np.int64).reshape(-1, 2)
    return arrange(np.array(events, np.int64).reshape(-1, 5), 480, tempi, [''], [program])


@pytest.mark.parametrize('pitch', [57, 69, 81])
def test_a_note_sounds_at_its_pitch(pitch):
    sound = play(made([[0, pitch, 960, 64, 0]]), RATE_HZ)
    strongest = np.argmax(np.abs(np.fft.rfft(sound))) * RATE_HZ / len(sound)
    assert strongest == pytest.approx(440 * 2 ** ((pitch - 69) / 12), abs=1.0)


def test_notes_sound_at_their_time_by_the_tempo_and_as_loud_as_played():
    piece = made([[0, 69, 240, 127, 0], [1920, 69, 240, 32, 0]], tempi=[(960, 1_000_000)])
    sound = play(piece, RATE_HZ)
    assert len(sound) == round((3.5 + 0.08) * RATE_HZ)  # two quarters of 0.5 s, then of 1 s
    assert np.abs(sound[: RATE_HZ // 4]).max() == pytest.approx(0.9)
    assert not sound[RATE_HZ : 3 * RATE_HZ].any()
    later = np.abs(sound[3 * RATE_HZ :]).max()
    assert later == pytest.approx(0.9 * 32 / 127, rel=0.02)


def test_percussion_is_a_click_without_a_pitch():
    one, other = (play(made([[0, key, 4800, 64, 0]], PERCUSSION), RATE_HZ) for key in (35, 80))
    np.testing.assert_array_equal(one, other)
    assert not one[RATE_HZ:].any()


def test_so_many_seconds_are_the_beginning_of_all():
    piece = made([[0, 60, 960, 64, 0], [480, 64, 9600, 64, 0]])
    part, whole = play(piece, RATE_HZ, 1.5), play(piece, RATE_HZ)
    assert len(part) == 1.5 * RATE_HZ
    # Each is scaled to its own loudest sample.
    unit = [sound[: len(part)] / np.abs(sound[: len(part)]).max() for sound in (part, whole)]
    np.testing.assert_allclose(*unit, atol=1e-6)


def test_a_piece_without_notes_is_silent():
    assert not play(made([]), RATE_HZ).any()


def test_partials_above_half_the_rate_are_left_out():
    sound = play(made([[0, 127, 480, 64, 0]]), RATE_HZ)
    assert not sound.any()
