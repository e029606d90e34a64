import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

import data_prep
from data_prep import audio_folder, manifest
from data_prep.cards import Wish


@pytest.fixture
def fill(tmp_path):
    """Writes sounds of a tenth of a second; `find` looks at names alone."""

    def write(*names):
        root = tmp_path / 'source'
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            seed = int.from_bytes(name.encode(), 'little') % 2**32
            soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, 800), 8000)
        return root

    return write


@pytest.fixture
def source(fill):
    return fill(*(f'{name}/{number}.wav' for name in ('cat', 'dog') for number in range(5)))


def find(source, **wish):
    return audio_folder.find(Wish(source=source, **wish))


def table(root, *rows, columns='file,label,target,group,split'):
    (root / 'metadata.csv').write_text('\n'.join([columns, *rows]) + '\n')
    return root


def refused(source, message):
    with pytest.raises(data_prep.PrepError, match=message) as error:
        find(source)
    assert '\n' not in str(error.value)


def test_the_first_folder_is_the_class_and_the_file_the_group(fill, source):
    fill('dog/deep/er/ß 1.WAV')
    found = find(source)
    assert found.classes == ('cat', 'dog')
    entry = found.entries[-1]
    assert (entry.item, entry.label) == ('dog/deep/er/ß 1', 'dog')
    assert entry.columns == {
        'group': 'dog/deep/er/ß 1',
        'target': '',
        'part': '',
        'file': 'dog/deep/er/ß 1.WAV',
    }
    assert (found.default_protocol, found.content) == ('group_folds', 'audio')
    assert (found.rejected, found.notes) == ([], ())


def test_half_flac_is_stored_as_flac(fill):
    root = fill('a/1.wav', 'a/2.flac', 'a/3.flac', 'b/1.wav', 'b/2.wav', 'b/3.flac')
    assert find(root).content == 'flac'


def test_files_of_other_kinds_are_counted(source):
    (source / 'cat' / 'list.txt').write_text('')
    (source / 'dog' / 'x.m4a').write_text('')
    assert find(source).notes == ('left out: 1 .m4a, 1 .txt',)


def test_folders_without_a_sound_are_named(source):
    (source / 'hen').mkdir()
    (source / '.git').mkdir()
    found = find(source)
    assert found.classes == ('cat', 'dog')
    assert 'folders without a sound, which are no classes: hen' in found.notes


def test_a_table_goes_before_the_folder_and_names_groups(source):
    table(source, 'cat/0.wav,bird,,', 'cat/1.wav,,1e3,one', columns='file,label,target,group')
    found = find(source)
    known = {entry.item: (entry.label, entry.columns) for entry in found.entries}
    assert found.classes == ('bird', 'cat', 'dog')
    assert known['cat/0'][0] == 'bird'
    assert (known['cat/1'][1]['target'], known['cat/1'][1]['group']) == ('1000.0', 'one')
    assert found.notes == ('metadata.csv: files without a row: 8', 'classes of a single file: bird')


def test_files_outside_folders_have_their_class_from_the_table_or_are_rejected(fill, source):
    fill('one.wav', 'two.wav')
    [reason] = {bad.reason for bad in find(source).rejected}
    assert reason == 'in no class folder'
    found = find(table(source, 'one,cat', columns='file,label'))
    assert {entry.item: entry.label for entry in found.entries}['one'] == 'cat'
    assert found.rejected == [
        (str(source / 'two.wav'), 'no label in metadata.csv, and in no folder')
    ]


def test_a_table_elsewhere_goes_before_the_one_in_the_folder(source, tmp_path):
    table(source, 'nonsense', columns='nonsense')
    path = tmp_path / 'labels.csv'
    path.write_bytes('\ufefffile;label\r\ncat/0;vögel\r\n'.encode())
    assert find(source, table=path).classes == ('cat', 'dog', 'vögel')


def test_targets_without_classes_make_a_corpus_for_regression(fill):
    root = fill('sounds/1.wav', 'sounds/2.wav', 'sounds/3.wav', '4.wav')
    table(root, '1,3', '2,1.5', '3,-2', columns='file,target')
    found = find(root)
    assert found.classes == ()
    assert {entry.label for entry in found.entries} == {''}
    assert [entry.columns['target'] for entry in found.entries] == ['3.0', '1.5', '-2.0']
    assert found.rejected == [(str(root / '4.wav'), 'no target')]
    assert (found.protocols or {})['group_folds']['folds'] == 3


def test_a_split_that_is_given_is_the_default(source):
    parts = ['train', 'train', 'dev', 'test', '']
    rows = [f'{of}/{n}.wav,{parts[n]}' for of in ('cat', 'dog') for n in range(5)]
    found = find(table(source, *rows, columns='file,split'))
    assert found.default_protocol == 'given'
    assert list(found.protocols or ()) == ['given', 'group_folds', 'leaky_slices']
    counts = Counter(entry.columns['part'] for entry in found.entries)
    assert counts == {'train': 4, 'valid': 2, 'test': 2, '': 2}
    assert found.notes == ("files without a split, which protocol 'given' leaves out: 2",)


def test_a_split_without_a_part_or_that_tears_a_group_is_refused(source):
    table(source, 'cat/0.wav,train', 'dog/0.wav,test', columns='file,split')
    refused(source, 'column split has no valid: train learns, valid chooses the checkpoint')
    rows = ['cat/0.wav,a,train', 'cat/1.wav,a,test', 'cat/2.wav,b,valid']
    table(source, *rows, columns='file,group,split')
    refused(source, "tears 1 groups apart, the first 'a' into test and train: give each group to")


@pytest.mark.parametrize(('sizes', 'folds'), [((9, 4), 4), ((9, 3), 3), ((9, 1), 3), ((5, 7), 4)])
def test_the_smallest_class_says_how_many_folds_there_are(fill, sizes, folds):
    names = [f'{of}/{n}.wav' for of, size in zip('ab', sizes, strict=True) for n in range(size)]
    found = find(fill(*names))
    assert (found.protocols or {})['group_folds']['folds'] == folds
    assert found.notes == (('classes of a single file: b',) if 1 in sizes else ())


def test_two_classes_of_two_files_are_told_what_a_split_wants(fill):
    root = fill('a/1.wav', 'a/2.wav', 'b/1.wav', 'b/2.wav')
    refused(root, r'too few groups for a split \(a 2, b 2\).* a class wants three or more')


def test_a_folder_that_cannot_be_classes_says_what_is_wanted(fill, tmp_path):
    root = tmp_path / 'source'
    refused(root, 'is not a folder; wanted: one that holds DIR/<class>')
    root.mkdir()
    refused(root, r'holds no sound file \(nothing\); wanted: DIR/<class>')
    (root / 'x.txt').write_text('')
    refused(root, r'holds no sound file \(left out: 1 .txt\); wanted: DIR/<class>')
    fill('1.wav', '2.wav')
    refused(root, r'holds 2 sounds and no class; wanted: DIR/<class>')


def test_one_class_asks_whether_its_folder_was_meant(fill):
    root = fill('music/rock/1.wav', 'music/jazz/1.wav')
    refused(root, rf"holds one class, 'music'; wanted: .*; or is --source={root}/music meant\?")


def test_folders_that_are_parts_of_a_split_are_no_classes(fill):
    root = fill('train/cat/1.wav', 'train/dog/1.wav', 'Test/cat/2.wav')
    refused(root, 'holds Test, train: parts of a split, no classes; name each file, its label')


def test_classes_that_differ_in_case_are_pointed_out(fill):
    root = fill(*(f'{of}/{n}.wav' for of in ('Rock', 'rock', 'jazz') for n in range(3)))
    assert find(root).notes == ('classes that differ in case alone: Rock, rock',)


def test_limit_counts_per_class(source):
    counts = Counter(entry.label for entry in find(source, limit=3).entries)
    assert counts == {'cat': 3, 'dog': 3}


def test_a_tree_of_mp3_is_prepared_with_its_classes_and_bad_files_listed(fill, tmp_path):
    root = fill(*(f'{genre}/song {n}.mp3' for genre in ('pop', 'rock') for n in range(4)))
    (root / 'pop' / 'text.wav').write_text('no sound at all')
    name = 'audio_folder:mine'
    directory = data_prep.prepare(
        name, tmp_path / 'data', root, jobs=1, max_bad=0.2, report=lambda line: None
    )
    facts = manifest.read(directory)
    assert (facts['corpus'], facts['classes']) == (name, ['pop', 'rock'])
    rows = manifest.items(directory)
    assert Counter(row['label'] for row in rows) == {'pop': 4, 'rock': 4}
    assert rows[0]['file'] == 'pop/song 0.mp3'
    [bad] = manifest.rejected(directory)
    assert bad['path'] == str(root / 'pop' / 'text.wav')


@pytest.mark.skipif(
    'AUDIOGRID_REAL_DATA' not in os.environ,
    reason='AUDIOGRID_REAL_DATA names no folder that holds gtzan/genres_original',
)
def test_gtzan_is_a_folder_of_sounds():
    source = Path(os.environ['AUDIOGRID_REAL_DATA']) / 'gtzan' / 'genres_original'
    found = find(source)
    gtzan = data_prep.corpus('gtzan')
    assert found.classes == gtzan.classes
    counts = Counter(entry.label for entry in found.entries)
    assert counts == {path.name: len(list(path.glob('*.wav'))) for path in source.iterdir()}
    assert audio_folder.load(found.entries[0]).rate_hz == 22_050
