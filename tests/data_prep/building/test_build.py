import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tensorflow_datasets as tfds

import data_prep
from data_prep import manifest
from data_prep.cards import VERSION, Found

ITEMS = [f'{letter}{number}' for letter in 'ab' for number in range(5)]


def records(directory):
    return tfds.builder_from_directory(str(directory)).as_data_source('all')  # pyright: ignore


def test_two_items_of_one_name_are_refused_before_anything_is_decoded(toy, tmp_path):
    soundfile.write(toy.source / 'a0.flac', np.zeros(100, np.int16), 22_050)
    with pytest.raises(data_prep.PrepError, match=r"called 'a0': .*a0.flac and .*a0.wav"):
        toy.prepare(tmp_path)
    assert toy.decoded() == []
    assert list((tmp_path / 'toy').iterdir()) == []


def test_an_empty_folder_is_one_line(toy, tmp_path):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(data_prep.PrepError, match=r'no file to take in .*empty'):
        toy.prepare(tmp_path, source=tmp_path / 'empty')


def test_each_bad_file_is_listed_with_its_reason_and_the_odd_ones_are_taken(toy, tmp_path):
    def wav(name, samples, rate_hz=22_050, **kwargs):
        soundfile.write(toy.source / name, samples, rate_hz, **kwargs)

    sound = np.sin(np.arange(4000) * 0.05) / 2
    (toy.source / 'a-empty.wav').write_bytes(b'')
    (toy.source / 'a-text.wav').write_text('no sound at all\n' * 100)
    wav('a-nan.wav', np.where(np.arange(4000) == 7, np.nan, sound), subtype='FLOAT')
    wav('a-1hz.wav', sound, 1)
    wav('a-clipped.wav', np.clip(sound * 9, -1, 1))
    wav('a-192khz.wav', sound, 192_000)
    wav('a-six.wav', np.stack([sound] * 6, axis=1))
    wav('b über wald.wav', sound)
    lines = []
    directory = toy.prepare(tmp_path, max_bad=0.5, report=lines.append)
    bad = {Path(row['path']).stem: row['reason'] for row in manifest.rejected(directory)}
    assert bad == {
        'a-empty': 'empty file',
        'a-text': 'not readable as audio (Format not recognised.)',
        'a-nan': 'holds NaN or infinite samples',
        'a-1hz': 'a rate of 1 Hz, outside 1,000 to 384,000',
    }
    rows = {row['item']: row for row in manifest.items(directory)}
    assert {*rows} == {*ITEMS, 'a-clipped', 'a-192khz', 'a-six', 'b über wald'}
    assert rows['a-192khz']['rate_hz'] == '192000'
    assert rows['a-six']['sha256'] == rows['b über wald']['sha256']
    assert int(rows['a-clipped']['clipped']) > 1000
    assert 'rejected: 4' in lines
    assert 'clipped recordings: 1, see items.csv' in lines


def test_mono_16_bit_flac_is_stored_as_it_is(toy, tmp_path, clip):
    from toy_corpus import CORPUS  # pyright: ignore

    for item in ITEMS:
        (toy.source / f'{item}.wav').unlink()
        soundfile.write(toy.source / f'{item}.flac', clip(item), 16_000, subtype='PCM_16')
    soundfile.write(toy.source / 'a5.flac', np.stack([clip('a')] * 2, axis=1), 16_000)
    object.__setattr__(CORPUS, 'content', 'flac')
    directory = toy.prepare(tmp_path)
    stored = {record['item'].decode(): record['flac'].tobytes() for record in records(directory)}
    for item in ITEMS:
        assert stored[item] == (toy.source / f'{item}.flac').read_bytes()
    assert stored['a5'] != (toy.source / 'a5.flac').read_bytes()  # its mean


def test_a_corpus_without_classes_has_no_label(toy, tmp_path):
    from toy_corpus import CORPUS  # pyright: ignore

    object.__setattr__(CORPUS, 'classes', ())
    find = CORPUS.find

    def nameless(wish):
        return Found([dataclasses.replace(each, label='') for each in find(wish).entries], [])

    object.__setattr__(CORPUS, 'find', nameless)
    directory = toy.prepare(tmp_path)
    assert 'label' not in records(directory)[0]
    assert {row['label'] for row in manifest.items(directory)} == {''}


def test_a_label_of_the_user_is_a_configuration_of_tfds(toy, tmp_path):
    directory = toy.prepare(tmp_path, 'toy:mine')
    assert directory == tmp_path / 'toy' / 'mine' / VERSION
    assert data_prep.prepared('toy:mine', tmp_path) == directory
    assert data_prep.prepared('toy', tmp_path) is None
    assert manifest.read(directory)['corpus'] == 'toy:mine'
    builder = tfds.builder_from_directory(str(directory))
    assert (builder.name, builder.builder_config.name) == ('toy', 'mine')  # pyright: ignore
    (directory / 'items.csv').unlink()
    with pytest.raises(data_prep.DamagedCorpus, match=f'toy:mine --data_dir={tmp_path} --force'):
        manifest.check(directory)


@pytest.mark.parametrize('label', ['', '../x', 'a/b', '.', '1.1.0', 'a b'])
def test_a_label_that_is_no_name_is_refused(toy, tmp_path, label):
    with pytest.raises(data_prep.PrepError, match='a label is made of'):
        toy.prepare(tmp_path, f'toy:{label}')


def test_an_embedded_corpus_takes_no_label():
    with pytest.raises(data_prep.PrepError, match='takes no label'):
        data_prep.corpus('corpus_styles:mine')


def test_a_protocol_that_tears_a_group_is_refused_before_anything_is_decoded(toy, tmp_path):
    from toy_corpus import CORPUS  # pyright: ignore

    find = CORPUS.find

    def torn(wish):
        entries = find(wish).entries
        parts = ['train', 'test'] * 5
        for entry, part in zip(entries, parts, strict=True):
            entry.columns.update(group='same' if entry.item < 'a2' else entry.item, part=part)
        return Found(entries, [], protocols={'given': {**rule, 'column': 'part', 'folds': 1}})

    rule = {'unit': 'item', 'group': 'group'}
    object.__setattr__(CORPUS, 'find', torn)
    object.__setattr__(CORPUS, 'columns', ('group', 'part'))
    with pytest.raises(data_prep.PrepError, match="group 'same' stands in train and test"):
        toy.prepare(tmp_path)
    assert toy.decoded() == []


def test_checks_stand_in_the_manifest_and_in_the_lines(toy, tmp_path, write_wav, clip):
    write_wav(toy.source / 'b9.wav', clip('a0'))
    lines = []
    facts = manifest.read(toy.prepare(tmp_path, report=lines.append))
    found = facts['checks']
    assert found['copies'] == {'exact': 1, 'near': 0}
    assert found['notes'] == ['a toy']
    assert found['leaks']['folds'][0]['exact'] == 0  # copies are dealt together
    assert sum(found['leaks']['folds'][0]['sizes'].values()) == 11
    assert 'note: a toy' in lines
    [pair] = manifest.copies(tmp_path / 'toy' / VERSION)
    assert (pair['a'], pair['b'], pair['kind']) == ('a0', 'b9', 'exact')
    names = {row['item']: row['copies'] for row in manifest.items(tmp_path / 'toy' / VERSION)}
    assert names['a0'] == names['b9'] != ''
    assert {names[item] for item in ITEMS[1:]} == {''}


def test_a_class_of_one_group_is_named(toy, tmp_path):
    for item in ITEMS[6:]:
        (toy.source / f'{item}.wav').unlink()
    lines = []
    toy.prepare(tmp_path, report=lines.append)
    assert 'folds: letter b has 1 group: it cannot be in train and test both' in lines


def test_other_hosts_at_work_are_one_line(toy, tmp_path):
    live = tmp_path / 'toy' / f'{VERSION}.incomplete-1-0-00000000-elsewhere'
    live.mkdir(parents=True)
    lines = []
    toy.prepare(tmp_path, report=lines.append)
    [line] = [line for line in lines if 'other hosts' in line]
    assert str(live) in line
    assert live.exists()
