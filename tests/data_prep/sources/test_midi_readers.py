"""symusic and music21 read the same MIDI; where music21 has rules of its own, these are stated."""

import os
from pathlib import Path

import numpy as np
import pytest

from data_prep.notes import DURATION, ONSET, PERCUSSION, PITCH
from data_prep.sources import midi, score_files
from tests.data_prep.sources.written import TEMPO, name, off, on

REAL = Path(os.environ.get('AUDIOGRID_REAL_DATA', 'nowhere'))
SONGS = sorted((REAL / 'midi' / 'pop909').glob('*.mid'))


def by_music21(path, ticks_per_quarter):
    """Events of the music21 reader on the ticks of the file."""
    read = score_files.read(path)
    events = read.events.astype(float)
    events[:, [ONSET, DURATION]] *= ticks_per_quarter / read.ticks_per_quarter
    np.testing.assert_array_equal(events, np.rint(events))
    return events.astype(int), read


TRACKS = {
    'notes of one pitch after each other': [
        [(0, on(60, 10)), (480, off(60)), (0, on(60, 20)), (240, off(60))]
    ],
    'overlaps of several pitches': [
        [
            (0, on(60, 10)),
            (240, on(64, 20)),
            (240, on(67, 30)),
            (240, off(60)),
            (120, off(67)),
            (600, off(64)),
        ]
    ],
    'notes that end by velocity 0': [
        [(0, on(60, 10)), (480, on(60, 0)), (480, on(61, 9)), (480, on(61, 0))]
    ],
    'running status, across a text as well': [
        [
            (0, on(60, 10)),
            (480, bytes([60, 0])),
            (0, bytes([64, 9])),
            (480, bytes([64, 0])),
            (0, b'\xff\x01\x01A'),
            (0, on(65, 9)),
            (480, bytes([65, 0])),
        ]
    ],
    'three tracks on one channel': [
        [(0, name('one')), (0, on(60, 10)), (960, off(60))],
        [(0, name('two')), (480, on(60, 20)), (480, off(60))],
        [(0, name('three')), (0, on(72, 30)), (1920, off(72))],
    ],
    'tempi in a track of their own': [
        [
            (0, TEMPO + b'\x07\xa1\x20'),
            (960, TEMPO + b'\x03\xd0\x90'),
            (960, TEMPO + b'\x0f\x42\x40'),
        ],
        [(0, on(60, 10)), (2400, off(60))],
    ],
    'a held note over bars, and one that never ends': [
        [(0, on(60, 10)), (0, on(50, 10)), (480 * 9, off(60))]
    ],
    'chords': [
        [
            (0, on(60, 10)),
            (0, on(64, 20)),
            (0, on(67, 30)),
            (480, off(60)),
            (0, off(64)),
            (0, off(67)),
            (480, on(60, 9)),
            (0, on(67, 8)),
            (480, off(67)),
            (480, off(60)),
        ]
    ],
}


@pytest.mark.parametrize('tracks', TRACKS.values(), ids=TRACKS)
def test_music21_reads_the_same_notes(tracks, write_midi, tmp_path):
    path = write_midi(tmp_path / 'a.mid', *tracks)
    ours = midi.read(path)
    theirs, read = by_music21(path, 480)
    assert len(ours.events)
    np.testing.assert_array_equal(ours.events, theirs)
    np.testing.assert_array_equal(ours.programs, read.programs)
    assert ours.ticks_per_quarter == 480
    ticks = ours.tempi[:, 0] * (read.ticks_per_quarter // 480)
    np.testing.assert_array_equal(ticks, read.tempi[:, 0])
    np.testing.assert_array_equal(ours.tempi[:, 1], read.tempi[:, 1])


def test_music21_differs_it_ends_all_overlapping_notes_of_a_pitch_at_the_first_end(
    write_midi, tmp_path
):
    track = [(0, on(60, 10)), (240, on(60, 20)), (240, off(60)), (240, off(60))]
    path = write_midi(tmp_path / 'a.mid', track)
    assert midi.read(path).events.tolist() == [[0, 60, 480, 10, 0], [240, 60, 480, 20, 0]]
    assert by_music21(path, 480)[0].tolist() == [[0, 60, 480, 10, 0], [240, 60, 240, 20, 0]]


def test_music21_differs_it_makes_chords_of_notes_less_than_a_16th_of_a_quarter_apart(
    write_midi, tmp_path
):
    track = [(0, on(60, 10)), (29, on(64, 20)), (451, off(60)), (20, off(64))]
    path = write_midi(tmp_path / 'a.mid', track)
    assert midi.read(path).events.tolist() == [[0, 60, 480, 10, 0], [29, 64, 471, 20, 0]]
    # The end is the last note's in the chord, and so is the length, from the first note's onset.
    assert by_music21(path, 480)[0].tolist() == [[0, 60, 471, 10, 0], [0, 64, 471, 20, 0]]


def test_music21_differs_a_note_of_no_length_is_a_grace_note_and_these_are_left_out(
    write_midi, tmp_path
):
    track = [(480, on(60, 10)), (0, off(60)), (480, on(62, 3)), (480, off(62))]
    path = write_midi(tmp_path / 'a.mid', track)
    assert midi.read(path).events.tolist() == [[480, 60, 0, 10, 0], [960, 62, 480, 3, 0]]
    assert by_music21(path, 480)[0].tolist() == [[960, 62, 480, 3, 0]]


def test_music21_differs_its_parts_are_tracks_ours_channels_and_programs_as_well(
    write_midi, tmp_path
):
    track = [(0, on(60, 10, 1)), (0, on(50, 9, 0)), (480, off(60, 1)), (240, off(50, 0))]
    path = write_midi(tmp_path / 'a.mid', track, kind=0)
    assert midi.read(path).events.tolist() == [[0, 50, 720, 9, 0], [0, 60, 480, 10, 1]]
    assert by_music21(path, 480)[0].tolist() == [[0, 50, 720, 9, 0], [0, 60, 480, 10, 0]]


def test_music21_differs_it_knows_only_drums_that_it_can_name(write_midi, tmp_path):
    track = [(0, on(35, 10, 9)), (480, off(35, 9)), (0, on(5, 10, 9)), (480, off(5, 9))]
    path = write_midi(tmp_path / 'a.mid', track)
    ours = midi.read(path)
    theirs, read = by_music21(path, 480)
    assert ours.events[:, PITCH].tolist() == [35, 5]
    assert theirs[0].tolist() == ours.events[0].tolist()
    assert theirs[1, PITCH] != 5
    assert ours.programs.tolist() == read.programs.tolist() == [PERCUSSION]


def test_music21_differs_it_rounds_a_tempo_to_a_hundredth_of_a_beat_a_minute(write_midi, tmp_path):
    tempo = [(0, TEMPO + (434_465).to_bytes(3, 'big'))]
    path = write_midi(tmp_path / 'a.mid', tempo, [(0, on(60, 9)), (480, off(60))])
    assert midi.read(path).tempi.tolist() == [[0, 434_465]]
    beats = round(60e6 / 434_465, 2)
    assert score_files.read(path).tempi.tolist() == [[0, round(60e6 / beats)]]


@pytest.mark.skipif(not SONGS, reason='AUDIOGRID_REAL_DATA names no folder with midi/pop909')
@pytest.mark.parametrize('song', SONGS[::20], ids=lambda path: path.stem)
def test_real_songs_have_the_same_events_by_music21(song):
    from music21 import midi as by
    from music21.midi import translate

    file = by.MidiFile()
    file.open(song)
    file.read()
    file.close()
    played = [track for track in file.tracks if track.hasNotes()]
    theirs = sorted(
        (note.onTime, note.event.pitch, note.offTime - note.onTime, note.event.velocity, part)
        for part, track in enumerate(played)
        for note in translate.getNotesFromEvents(translate.getTimeForEvents(track))
    )
    assert midi.read(song).events.tolist() == list(map(list, theirs))
