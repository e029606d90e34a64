import os
import struct
from pathlib import Path

import numpy as np
import pytest

from data_prep.errors import Unreadable
from data_prep.notes import PERCUSSION
from data_prep.sources import midi
from tests.data_prep.sources.written import TEMPO, name, off, on


def test_events_are_those_that_were_written(write_midi, tmp_path):
    tempo = [(0, TEMPO + b'\x07\xa1\x20'), (960, TEMPO + b'\x03\xd0\x90')]
    lead = [(0, name('lead')), (0, b'\xc0\x28'), (5, on(60, 100)), (10, off(60))]
    drums = [(0, name('kit')), (2, on(35, 1, 9)), (3, off(35, 9))]
    read = midi.read(write_midi(tmp_path / 'a.mid', tempo, lead, drums, division=96))
    assert read.events.tolist() == [[2, 35, 3, 1, 1], [5, 60, 10, 100, 0]]
    assert read.ticks_per_quarter == 96
    assert read.tempi.tolist() == [[0, 500_000], [960, 250_000]]
    assert read.parts == ('lead', 'kit')
    assert read.programs.tolist() == [40, PERCUSSION]


def refused(path, data, reason):
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=reason):
        midi.read(path)


def test_files_that_are_no_midi_are_refused(tmp_path):
    refused(tmp_path / 'a.mid', b'', 'empty file')
    refused(tmp_path / 'a.mid', b'Dear reader', "not MIDI: it begins with b'Dear'")
    refused(tmp_path / 'a.mid', b'RIFF\x24\0\0\0WAVEfmt ', "not MIDI: it begins with b'RIFF'")
    refused(tmp_path / 'a.mid', b'MThd\0\0\0\x06', 'cut short in its header')


def test_midi_in_riff_is_read(write_midi, tmp_path):
    data = write_midi(tmp_path / 'a.mid', [(0, on(60, 9)), (480, off(60))]).read_bytes()
    head = b'RIFF' + struct.pack('<I', len(data) + 12) + b'RMIDdata' + struct.pack('<I', len(data))
    (tmp_path / 'b.mid').write_bytes(head + data)
    assert midi.read(tmp_path / 'b.mid').events.tolist() == [[0, 60, 480, 9, 0]]


def test_a_file_cut_short_is_refused_wherever_it_is_cut(write_midi, tmp_path):
    tracks = [[(0, on(60, 9)), (480, off(60))], [(0, on(60, 9)), (480, off(60))]]
    whole = write_midi(tmp_path / 'a.mid', *tracks).read_bytes()
    for length in range(1, len(whole)):
        (tmp_path / 'b.mid').write_bytes(whole[:length])
        with pytest.raises(Unreadable):
            midi.read(tmp_path / 'b.mid')


@pytest.mark.parametrize(
    ('options', 'reason'),
    [
        ({'division': 0}, 'not in parts of a quarter note'),
        ({'division': 0xE728}, 'not in parts of a quarter note'),
        ({'kind': 2}, 'format 2'),
        ({'declared': 3}, 'cut short: 1 of 3 tracks'),
    ],
)
def test_headers_that_cannot_be_meant_are_refused(options, reason, write_midi, tmp_path):
    path = write_midi(tmp_path / 'a.mid', [(0, on(60, 9)), (480, off(60))], **options)
    with pytest.raises(Unreadable, match=reason):
        midi.read(path)


@pytest.mark.parametrize('times', [7, 8, 16, 17])
def test_times_that_no_music_has_are_refused_even_where_the_counter_wraps(
    times, write_midi, tmp_path
):
    silence = [(0x0FFFFFFF, b'\xff\x01\x00')] * times
    path = write_midi(tmp_path / 'a.mid', [*silence, (0, on(60, 9)), (480, off(60))])
    with pytest.raises(Unreadable, match='quarter notes long' if times < 8 else r'2\^31 ticks'):
        midi.read(path)


def test_the_bound_on_ticks_is_one_and_the_slow_sum_is_exact(write_midi, tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(50):
        deltas = [int(2 ** rng.uniform(0, 28)) for _ in range(40)]
        messages = [
            [on(60, 9), bytes([0xFF, 1, 3, 0xE9, 0xE8, 0xE7]), b'\xc0\x05', b'\xf0\x02\x01\xf7'][
                rng.integers(4)
            ]
            for _ in deltas
        ]
        path = write_midi(tmp_path / 'a.mid', list(zip(deltas, messages, strict=True)))
        [track] = midi._tracks(path.read_bytes())
        assert midi._ticks(track) == sum(deltas) <= midi._at_most(track)


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / 'a.mid').open('wb') as file:
        file.truncate(2**40)
    with pytest.raises(Unreadable, match='at most 8,388,608 are taken'):
        midi.read(tmp_path / 'a.mid')


def test_what_is_no_file_on_disk_is_refused_unread(tmp_path):
    os.mkfifo(tmp_path / 'pipe.mid')  # to open it would wait for a writer
    for path in (tmp_path / 'pipe.mid', Path('/dev/null'), tmp_path):
        with pytest.raises(Unreadable, match=r'^no regular file$'):
            midi.read(path)


def test_a_file_that_grows_past_its_declared_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(midi, 'MAX_BYTES', 1000)
    path = tmp_path / 'a.mid'
    path.write_bytes(bytes(2000))
    monkeypatch.setattr(midi.os.path, 'getsize', lambda path: 0)
    with pytest.raises(Unreadable, match='1,001 bytes: at most 1,000 are taken'):
        midi.read(path)
