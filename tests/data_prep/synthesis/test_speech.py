import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import espeakng_loader
import librosa
import numpy as np
import pytest

from data_prep import PrepError
from data_prep.synthesis import speech
from data_prep.synthesis.speech import Manner

ROOT = Path(__file__).parents[3]
TEXT = 'seven women saw a boat'
# Flutter, breath, both, Klatt's synthesiser, and neither.
VOICES = ('en-us+f1', 'en+f5', 'en-029+aunty', 'en-us+Reed', 'en-us+Andy')


def _hashes(voices):
    return {voice: speech.say(TEXT, Manner(voice), 7).tobytes() for voice in voices}


def test_order_does_not_change_what_is_said():
    forwards = _hashes(VOICES)
    assert forwards == _hashes(VOICES[::-1])
    assert len(set(forwards.values())) == len(VOICES)


def test_another_process_says_the_same():
    code = (
        'import sys; from data_prep.synthesis.speech import Manner, say; '
        f"sys.stdout.buffer.write(say({TEXT!r}, Manner('en+f5'), 7).tobytes())"
    )
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == _hashes(['en+f5'])['en+f5']


def test_threads_wait_for_each_other():
    alone = _hashes(VOICES)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda voice: _hashes([voice])[voice], VOICES))
    assert together == list(alone.values())


def test_seed_changes_breath():
    one, other = (speech.say(TEXT, Manner('en+f5'), seed) for seed in (1, 2))
    assert one.tobytes() != other.tobytes()


def test_speed_pitch_and_gap_do_what_they_say():
    plain = speech.say(TEXT, Manner('en-us+m3'))
    assert len(speech.say(TEXT, Manner('en-us+m3', words_per_minute=240))) < 0.8 * len(plain)
    assert len(speech.say(TEXT, Manner('en-us+m3', gap=10))) > len(plain) + 0.2 * speech.RATE_HZ
    assert 1000 < np.abs(plain.astype(int)).max() < 32767
    pitches = [_pitch_hz(speech.say(TEXT, Manner('en-us+m3', pitch=p))) for p in (20, 80)]
    assert pitches[1] > 1.3 * pitches[0]


def _pitch_hz(sound):
    found = librosa.yin(sound / 32768, fmin=50, fmax=300, sr=speech.RATE_HZ)
    return np.median(found)


@pytest.mark.parametrize('voice', ['en-us+nobody', 'xx-nowhere', 'xx-nowhere+f1'])
def test_a_voice_that_is_not_there_is_refused(voice):
    with pytest.raises(PrepError, match='eSpeak NG has no'):
        speech.say(TEXT, Manner(voice))


def test_a_long_path_to_the_data_is_no_matter(tmp_path, monkeypatch):
    deep = tmp_path / ('d' * 120) / ('e' * 120)
    deep.mkdir(parents=True)
    link = deep / 'espeak-ng-data'
    link.symlink_to(espeakng_loader.get_data_path())
    wanted = _hashes(['en-us+m3'])
    monkeypatch.setattr(espeakng_loader, 'get_data_path', lambda: str(link))
    assert _hashes(['en-us+m3']) == wanted


def test_damaged_data_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(espeakng_loader, 'get_data_path', lambda: str(tmp_path))
    with pytest.raises(PrepError, match='reinstall espeakng-loader'):
        speech.say(TEXT, Manner('en-us'))


def test_a_library_that_does_not_load_is_named(tmp_path, monkeypatch):
    broken = tmp_path / 'libespeak-ng.so'
    broken.write_text('no library')
    monkeypatch.setattr(espeakng_loader, 'get_library_path', lambda: str(broken))
    with pytest.raises(PrepError, match='reinstall espeakng-loader'):
        speech.say(TEXT, Manner('en-us'))


def test_a_library_that_is_in_use_is_refused():
    code = (
        'import espeakng_loader; from data_prep.synthesis import speech; '
        'held = espeakng_loader.load_library()\n'
        'try: speech.say("a", speech.Manner("en-us"))\n'
        'except speech.PrepError as error: print(error)'
    )
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, check=True)
    assert b'in use elsewhere' in done.stdout
