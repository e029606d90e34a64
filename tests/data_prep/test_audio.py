import contextlib
import itertools
import os
from pathlib import Path

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


def test_what_is_no_file_on_disk_is_refused_unread(tmp_path):
    os.mkfifo(tmp_path / 'pipe.wav')  # to open it would wait for a writer
    for path in (tmp_path / 'pipe.wav', Path('/dev/null'), tmp_path):
        with pytest.raises(UnreadableAudio, match=r'^no regular file$'):
            decode(path)


@pytest.mark.parametrize('channels', [2, 3, 6])
@pytest.mark.parametrize('subtype', ['PCM_16', 'PCM_24', 'FLOAT', 'DOUBLE'])
def test_channels_are_averaged_as_in_double_precision(tmp_path, channels, subtype):
    values = np.random.default_rng(channels).uniform(-0.9, 0.9, (70_000, channels))
    soundfile.write(tmp_path / 'a.wav', values, 22_050, subtype=subtype)
    exact, _ = soundfile.read(tmp_path / 'a.wav', dtype='float64')
    np.testing.assert_array_equal(
        decode(tmp_path / 'a.wav').samples, np.rint(exact.mean(axis=1) * 32768)
    )


@pytest.mark.parametrize('suffix', ['mp3', 'ogg'])
def test_single_precision_is_enough_for_what_is_coded_with_loss(tmp_path, suffix):
    values = np.random.default_rng(0).uniform(-0.5, 0.5, (70_000, 2))
    soundfile.write(tmp_path / f'a.{suffix}', values, 22_050)
    with soundfile.SoundFile(tmp_path / f'a.{suffix}') as file:
        exact = file.read(dtype='float64')  # soundfile.read seeks first, and MP3 comes out other
    wanted = np.clip(np.rint(exact.mean(axis=1) * 32768), -32768, 32767)
    np.testing.assert_array_equal(decode(tmp_path / f'a.{suffix}').samples, wanted)


@pytest.mark.parametrize('suffix', ['wav', 'flac', 'ogg', 'au'])
def test_content_and_not_the_extension_tells_the_format(tmp_path, suffix):
    soundfile.write(tmp_path / 'a.mp3', 0.5 * np.sin(np.arange(30_000) * 0.05), 22_050)
    right = decode(tmp_path / 'a.mp3').samples
    wrong = (tmp_path / 'a.mp3').rename(tmp_path / f'a.{suffix}')
    np.testing.assert_array_equal(decode(wrong).samples, right)


@pytest.mark.parametrize('suffix', ['wav', 'au', 'flac', 'ogg', 'mp3'])
@pytest.mark.parametrize('length', [100, 2400, 10_000])
def test_text_is_refused_under_any_extension(tmp_path, suffix, length):
    (tmp_path / f'a.{suffix}').write_text('no sound but words\n' * length)
    with pytest.raises(UnreadableAudio, match='not readable as audio'):
        decode(tmp_path / f'a.{suffix}')


@pytest.mark.parametrize('rate_hz', [1, 999, 384_001])
def test_a_rate_that_is_no_sound_is_refused(tmp_path, write_wav, clip, rate_hz):
    with pytest.raises(UnreadableAudio, match=f'a rate of {rate_hz:,} Hz'):
        decode(write_wav(tmp_path / 'a.wav', clip('a'), rate_hz))


@pytest.mark.parametrize('rate_hz', [1000, 192_000, 384_000])
def test_a_rate_that_is_rare_is_taken(tmp_path, write_wav, clip, rate_hz):
    assert decode(write_wav(tmp_path / 'a.wav', clip('a'), rate_hz)).rate_hz == rate_hz


def in_runs(samples):
    """Samples at full scale with at least two like neighbours in a row, counted one by one."""
    sides = [1 if x == 32767 else -1 if x <= -32767 else 0 for x in samples.tolist()]
    lengths = [(side, len(list(run))) for side, run in itertools.groupby(sides)]
    return sum(length for side, length in lengths if side and length >= 3)


def test_clipped_samples_are_counted_as_by_hand(tmp_path, write_wav):
    random = np.random.default_rng(1)
    loud = np.array([32767, 32766, -32768, -32767, 5], np.int16)
    for _ in range(200):
        samples = np.repeat(random.choice(loud, 8), random.integers(1, 5, 8))
        found = decode(write_wav(tmp_path / 'a.wav', samples))
        assert found.clipped == in_runs(samples)


def test_a_sample_that_was_cut_within_a_run_counts_once(tmp_path):
    values = np.array([0, 1.5, 1.5, 1.5, 1.5, 0, -2.0, 0], dtype=np.float32)
    soundfile.write(tmp_path / 'a.wav', values, 22_050, subtype='FLOAT')
    assert decode(tmp_path / 'a.wav').clipped == 5


def test_mono_16_bit_flac_comes_with_its_bytes(tmp_path, clip):
    for name, samples, kind in [
        ('a.flac', clip('a'), 'PCM_16'),
        ('b.flac', clip('a'), 'PCM_24'),
        ('c.flac', np.stack([clip('a')] * 2, axis=1), 'PCM_16'),
        ('d.wav', clip('a'), 'PCM_16'),
    ]:
        soundfile.write(tmp_path / name, samples, 22_050, subtype=kind)
        coded = (tmp_path / name).read_bytes() if name == 'a.flac' else b''
        assert decode(tmp_path / name).flac == coded


def test_flac_from_a_pipe_is_refused_with_what_to_do(tmp_path, clip):
    soundfile.write(tmp_path / 'a.flac', clip('a'), 22_050, subtype='PCM_16')
    data = bytearray((tmp_path / 'a.flac').read_bytes())
    data[21] &= 0xF0  # the 36 bits of STREAMINFO that count the samples; 0 is unknown
    data[22:26] = bytes(4)
    (tmp_path / 'a.flac').write_bytes(data)
    with pytest.raises(UnreadableAudio, match=r'declares no length.*code it anew'):
        decode(tmp_path / 'a.flac')


@pytest.mark.parametrize('suffix', ['wav', 'au', 'flac', 'ogg', 'mp3'])
def test_whatever_is_wrong_with_a_header_is_unreadable_and_no_other_error(tmp_path, suffix, capfd):
    random = np.random.default_rng(len(suffix))
    path = tmp_path / f'a.{suffix}'
    soundfile.write(path, 0.5 * np.sin(np.arange(3000) * 0.05), 22_050)
    whole = path.read_bytes()
    for _ in range(300):
        data = bytearray(whole)
        for place in random.integers(0, min(len(data), 150), 3):
            data[place] = random.integers(256)
        path.write_bytes(data)
        with contextlib.suppress(UnreadableAudio):
            assert decode(path).samples.dtype == np.int16


def test_to_int16_rounds_half_to_even():
    np.testing.assert_array_equal(to_int16(np.array([0.5, 1.5, -2.5]), 1).samples, [0, 2, -2])
