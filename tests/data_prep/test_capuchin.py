import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

import data_prep
from data_prep import capuchin, leaks, manifest, splits
from data_prep.cards import Wish

RATE_HZ = 8000
CALLS, OTHERS, FOREST = (
    'Parsed_Capuchinbird_Clips',
    'Parsed_Not_Capuchinbird_Clips',
    'Forest Recordings',
)


@pytest.fixture
def noise(write_wav):
    def write(path, seconds):
        seed = sum(map(ord, path.stem))
        samples = np.random.default_rng(seed).integers(-900, 900, int(seconds * RATE_HZ))
        return write_wav(path, samples, RATE_HZ)

    return write


@pytest.fixture
def source(tmp_path, noise):
    root = tmp_path / 'source'
    for recording in ('XC1', 'XC2', 'XC3', 'XC4'):
        for number in range(2):
            noise(root / CALLS / f'{recording}-{number}.wav', 2 + number)
    for recording in ('birds-in-a-wood', 'rain', 'wind', 'frog'):
        noise(root / OTHERS / f'{recording}-0.wav', 2.5)
    noise(root / FOREST / 'recording_00.wav', 6)
    (root / FOREST / 'recording_01.mp3').parent.mkdir(exist_ok=True)
    quiet = np.random.default_rng(0).normal(0, 0.01, 6 * 16_000)
    soundfile.write(root / FOREST / 'recording_01.mp3', quiet, 16_000)
    return root


def find(source, **wish):
    return capuchin.find(Wish(source=source, **wish))


def test_clips_and_recordings_carry_their_columns(source):
    found = find(source)
    known = {entry.item: (entry.label, *entry.columns.values()) for entry in found.entries}
    assert known['XC1-1'] == ('call', 'XC1', 'clip', '')
    assert known['birds-in-a-wood-0'] == ('other', 'birds-in-a-wood', 'clip', '')
    assert known['recording_01'] == ('', 'recording_01', 'forest', '')
    assert len(found.entries) == 8 + 4 + 2
    assert found.notes == ('no table of events: no truth is known of 2 forest recordings',)


def test_the_source_may_be_above_or_one_of_the_folders(source):
    everything = find(source).entries
    for other in (source.parent, source / CALLS, source / FOREST):
        assert find(other).entries == everything
    (source / FOREST).rename(source / 'forest_recordings')
    assert len(find(source).entries) == 14


def test_a_stem_without_a_dash_is_its_own_recording(source, noise):
    noise(source / CALLS / 'single.wav', 3)
    [entry] = [entry for entry in find(source).entries if entry.item == 'single']
    assert entry.columns['recording'] == 'single'


def test_one_name_in_both_folders_makes_two_items_of_one_recording(source, noise):
    noise(source / OTHERS / 'XC1-0.wav', 3)
    both = [entry for entry in find(source).entries if entry.item.endswith('XC1-0')]
    assert [entry.item for entry in both] == ['other/XC1-0', 'call/XC1-0']
    assert {entry.columns['recording'] for entry in both} == {'XC1'}


def test_clips_of_unusual_length_are_taken_and_counted(source, noise):
    noise(source / CALLS / 'short-0.wav', 1)
    noise(source / CALLS / 'long-0.wav', 6)
    found = find(source)
    assert {'short-0', 'long-0'} < {entry.item for entry in found.entries}
    assert found.notes[1] == (
        '2 clips are not 2 to 5 s long and are taken: long-0 6.00 s, short-0 1.00 s'
    )


def test_events_beside_the_folders_are_found_and_a_given_table_goes_before(source, tmp_path):
    (source / 'forest_events.csv').write_text('recording,start_s,end_s\nrecording_00,1,2\n')
    found = find(source)
    known = {entry.item: entry.columns['events'] for entry in found.entries}
    assert (known['recording_00'], known['recording_01']) == ('[[1.0, 2.0]]', '')
    assert found.notes[0] == (
        'forest_events.csv: 1 events in 1 forest recordings, no truth is known of 1 others'
    )
    table = tmp_path / 'mine.csv'
    table.write_text('recording;start_s;end_s\nrecording_01.mp3;0.5;1\nrecording_00;;\n')
    known = {entry.item: entry.columns['events'] for entry in find(source, table=table).entries}
    assert (known['recording_00'], known['recording_01']) == ('[]', '[[0.5, 1.0]]')
    table.write_text('recording,start_s,end_s\nXC1-0,1,2\n')
    with pytest.raises(
        data_prep.PrepError, match=r"mine.csv: .*line 2: there is no recording 'XC1"
    ):
        find(source, table=table)


def test_an_event_beyond_the_end_of_its_recording_is_refused(source):
    table = source / 'forest_events.csv'
    table.write_text('recording,start_s,end_s\nrecording_00,1,6.05\nrecording_01,5,7\n')
    entries = {entry.item: entry for entry in find(source).entries}
    assert len(capuchin.load(entries['recording_00']).samples) == 6 * RATE_HZ
    with pytest.raises(data_prep.Unreadable, match=r'ends at 7 s, the recording at 6\.\d\d s'):
        capuchin.load(entries['recording_01'])


def test_forest_recordings_may_be_missing_and_clips_may_not(source):
    for path in (source / FOREST).iterdir():
        path.unlink()
    (source / FOREST).rmdir()
    assert find(source).notes == ('there are no forest recordings',)
    for path in (source / CALLS).iterdir():
        path.rename(path.with_suffix('.txt'))
    with pytest.raises(data_prep.PrepError, match=r'no sound file .left out: 8 .txt.; wanted: Par'):
        find(source)
    (source / CALLS).rename(source / 'calls')
    with pytest.raises(data_prep.PrepError, match='holds Parsed_Not_Capuchinbird_Clips, calls; w'):
        find(source)


def test_limit_counts_per_class_and_keeps_recordings_apart(source):
    kept = [entry.item for entry in find(source, limit=3).entries]
    assert [item for item in kept if item.startswith('XC')] == ['XC1-0', 'XC2-0', 'XC3-0']
    assert len(kept) == 3 + 3 + 2


def test_prepared_clips_are_split_by_recording_and_forests_set_aside(source, tmp_path):
    directory = data_prep.prepare('capuchin', tmp_path / 'data', source, jobs=1, report=str)
    rows = manifest.items(directory)
    assert Counter(row['kind'] for row in rows) == {'clip': 12, 'forest': 2}
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for name in ('recording_folds', 'leaky_recordings'):
        parts = splits.assign(manifest.read(directory)['protocols'][name], columns)
        pairs = zip(rows, parts, strict=True)
        sides = {(row['recording'], str(part)) for row, part in pairs if part}
        assert len(sides) == len({recording for recording, _ in sides})
        assert {part for name, part in sides if name.startswith('recording')} == {'forest'}


def test_of_copies_in_two_recordings_those_that_test_are_kept(source, tmp_path):
    folder = source / CALLS
    copied = sorted(folder.glob('XC1-*'))
    for number, path in enumerate(copied):
        (folder / f'XC9-{number}.wav').write_bytes(path.read_bytes())
    directory = data_prep.prepare('capuchin', tmp_path / 'data', source, jobs=1, report=str)
    rows = manifest.items(directory)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    protocols = manifest.read(directory)['protocols']
    kept = leaks.found(protocols['recording_folds'], columns)
    leaky = [leaks.found(protocols['leaky_recordings'], columns, fold=k) for k in range(4)]
    assert (kept.exact, kept.near) == (0, 0)
    assert kept.left_out >= len(copied)
    assert max(each.exact for each in leaky) >= len(copied)


def test_forests_of_which_a_clip_trains_are_counted_and_said(source, tmp_path):
    sound = soundfile.read(source / FOREST / 'recording_00.wav', dtype='int16')[0]
    for number in range(4):
        soundfile.write(source / CALLS / f'{number}out-0.wav', sound[: 3 * RATE_HZ], RATE_HZ)
    said = []
    data_prep.prepare('capuchin', tmp_path / 'data', source, jobs=1, report=said.append)
    [line] = [line for line in said if line.startswith('leaky_recordings')]
    assert line.endswith('1 of 2 forest are copies of what trains or validates')


@pytest.mark.skipif(
    'AUDIOGRID_REAL_DATA' not in os.environ,
    reason='AUDIOGRID_REAL_DATA names no folder that holds capuchin/',
)
def test_real_clips_recordings_and_events_are_found():
    source = Path(os.environ['AUDIOGRID_REAL_DATA']) / 'capuchin'
    found = find(source)
    counts = Counter((entry.label, entry.columns['kind']) for entry in found.entries)
    assert counts == {('call', 'clip'): 112, ('other', 'clip'): 125, ('', 'forest'): 3}
    assert found.rejected == []
    rows = (source / 'forest_events.csv').read_text().split()[1:]
    events = [
        f'{entry.item},{start},{end}'
        for entry in found.entries
        for start, end in json.loads(entry.columns['events'] or '[]')
    ]
    assert events == rows
    recording = capuchin.load(found.entries[-1])
    assert recording.rate_hz == 48_000
    assert 179 < len(recording.samples) / recording.rate_hz < 181
