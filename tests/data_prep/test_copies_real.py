import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep import copies, jsb, sketches
from data_prep.cards import Wish

real = pytest.mark.skipif(
    'AUDIOGRID_REAL_DATA' not in os.environ, reason='AUDIOGRID_REAL_DATA names no folder'
)


def recordings(pattern):
    for path in sorted(Path(os.environ['AUDIOGRID_REAL_DATA']).glob(pattern)):
        sound, rate_hz = soundfile.read(path, dtype='int16')
        yield path.stem, sound, rate_hz


@real
@pytest.mark.parametrize(
    'pattern', ['gtzan/genres_original/*/*.wav', 'librispeech/LibriSpeech/dev-clean/*/*/*.flac']
)
def test_real_songs_and_sentences_are_no_copies_of_each_other(pattern):
    whole, cut = {}, {}
    for name, sound, rate_hz in recordings(pattern):
        whole[name] = sketches.audio(sound, rate_hz)
        if len(sound) > 4 * rate_hz:
            cut[f'{name} cut'] = sketches.audio(sound[rate_hz + 7 :], rate_hz)
    assert copies.clusters([*whole], [*whole], [*whole.values()], 'audio').pairs == []
    every = whole | cut
    found = copies.clusters([*every], [*every], [*every.values()], 'audio').pairs
    wanted = {(name.removesuffix(' cut'), name) for name in cut}
    assert {(pair.a, pair.b) for pair in found} <= wanted
    assert len(found) >= 0.99 * len(wanted)


@real
def test_clips_are_found_in_the_recordings_of_a_forest():
    recording = {}
    for name, sound, rate_hz in recordings('capuchin/Forest Recordings/*.mp3'):
        mono = sound.mean(axis=1).astype(np.int16)
        recording[name] = sketches.audio(mono, rate_hz)
        clip = sketches.audio(mono[50 * rate_hz + 11 : 53 * rate_hz + 11], rate_hz)
        recording[f'{name} clip'] = clip
    names = list(recording)
    found = copies.clusters(names, names, list(recording.values()), 'audio').pairs
    wanted = {(name, f'{name} clip') for name in names[::2]}
    assert wanted <= {(pair.a, pair.b) for pair in found}


@real
def test_the_public_split_of_the_chorales_has_hymns_on_both_sides():
    source = Path(os.environ['AUDIOGRID_REAL_DATA']) / 'midi' / 'jsb'
    entries = jsb.find_16th(Wish(source=source)).entries
    sketched = [sketches.notes(jsb.load_16th(entry)) for entry in entries]
    names = [entry.item for entry in entries]
    part = {entry.item: entry.columns['part'] for entry in entries}
    pairs = copies.clusters(names, names, sketched, 'notes').pairs
    across = sum(part[pair.a] != part[pair.b] for pair in pairs)
    assert 30 < across < 100
