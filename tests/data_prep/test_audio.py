import numpy as np
import pytest
import soundfile

from data_prep.audio import decode, to_int16
from data_prep.errors import UnreadableAudio


def test_16_bit_wav_passes_bit_for_bit(tmp_path, write_wav):
    samples = np.array([0, 1, -1, 32767, -32768, 12345], dtype=np.int16)
    recording = decode(write_wav(tmp_path / 'a.wav', samples, 8000))
    np.testing.assert_array_equal(recording.samples, samples)
    assert recording.samples.dtype == np.int16
    assert (recording.rate_hz, recording.clipped) == (8000, 0)


def test_stereo_is_averaged(tmp_path, write_wav):
    stereo = np.array([[100, 300], [-7, -9], [32767, 32767]], dtype=np.int16)
    np.testing.assert_array_equal(
        decode(write_wav(tmp_path / 'a.wav', stereo)).samples, [200, -8, 32767]
    )


@pytest.mark.parametrize('declared', [None, 0xFFFFFFFF])
def test_au_is_read_with_and_without_a_declared_length(tmp_path, write_au, clip, declared):
    path = write_au(tmp_path / 'a.au', clip('a'), declared)
    np.testing.assert_array_equal(decode(path).samples, clip('a'))


@pytest.mark.parametrize('suffix', ['wav', 'au', 'flac', 'ogg', 'mp3'])
def test_a_file_cut_short_is_refused(tmp_path, suffix):
    path = tmp_path / f'a.{suffix}'
    tone = 0.5 * np.sin(np.arange(60_000) * 0.05)
    soundfile.write(path, tone, 22_050)
    assert len(decode(path).samples) >= len(tone)
    whole = path.read_bytes()
    for share in (0.9, 0.6, 0.3):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(UnreadableAudio):
            decode(path)


def test_flac_is_exact(tmp_path, clip):
    soundfile.write(tmp_path / 'a.flac', clip('a'), 22_050, subtype='PCM_16')
    np.testing.assert_array_equal(decode(tmp_path / 'a.flac').samples, clip('a'))


def test_24_bit_is_rounded_to_the_nearest(tmp_path):
    wide = np.array([256 * 5 + 127, 256 * 5 + 129, -256 * 7 - 129, 256 * 7]) * 256
    soundfile.write(tmp_path / 'a.wav', wide.astype(np.int32), 22_050, subtype='PCM_24')
    np.testing.assert_array_equal(decode(tmp_path / 'a.wav').samples, [5, 6, -8, 7])


def test_float_beyond_the_range_is_cut_and_counted(tmp_path):
    values = np.array([0.5, 1.5, -2.0, -1.0], dtype=np.float32)
    soundfile.write(tmp_path / 'a.wav', values, 22_050, subtype='FLOAT')
    recording = decode(tmp_path / 'a.wav')
    np.testing.assert_array_equal(recording.samples, [16384, 32767, -32768, -32768])
    assert recording.clipped == 2


@pytest.mark.parametrize('odd', [np.nan, np.inf])
def test_not_finite_is_refused_with_its_reason(tmp_path, odd):
    values = np.array([0.5, odd], dtype=np.float32)
    soundfile.write(tmp_path / 'a.wav', values, 22_050, subtype='FLOAT')
    with pytest.raises(UnreadableAudio, match='NaN or infinite'):
        decode(tmp_path / 'a.wav')


@pytest.mark.parametrize(
    ('content', 'reason'),
    [(b'', 'empty file'), (b'not a sound at all\n' * 9, 'not readable'), (b'RIFF', 'not readable')],
)
def test_what_is_no_sound_is_refused_with_its_reason(tmp_path, content, reason):
    (tmp_path / 'a.wav').write_bytes(content)
    with pytest.raises(UnreadableAudio, match=reason):
        decode(tmp_path / 'a.wav')


def test_a_file_without_samples_is_refused(tmp_path, write_wav):
    with pytest.raises(UnreadableAudio, match='no samples'):
        decode(write_wav(tmp_path / 'a.wav', np.zeros(0, dtype=np.int16)))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UnreadableAudio, match='No such file'):
        decode(tmp_path / 'none.wav')


def test_to_int16_rounds_half_to_even():
    np.testing.assert_array_equal(to_int16(np.array([0.5, 1.5, -2.5]), 1).samples, [0, 2, -2])
