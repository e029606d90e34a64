import numpy as np
import pytest
import soundfile

from data_prep.notes import arrange
from research import rendering
from research.errors import UserError

NO_TEMPI = np.zeros((0, 2), np.int64)


def piece(*rows):
    return arrange(np.array(rows), 480, NO_TEMPI, ('',), (0,))


def test_each_note_sounds_at_its_time_and_pitch(tmp_path):
    seconds = rendering.write(tmp_path / 'a.wav', piece((0, 69, 480, 64, 0), (960, 81, 480, 64, 0)))
    sound, rate_hz = soundfile.read(tmp_path / 'a.wav')
    assert (len(sound) / rate_hz, rate_hz) == (seconds, 22_050)
    assert seconds == pytest.approx(1.58, abs=0.01)  # 1.5 s at 120 a minute, and the release
    for first_s, hertz in ((0.0, 440), (1.0, 880)):
        heard = sound[round(first_s * rate_hz) :][: rate_hz // 2]
        loudest = np.argmax(np.abs(np.fft.rfft(heard))) * rate_hz / len(heard)
        assert loudest == pytest.approx(hertz, abs=3)
    assert np.abs(sound[round(0.6 * rate_hz) : round(0.99 * rate_hz)]).max() == 0


def test_more_than_an_hour_is_refused(tmp_path):
    with pytest.raises(UserError, match='at most 3,600 are rendered'):
        rendering.write(
            tmp_path / 'a.wav', piece((0, 69, 480, 64, 0), (960 * 3600, 81, 480, 64, 0))
        )
    assert not (tmp_path / 'a.wav').exists()


def test_a_folder_that_is_not_there_is_named_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r'nowhere.* cannot be written'):
        rendering.write(tmp_path / 'nowhere' / 'a.wav', piece((0, 69, 480, 64, 0)))
