"""A small corpus of each kind of content, prepared once, of which everything is known."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import data_prep
from data_prep.pages.facts import Facts, gather

RATE_HZ = 8000


def _facts(name: str, data_dir: Path, source: Path, **how) -> Facts:
    quiet = {'jobs': 1, 'report': lambda line: None}
    return gather(name, data_prep.prepare(name, data_dir, source, **quiet, **how))


@pytest.fixture(scope='session')
def sounds(tmp_path_factory) -> Facts:
    """Five bells and four drums at 8 kHz, of 1 s but for one of 3 s.

    bell2 is bell1 again, bell3 has 800 samples at full scale, bell4.wav is text.
    """
    home = tmp_path_factory.mktemp('sounds')
    time_s = np.arange(RATE_HZ) / RATE_HZ
    for number in range(6):
        name = home / 'source' / 'bell' / f'bell{number}.wav'
        name.parent.mkdir(parents=True, exist_ok=True)
        pitch_hz = 1000 if number == 0 else 500 + 300 * (number - (number == 2))
        samples = 0.5 * np.sin(2 * np.pi * pitch_hz * time_s)
        if number == 3:
            samples[:800] = 1.0
        soundfile.write(name, samples, RATE_HZ, subtype='PCM_16')
    (home / 'source' / 'bell' / 'bell4.wav').write_text('no sound')
    for number in range(4):
        name = home / 'source' / 'drum' / f'drum{number}.wav'
        name.parent.mkdir(exist_ok=True)
        noise = np.random.default_rng(number).normal(0, 0.1, RATE_HZ * (3 if number == 3 else 1))
        soundfile.write(name, noise, RATE_HZ, subtype='PCM_16')
    return _facts('audio_folder:toy', home / 'data', home / 'source', max_bad=0.2)


@pytest.fixture(scope='session')
def speech(tmp_path_factory) -> Facts:
    """Three speakers with two utterances of 1 s each, as FLAC."""
    home = tmp_path_factory.mktemp('speech')
    for speaker in ('11', '12', '13'):
        place = home / 'LibriSpeech' / 'dev-clean' / speaker / '7'
        place.mkdir(parents=True)
        for number in range(2):
            noise = np.random.default_rng(int(speaker) + 100 * number).normal(0, 0.1, 16_000)
            soundfile.write(place / f'{speaker}-7-{number:04d}.flac', noise, 16_000)
        said = [f'{speaker}-7-{number:04d} SAID {number}\n' for number in range(2)]
        (place / f'{speaker}-7.trans.txt').write_text(''.join(said))
    return _facts('librispeech:toy', home / 'data', home / 'LibriSpeech')


@pytest.fixture(scope='session')
def chorales(tmp_path_factory) -> Facts:
    """Notes: three pieces to train, one to validate, one to test; two voices sing, two rest."""
    home = tmp_path_factory.mktemp('chorales')
    pieces = [[[72 + k, 60 - k, -1, -1]] * 4 + [[67, -1, 48, -1]] * 4 for k in range(5)]
    parts = {'train': pieces[:3], 'valid': pieces[3:4], 'test': pieces[4:]}
    (home / 'Jsb16thSeparated.json').write_text(json.dumps(parts))
    return _facts('jsb_16th', home / 'data', home)
