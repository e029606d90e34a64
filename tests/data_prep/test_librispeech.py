import os
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

import data_prep
from data_prep import librispeech, manifest
from data_prep.cards import Wish

SPEAKERS = """; a comment | M | with bars
;ID  |SEX| SUBSET           |MINUTES| NAME
11   | F | train-clean-100  | 25.03 | Some One
12   | M | dev-clean        | 25.11 | |CBW|Simon
13   | M | test-clean       | 25.11 | Third
"""


@pytest.fixture
def utter():
    def write(folder, speaker, chapter, count=2):
        place = folder / speaker / chapter
        place.mkdir(parents=True)
        lines = []
        for number in range(count):
            name = f'{speaker}-{chapter}-{number:04d}'
            samples = np.random.default_rng(int(speaker) + number).integers(-900, 900, 1600)
            soundfile.write(place / f'{name}.flac', samples.astype(np.int16), 16_000)
            lines.append(f'{name} WORD {"A" * (number + 1)}\n')
        (place / f'{speaker}-{chapter}.trans.txt').write_text(''.join(lines))
        return place

    return write


@pytest.fixture
def source(tmp_path, utter):
    """A speaker in each of a train, a dev and a test subset."""
    root = tmp_path / 'source' / 'LibriSpeech'
    subsets = {'11': 'train-clean-100', '12': 'dev-clean', '13': 'test-clean'}
    for speaker, subset in subsets.items():
        utter(root / subset, speaker, '7')
    (root / 'SPEAKERS.TXT').write_text(SPEAKERS)
    (root / 'README.TXT').write_text('read me')
    return root


def find(source, **wish):
    return librispeech.find(Wish(source=source, **wish))


def test_utterances_carry_transcript_speaker_chapter_sex_and_subset(source):
    found = find(source)
    entry = found.entries[0]
    assert (entry.item, entry.label) == ('12-7-0000', '')
    assert entry.columns == {
        'transcript': 'WORD A',
        'speaker': '12',
        'chapter': '7',
        'sex': 'M',
        'subset': 'dev-clean',
        'part': 'valid',
    }
    assert [entry.columns['sex'] for entry in found.entries] == list('MMMMFF')
    assert (found.rejected, found.notes) == ([], ())


def test_official_parts_are_a_protocol_only_where_all_three_are_there(source):
    found = find(source)
    assert found.default_protocol == 'official'
    assert found.protocols == {
        'official': {'unit': 'item', 'column': 'part', 'group': 'speaker', 'folds': 1},
        'speaker_folds': {'unit': 'item', 'group': 'speaker', 'folds': 3},
    }
    shutil.rmtree(source / 'test-clean')
    with pytest.raises(
        data_prep.PrepError, match=r'speakers: 2; wanted are 3 or more.*another sub'
    ):
        find(source)


def test_the_speakers_of_one_subset_make_four_folds(tmp_path, utter):
    for speaker in ('21', '22', '23', '24', '25'):
        utter(tmp_path / 'dev-clean', speaker, '7')
    found = find(tmp_path / 'dev-clean')
    folds = {'unit': 'item', 'group': 'speaker', 'folds': 4}
    assert (found.default_protocol, found.protocols) == ('speaker_folds', {'speaker_folds': folds})


def test_any_depth_gives_the_same_utterances(source, tmp_path):
    everything = [(entry.item, entry.columns) for entry in find(source).entries]
    assert [(e.item, e.columns) for e in find(source.parent).entries] == everything
    deeper = tmp_path / 'x' / 'by' / 'archive'
    for subset in ('train-clean-100', 'dev-clean', 'test-clean'):
        shutil.copytree(source / subset, deeper / subset / 'LibriSpeech' / subset)
        shutil.copy(source / 'SPEAKERS.TXT', deeper / subset / 'LibriSpeech')
    entries = [(entry.item, entry.columns) for entry in find(tmp_path / 'x').entries]
    assert sorted(entries, key=str) == sorted(everything, key=str)


def test_a_folder_of_ones_own_is_taken_like_a_subset(source, utter):
    place = utter(source / 'mine', '99', '1', count=1)
    (place / '99-1-0000.flac').rename(place / 'hello.flac')
    (place / '99-1.trans.txt').write_text('hello HELLO THERE\n')
    [entry] = [entry for entry in find(source).entries if entry.columns['subset'] == 'mine']
    assert entry.item == '99-1-hello'
    assert (entry.columns['part'], entry.columns['sex']) == ('', '')


def test_a_sound_without_transcript_is_rejected_and_a_line_without_sound_counted(source):
    place = source / 'dev-clean' / '12' / '7'
    (place / '12-7.trans.txt').write_text('12-7-0001 B\n12-7-0002 C\nmalformed\n')
    found = find(source)
    assert found.rejected == [(str(place / '12-7-0000.flac'), 'no transcript in 7/*.trans.txt')]
    assert len(found.entries) == 5
    assert found.notes == (
        'transcripts without a .flac: 1, the first 12-7-0002',
        'malformed lines: 1, the first line 3 of 12-7.trans.txt; wanted is '
        '"<utterance> <TRANSCRIPT>", each utterance once',
    )


def test_an_utterance_that_is_there_twice_is_taken_once(source):
    shutil.copytree(source / 'dev-clean', source / 'old' / 'dev-clean')
    found = find(source)
    assert len(found.entries) == 6
    assert [bad.reason for bad in found.rejected] == [
        f'is named like {source}/dev-clean/12/7/12-7-000{number}.flac' for number in range(2)
    ]


def test_without_speakers_txt_the_sex_is_unknown_and_said_to_be(source):
    (source / 'SPEAKERS.TXT').unlink()
    (source / 'dev-clean' / 'x.wav').write_bytes(b'')
    found = find(source)
    assert {entry.columns['sex'] for entry in found.entries} == {''}
    assert found.notes == (
        f'{source}/SPEAKERS.TXT is not there: the sex of those speakers is not known',
        'left out: 1 .wav',
    )


def test_a_source_without_utterances_says_what_is_there_and_what_is_wanted(tmp_path):
    (tmp_path / 'x.wav').write_bytes(b'')
    with pytest.raises(data_prep.PrepError, match=r'no .flac .left out: 1 .wav.; wanted: <subset>'):
        find(tmp_path)
    (tmp_path / 'x.flac').write_bytes(b'')
    with pytest.raises(data_prep.PrepError, match=r'no .flac has a transcript; wanted: <subset>'):
        find(tmp_path)
    with pytest.raises(data_prep.PrepError, match='librispeech needs --source=DIR'):
        find(None)


def test_limit_counts_per_subset_and_takes_many_speakers(source, utter):
    utter(source / 'dev-clean', '14', '7')
    assert [entry.item for entry in find(source, limit=2).entries] == [
        *('12-7-0000', '14-7-0000'),
        *('13-7-0000', '13-7-0001', '11-7-0000', '11-7-0001'),
    ]


def test_archives_are_the_seven_subsets_of_openslr():
    archives = librispeech.CARD.archives
    assert len(archives) == 7
    assert len({archive.md5 for archive in archives.values()}) == 7
    for subset, archive in archives.items():
        assert archive.url == f'https://www.openslr.org/resources/12/{subset}.tar.gz'
        assert re.fullmatch('[0-9a-f]{32}', archive.md5)


def test_prepared_utterances_hold_the_samples_of_their_files(source, tmp_path):
    directory = data_prep.prepare('librispeech', tmp_path / 'data', source, jobs=1, report=str)
    rows = manifest.items(directory)
    assert [row['item'] for row in rows] == [entry.item for entry in find(source).entries]
    assert {(row['samples'], row['rate_hz'], row['label']) for row in rows} == {
        ('1600', '16000', '')
    }


@pytest.mark.skipif(
    'AUDIOGRID_REAL_DATA' not in os.environ,
    reason='AUDIOGRID_REAL_DATA names no folder that holds librispeech/',
)
def test_real_utterances_are_those_of_the_transcript_files():
    source = Path(os.environ['AUDIOGRID_REAL_DATA']) / 'librispeech'
    found = find(source)
    lines = {}
    for path in source.rglob('*.trans.txt'):
        lines |= dict(line.split(' ', 1) for line in path.read_text().splitlines())
    assert {entry.item: entry.columns['transcript'] for entry in found.entries} == lines
    assert found.rejected == []
    assert all(re.fullmatch("[A-Z']+( [A-Z']+)*", words) for words in lines.values())
    speakers = Counter((each.columns['speaker'], each.columns['sex']) for each in found.entries)
    assert len(speakers) == 5
    assert {sex for _, sex in speakers} == {'F', 'M'}
    assert {entry.columns['subset'] for entry in found.entries} == {'dev-clean'}
    sound = librispeech.load(found.entries[0])
    assert sound.rate_hz == 16_000
    assert 1 < len(sound.samples) / 16_000 < 36
