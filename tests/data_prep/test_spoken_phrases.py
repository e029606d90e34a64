import hashlib
from collections import Counter, defaultdict
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest

import data_prep
from data_prep import manifest, splits, spoken_phrases
from data_prep.cards import Wish


@pytest.fixture(scope='module')
def entries():
    return spoken_phrases.find(Wish()).entries


def _by_part(entries, column):
    values = defaultdict(list)
    for entry in entries:
        values[entry.columns['part']].append(entry.columns[column])
    return values


def test_parts_have_the_stated_sizes_and_items_are_unique(entries):
    parts = Counter(entry.columns['part'] for entry in entries)
    assert parts == {'train': 1188, 'valid': 152, 'test': 204}
    assert len({entry.item for entry in entries}) == len(entries)
    assert all(set(entry.columns) == set(spoken_phrases.COLUMNS) for entry in entries)


@pytest.mark.parametrize('column', ['speaker', 'transcript'])
def test_no_voice_and_no_sentence_stands_in_two_parts(entries, column):
    values = {part: set(each) for part, each in _by_part(entries, column).items()}
    assert not values['train'] & values['valid']
    assert not values['train'] & values['test']
    assert not values['valid'] & values['test']


def test_every_word_and_accent_of_the_others_stands_in_train(entries):
    words = {part: set(' '.join(s).split()) for part, s in _by_part(entries, 'transcript').items()}
    accents = {part: set(each) for part, each in _by_part(entries, 'accent').items()}
    for known in (words, accents):
        assert known['test'] <= known['train']
        assert known['valid'] <= known['train']
    assert 250 < len(words['train']) < 350


def test_sexes_are_balanced_in_every_part_and_are_those_that_espeak_states(entries):
    for sexes in _by_part(entries, 'sex').values():
        counts = Counter(sexes)
        assert counts['F'] == counts['M']
    variants = Path(espeakng_loader.get_data_path()) / 'voices' / '!v'
    speakers = {entry.columns['speaker']: entry.columns['sex'] for entry in entries}
    assert len(speakers) == 28
    for speaker, sex in speakers.items():
        lines = (variants / speaker).read_text(encoding='latin-1').lower().splitlines()
        [gender] = [line.split()[1] for line in lines if line.startswith('gender')]
        assert gender == {'F': 'female', 'M': 'male'}[sex]


def test_its_protocol_takes_the_parts_as_they_are(entries):
    columns = {name: [e.columns[name] for e in entries] for name in spoken_phrases.COLUMNS}
    columns |= {'item': [e.item for e in entries], 'label': [''] * len(entries)}
    parts = splits.assign(spoken_phrases.PROTOCOLS['disjoint'], columns, 0)
    assert parts.tolist() == columns['part']


def test_a_limit_takes_so_many_of_each_part_and_different_voices(entries):
    few = spoken_phrases.find(Wish(limit=3)).entries
    for speakers in _by_part(few, 'speaker').values():
        assert len(speakers) == len(set(speakers)) == 3
    assert {entry.item for entry in few} <= {entry.item for entry in entries}


def test_every_voice_sounds_different_and_is_heard(entries):
    first = {entry.columns['speaker']: entry for entry in reversed(entries)}
    sounds = [spoken_phrases.load(entry) for entry in first.values()]
    assert len({sound.samples.tobytes() for sound in sounds}) == 28
    for sound in sounds:
        rms = np.sqrt(np.mean(sound.samples.astype(float) ** 2))
        assert 32767 * 10 ** (-38.1 / 20) < rms < 32767 * 10 ** (-24.9 / 20)
        assert sound.rate_hz == 22_050
        assert 1 < len(sound.samples) / sound.rate_hz < 8


def test_an_utterance_sounds_the_same_whatever_was_said_before(entries):
    one = spoken_phrases.load(entries[0])
    spoken_phrases.load(entries[1])
    np.testing.assert_array_equal(one.samples, spoken_phrases.load(entries[0]).samples)


def test_prepared_utterances_are_those_that_were_spoken(tmp_path, entries):
    folder = data_prep.prepare('spoken_phrases', tmp_path, jobs=1, limit=2, report=str)
    manifest.check(folder)
    rows = {row['item']: row for row in manifest.items(folder)}
    assert Counter(row['part'] for row in rows.values()) == {'train': 2, 'valid': 2, 'test': 2}
    for entry in entries:
        if entry.item in rows:
            sound = spoken_phrases.load(entry)
            whole = b'%d Hz\n' % sound.rate_hz + sound.samples.tobytes()
            assert rows[entry.item]['sha256'] == hashlib.sha256(whole).hexdigest()
            assert rows[entry.item]['transcript'] == entry.columns['transcript']


def test_it_takes_no_source():
    with pytest.raises(data_prep.PrepError, match='takes no --source'):
        spoken_phrases.find(Wish(source=Path('x')))
