import json
import os
from pathlib import Path

import pytest

from data_prep import jsb
from data_prep.cards import Entry, Wish
from data_prep.errors import PrepError, Unreadable
from data_prep.notes import DURATION, ONSET, PITCH

REAL = Path(os.environ.get('AUDIOGRID_REAL_DATA', 'nowhere')) / 'midi' / 'jsb'
FILES = {jsb.find_quarter: 'jsb-chorales-quarter.json', jsb.find_16th: 'Jsb16thSeparated.json'}
QUARTERS = [[48, 60, 64], [48, 60], [], [50], [50, 60]]
SIXTEENTHS = [[72, 67, -1, 48], [72, 67, 60, 48], [72, 65, 60, 48], [74, -1, 60, -1]]


def entry(content):
    return Entry('train.000', '', '', {}, content)


def test_a_pitch_in_quarters_in_a_row_is_one_note():
    events = jsb.load_quarter(entry(QUARTERS)).events[:, [ONSET, PITCH, DURATION]]
    assert (events // [480, 1, 480]).tolist() == [
        [0, 48, 2],
        [0, 60, 2],
        [0, 64, 1],
        [3, 50, 2],
        [4, 60, 1],
    ]


def test_each_voice_of_the_16ths_is_a_part():
    piece = jsb.load_16th(entry(SIXTEENTHS))
    assert piece.parts == ('soprano', 'alto', 'tenor', 'bass')
    assert (piece.events[:, [0, 1, 2, 4]] // [120, 1, 120, 1]).tolist() == [
        [0, 48, 3, 3],
        [0, 67, 2, 1],
        [0, 72, 3, 0],
        [1, 60, 3, 2],
        [2, 65, 1, 1],
        [3, 74, 1, 0],
    ]


def test_frames_come_back_from_the_notes():
    assert jsb.frames(jsb.load_quarter(entry(QUARTERS)), 1) == QUARTERS
    assert jsb.voices(jsb.load_16th(entry(SIXTEENTHS)), 4) == SIXTEENTHS


def test_a_voice_that_never_sings_and_voices_in_unison_come_back():
    frames = [[60, 60, -1, -1], [60, 60, -1, -1], [60, 59, -1, 60]]
    assert jsb.voices(jsb.load_16th(entry(frames)), 4) == frames


def test_nan_and_null_are_rests_too():
    read = jsb.load_16th(entry([[60, float('nan'), None, -1], [60.0, 59, 58, 57]]))
    assert jsb.voices(read, 4) == [[60, -1, -1, -1], [60, 59, 58, 57]]


def test_what_is_no_frame_is_refused():
    with pytest.raises(Unreadable, match='200 where a MIDI pitch is wanted'):
        jsb.load_quarter(entry([[60, 200]]))
    with pytest.raises(Unreadable, match='does not have 4 voices'):
        jsb.load_16th(entry([[60, 59, 58, 57], [60, 59, 58]]))
    with pytest.raises(Unreadable, match='no notes'):
        jsb.load_16th(entry([[-1, -1, -1, -1]]))


@pytest.mark.parametrize(('find', 'filename'), FILES.items(), ids=FILES.values())
def test_the_public_split_is_the_column_part_wherever_the_file_lies(find, filename, tmp_path):
    (tmp_path / 'deep').mkdir()
    content = {'test': [SIXTEENTHS], 'train': [SIXTEENTHS] * 3, 'valid': [SIXTEENTHS] * 2}
    (tmp_path / 'deep' / filename).write_text(json.dumps(content))
    found = find(Wish(tmp_path))
    assert [each.item for each in found.entries] == [
        *('train.000', 'train.001', 'train.002', 'valid.000', 'valid.001', 'test.000')
    ]
    assert all(each.item.startswith(each.columns['part']) for each in found.entries)
    assert all(each.columns['piece'] == each.item for each in found.entries)
    assert len(find(Wish(tmp_path, limit=1)).entries) == 3


@pytest.mark.parametrize(
    'content', ['', '[]', '{"train": [], "valid": []}', 'Dear reader', '{"train": 1}']
)
def test_another_file_of_that_name_is_one_line_of_error(content, tmp_path):
    (tmp_path / 'jsb-chorales-quarter.json').write_text(content)
    with pytest.raises(PrepError, match=r'is not the public file.*wanted: an object'):
        jsb.find_quarter(Wish(tmp_path))


def test_a_folder_without_the_file_says_what_is_wanted(tmp_path):
    (tmp_path / 'other.json').write_text('{}')
    with pytest.raises(PrepError, match=r'holds other\.json; wanted: Jsb16thSeparated\.json'):
        jsb.find_16th(Wish(tmp_path))


@pytest.mark.skipif(not REAL.is_dir(), reason='AUDIOGRID_REAL_DATA names no folder with midi/jsb')
def test_all_public_frames_come_back_exactly():
    for find, load, back, steps in (
        (jsb.find_quarter, jsb.load_quarter, jsb.frames, 1),
        (jsb.find_16th, jsb.load_16th, jsb.voices, 4),
    ):
        public = json.loads((REAL / FILES[find]).read_text())
        entries = find(Wish(REAL.parent)).entries
        assert len(entries) == 382
        for part in jsb.PARTS:
            mine = [each for each in entries if each.columns['part'] == part]
            assert [back(load(each), steps) for each in mine] == public[part]
