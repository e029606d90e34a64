import numpy as np
import pytest
import soundfile

from data_prep.audio import decode
from data_prep.errors import UnreadableAudio
from research.clips import resampled
from research.predicting.sounds import blocks

FORMATS = [
    ('wav', 'PCM_16'),
    ('wav', 'PCM_24'),
    ('wav', 'FLOAT'),
    ('wav', 'PCM_U8'),
    ('au', 'ULAW'),
    ('flac', 'PCM_16'),
    ('ogg', 'VORBIS'),
    ('mp3', 'MPEG_LAYER_III'),
]


def write(folder, kind, subtype, rate_hz, channels, seconds=1.3):
    rng = np.random.default_rng(5)
    frames = 0.3 * rng.standard_normal((round(rate_hz * seconds), channels))
    path = folder / f'sound.{kind}'
    soundfile.write(path, frames.clip(-1, 1), rate_hz, subtype=subtype)
    return path


@pytest.mark.parametrize(('kind', 'subtype'), FORMATS)
@pytest.mark.parametrize('channels', [1, 2])
def test_blocks_are_the_samples_of_a_prepared_corpus_to_the_bit(kind, subtype, channels, tmp_path):
    path = write(tmp_path, kind, subtype, 44_100, channels)
    whole = decode(path)
    end = -(-len(whole.samples) * 16_000 // 44_100)
    wanted = resampled(whole.samples, 44_100, 16_000, 0, end).astype(np.float32) / 32768
    for frames in (7_001, 44_100, 2**18):
        found = list(blocks(path, 16_000, frames))
        samples = np.concatenate([each.samples for each in found])
        differing = samples != wanted
        if (kind, channels) == ('mp3', 1):
            assert abs(samples - wanted).max() <= 2 / 32768
            differing = differing[np.argsort(differing)[: -len(wanted) // 500]]
        assert not differing.any()
        assert found[-1].share == 1.0
        assert found[0].length_s == pytest.approx(len(whole.samples) / 44_100)


@pytest.mark.parametrize(
    ('source_hz', 'target_hz'),
    [(22_050, 22_050), (8_000, 22_050), (48_000, 16_000), (44_100, 22_051), (96_000, 8_000)],
)
def test_blocks_do_not_change_what_resampling_gives(source_hz, target_hz, tmp_path):
    path = write(tmp_path, 'wav', 'PCM_16', source_hz, 1, seconds=0.7)
    samples = decode(path).samples
    end = -(-len(samples) * target_hz // source_hz)
    wanted = resampled(samples, source_hz, target_hz, 0, end)
    for frames in (1_000, len(samples), len(samples) // 2):
        found = np.concatenate([each.samples for each in blocks(path, target_hz, frames)])
        np.testing.assert_array_equal(found * 32768, wanted)


def test_a_file_that_ends_before_it_says_so_is_told_where_it_ends(tmp_path, monkeypatch):
    path = write(tmp_path, 'wav', 'PCM_16', 8_000, 1)
    monkeypatch.setattr(soundfile.SoundFile, 'frames', property(lambda self: 20_000))
    given = blocks(path, 8_000, 4_000)
    assert len(next(given).samples) == 4_000
    with pytest.raises(UnreadableAudio, match='cut short: 20000 frames declared, 10400 decoded'):
        list(given)
