import json
import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

import data_prep
from data_prep import manifest, midi_notes, splits
from data_prep.cards import Wish
from data_prep.errors import PrepError, Unreadable

TRACK = [(0, bytes([0x90, 60, 64])), (480, bytes([0x80, 60, 0]))]
TUNES = 'R:reel\n\nX:1\nT:The Hare\nL:1/4\nK:C\nCDEF|\n\nX:1\nL:1/4\nK:C\nGABc|\n'
XML = '<score-partwise><work><work-title>La Paloma</work-title></work></score-partwise>'
REAL = Path(os.environ.get('AUDIOGRID_REAL_DATA', 'nowhere')) / 'midi' / 'pop909'


def find(source, **kwargs):
    return midi_notes.find(Wish(source, **kwargs))


@pytest.fixture
def mixed(tmp_path, write_midi):
    """Nested folders with MIDI, ABC, MusicXML, Humdrum and what is none of these."""
    for name in ('a/La Paloma.mid', 'b/la_paloma_v2.MID', 'b/Über alles (2).midi', '001.mid'):
        write_midi(tmp_path / name, TRACK)
    (tmp_path / 'b' / 'tunes.abc').write_text(TUNES)
    (tmp_path / 'b' / 'score 7.musicxml').write_text(XML)
    (tmp_path / 'c').mkdir()
    (tmp_path / 'c' / '001.krn').write_text('**kern\n4c\n4d\n*-\n')
    (tmp_path / 'c' / 'cover.jpg').write_bytes(b'')
    return tmp_path


def test_all_files_of_all_kinds_are_found_in_any_folder(mixed):
    found = find(mixed)
    assert [entry.item for entry in found.entries] == [
        '001',
        'a/La Paloma',
        'b/la_paloma_v2',
        'b/score 7',
        'b/tunes#1',
        'b/tunes#2',
        'b/Über alles (2)',
        'c/001',
    ]
    columns = {entry.item: entry.columns for entry in found.entries}
    assert all(set(each) == set(midi_notes.COLUMNS) for each in columns.values())
    assert columns['b/tunes#1'] == {
        'piece': 'b/tunes#1',
        'title': 'The Hare',
        'file': 'b/tunes.abc',
        'source': 'score',
    }
    assert columns['b/tunes#2']['title'] == 'tunes 2'
    assert columns['a/La Paloma']['source'] == 'midi'
    assert found.rejected == []
    assert found.notes == ('left out: 1 .jpg',)


def test_variants_by_name_and_by_title_are_one_piece_and_numbers_are_not(mixed):
    piece = {entry.item: entry.columns['piece'] for entry in find(mixed).entries}
    assert piece['b/la_paloma_v2'] == piece['b/score 7'] == piece['a/La Paloma'] == 'a/La Paloma'
    assert piece['001'] != piece['c/001']
    assert piece['b/tunes#1'] != piece['b/tunes#2']


def test_each_kind_is_read_by_its_reader(mixed):
    pieces = {
        entry.item: midi_notes.load(entry)
        for entry in find(mixed).entries
        if entry.item != 'b/score 7'
    }
    pitches = {item: piece.events[:, 1].tolist() for item, piece in pieces.items()}
    assert pitches['a/La Paloma'] == pitches['b/Über alles (2)'] == [60]
    assert pitches['b/tunes#1'] == [60, 62, 64, 65]
    assert pitches['b/tunes#2'] == [67, 69, 71, 72]
    assert pitches['c/001'] == [60, 62]


def test_broken_files_are_refused_with_their_reasons(tmp_path):
    (tmp_path / 'empty.mid').write_bytes(b'')
    (tmp_path / 'text.mid').write_text('Dear reader')
    (tmp_path / 'sound.mid').write_bytes(b'RIFF\x24\0\0\0WAVEfmt ')
    (tmp_path / 'page.xml').write_text('<html/>')
    (tmp_path / 'words.abc').write_text('no tune here')
    found = find(tmp_path)
    reasons = {}
    for entry in found.entries:
        with pytest.raises(Unreadable) as caught:
            midi_notes.load(entry)
        reasons[entry.item] = str(caught.value)
    assert reasons['empty'] == 'empty file'
    assert reasons['text'] == "not MIDI: it begins with b'Dear'"
    assert reasons['sound'] == "not MIDI: it begins with b'RIFF'"
    assert 'music21 cannot read it' in reasons['page'] or reasons['page'] == 'no notes'
    [(path, reason)] = found.rejected
    assert Path(path).name == 'words.abc'
    assert 'X:' in reason


def test_a_source_without_such_files_says_what_is_there_and_what_is_wanted(tmp_path):
    (tmp_path / 'song.mp3').write_bytes(b'')
    with pytest.raises(PrepError, match=r'holds song.mp3; wanted: .*\*\.mid, .*\*\.abc'):
        find(tmp_path)
    with pytest.raises(PrepError, match='needs --source=DIR'):
        find(None)


def test_limit_takes_pieces_before_variants(mixed):
    found = find(mixed, limit=6)
    assert len({entry.columns['piece'] for entry in found.entries}) == len(found.entries) == 6


def test_no_piece_is_torn_by_its_protocol(mixed):
    entries = find(mixed).entries
    columns = {'item': [entry.item for entry in entries], 'label': [''] * len(entries)}
    columns['piece'] = [entry.columns['piece'] for entry in entries]
    for fold in range(4):
        parts = splits.assign(midi_notes.PROTOCOLS['piece_folds'], columns, fold)
        assert splits.torn(columns, 'piece', parts) == {}


def test_records_hold_the_notes_of_the_files_and_bad_files_are_counted(mixed, tmp_path_factory):
    (mixed / 'text.mid').write_text('Dear reader')
    (mixed / 'b' / 'score 7.musicxml').unlink()
    data = tmp_path_factory.mktemp('data')
    directory = data_prep.prepare('midi_notes:mine', data, mixed, jobs=1, report=str, max_bad=0.2)
    [bad] = manifest.rejected(directory)
    assert Path(bad['path']).name == 'text.mid'
    assert bad['reason'] == "not MIDI: it begins with b'Dear'"
    records = tfds.builder_from_directory(str(directory)).as_data_source('all')  # pyright: ignore
    read = {entry.item: entry for entry in find(mixed).entries}
    assert len(records) == len(manifest.items(directory)) == 7
    for record in records:
        piece = midi_notes.load(read[record['item'].decode()])
        np.testing.assert_array_equal(record['notes'], piece.events)
        np.testing.assert_array_equal(record['tempi'], piece.tempi)
        np.testing.assert_array_equal(record['programs'], piece.programs)
        assert record['ticks_per_quarter'] == piece.ticks_per_quarter
        assert tuple(json.loads(record['parts'])) == piece.parts


@pytest.mark.skipif(
    not REAL.is_dir(), reason='AUDIOGRID_REAL_DATA names no folder with midi/pop909'
)
def test_real_songs_are_read_with_all_their_parts():
    found = find(REAL)
    assert found.rejected == []
    assert len(found.entries) == len(list(REAL.glob('*.mid')))
    assert len({entry.columns['piece'] for entry in found.entries}) == len(found.entries)
    for entry in found.entries:
        piece = midi_notes.load(entry)
        assert piece.parts == ('MELODY', 'BRIDGE', 'PIANO')
        assert 60 < piece.seconds() < 600
