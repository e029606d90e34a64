import csv
import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

import data_prep
from data_prep import manifest
from data_prep.cards import VERSION

ROOT = Path(__file__).parents[2]


def prepare(source, tmp_path, **kwargs):
    kwargs = {'jobs': 1, 'report': str} | kwargs
    return data_prep.prepare('gtzan', tmp_path / 'data', source, **kwargs)


def records(directory):
    return tfds.builder_from_directory(str(directory)).as_data_source('all')  # pyright: ignore


def test_records_are_the_samples_of_the_files_in_the_order_of_items(gtzan_source, tmp_path, clip):
    directory = prepare(gtzan_source, tmp_path)
    rows = manifest.items(directory)
    source = records(directory)
    assert len(source) == len(rows) == 10
    for row, record in zip(rows, source, strict=True):
        name = row['item']
        assert record['item'].decode() == record['track'].decode() == name
        np.testing.assert_array_equal(record['audio'], clip(name))
        assert record['audio'].dtype == np.int16
        assert row['sha256'] == hashlib.sha256(b'22050 Hz\n' + clip(name).tobytes()).hexdigest()
        assert int(row['samples']) == len(clip(name))
        assert int(row['rate_hz']) == int(record['rate_hz']) == 22_050
        assert data_prep.corpus('gtzan').classes[record['label']] == row['label']
        assert record['artist'].decode() == row['artist']


def test_columns_are_those_of_the_published_table(gtzan_source, tmp_path):
    rows = {row['item']: row for row in manifest.items(prepare(gtzan_source, tmp_path))}
    with (ROOT / 'data_prep' / 'gtzan_tracks.csv').open() as file:
        table = {row['track']: row for row in csv.DictReader(file)}
    for item, row in rows.items():
        assert {name: row[name] for name in table[item]} == table[item]


def test_both_layouts_and_their_inner_folders_give_one_fingerprint(
    gtzan_source, tmp_path, write_au, clip
):
    for path in gtzan_source.glob('genres_original/*/*.wav'):
        write_au(tmp_path / 'au' / 'genres' / path.parent.name / f'{path.stem}.au', clip(path.stem))
    sources = [
        gtzan_source,
        gtzan_source / 'genres_original',
        tmp_path / 'au',
        tmp_path / 'au' / 'genres',
    ]
    prints = set()
    for number, source in enumerate(sources):
        directory = prepare(source, tmp_path / str(number))
        prints.add(manifest.read(directory)['fingerprint'])
    assert len(prints) == 1


def test_processes_do_not_change_the_corpus(gtzan_source, tmp_path):
    one = prepare(gtzan_source, tmp_path / 'one')
    two = prepare(gtzan_source, tmp_path / 'two', jobs=2)
    assert (one / 'items.csv').read_bytes() == (two / 'items.csv').read_bytes()


def test_a_corrupt_file_is_listed_counted_and_left_out(gtzan_source, tmp_path):
    path = gtzan_source / 'genres_original' / 'jazz' / 'jazz.00054.wav'
    path.write_bytes(b'\x00' * 500)
    lines = []
    directory = prepare(gtzan_source, tmp_path, max_bad=0.1, report=lines.append)
    assert manifest.read(directory)['rejected'] == 1
    [row] = manifest.rejected(directory)
    assert row['path'] == str(path)
    assert 'not readable' in row['reason']
    assert len(records(directory)) == 9
    assert any('jazz.00054' in line for line in lines)


def test_more_bad_files_than_allowed_is_an_error_and_leaves_no_corpus(gtzan_source, tmp_path):
    (gtzan_source / 'genres_original' / 'jazz' / 'jazz.00054.wav').write_bytes(b'')
    with pytest.raises(data_prep.PrepError, match=r'1 of 10 files are bad.*jazz.00054.*empty file'):
        prepare(gtzan_source, tmp_path)
    assert data_prep.prepared('gtzan', tmp_path / 'data') is None


def test_unknown_and_misplaced_tracks_are_refused(gtzan_source, tmp_path, write_wav, clip):
    folder = gtzan_source / 'genres_original' / 'jazz'
    write_wav(folder / 'jazz.00100.wav', clip('x'))
    write_wav(folder / 'blues.00001.wav', clip('y'))
    rows = manifest.rejected(prepare(gtzan_source, tmp_path, max_bad=0.5))
    assert {Path(row['path']).stem: row['reason'] for row in rows} == {
        'jazz.00100': 'not one of the 1,000 known tracks',
        'blues.00001': 'lies in the folder of another genre',
    }


def test_the_protocol_that_is_taken_is_named(gtzan_source, tmp_path):
    lines = []
    prepare(gtzan_source, tmp_path, report=lines.append)
    [told] = [line for line in lines if 'data.protocol' in line]
    assert told.startswith('fault_filtered is taken unless --set=data.protocol=NAME says ')
    assert 'track_random' in told.partition(' says ')[2]


def test_a_sample_that_its_protocol_leaves_untrained_classes_says_which(gtzan_source, tmp_path):
    lines = []
    prepare(gtzan_source, tmp_path, report=lines.append)
    # blues.00050 to 00054 validate, of jazz.00050 to 00054 four train.
    assert 'fault_filtered: nothing to train on of genre blues' in lines


def test_a_second_call_does_nothing_and_says_so(gtzan_source, tmp_path):
    directory = prepare(gtzan_source, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in directory.iterdir()}
    lines = []
    assert prepare(None, tmp_path, report=lines.append) == directory
    assert {path: path.stat().st_mtime_ns for path in directory.iterdir()} == before
    assert lines == [f'gtzan: already prepared, 10 records in {directory}']


def test_force_prepares_again(gtzan_source, tmp_path):
    directory = prepare(gtzan_source, tmp_path)
    (gtzan_source / 'genres_original' / 'jazz' / 'jazz.00054.wav').unlink()
    prepare(gtzan_source, tmp_path, force=True)
    assert manifest.check(directory)['records'] == 9
    assert [path.name for path in directory.parent.iterdir()] == [VERSION]


def test_limit_is_recorded_and_not_taken_for_the_whole(gtzan_source, tmp_path):
    directory = prepare(gtzan_source, tmp_path, limit=2)
    assert manifest.read(directory)['limit'] == 2
    assert len(manifest.items(directory)) == 4
    with pytest.raises(data_prep.PrepError, match='limit=2, wanted is limit=None'):
        prepare(gtzan_source, tmp_path)


def test_a_folder_without_the_layout_says_what_is_wanted_and_what_is_there(tmp_path):
    source = tmp_path / 'source'
    (source / 'songs').mkdir(parents=True)
    with pytest.raises(data_prep.PrepError, match='holds songs; wanted: genres_original/<genre>'):
        prepare(source, tmp_path)
    with pytest.raises(data_prep.PrepError, match='is not a folder'):
        prepare(tmp_path / 'nowhere', tmp_path)
    with pytest.raises(data_prep.PrepError, match='needs --source=DIR'):
        prepare(None, tmp_path)


def test_prep_and_reading_import_no_tensorflow_and_open_no_connection(gtzan_source, tmp_path):
    script = f"""
import sys
def hook(event, args):
    if event in ('socket.connect', 'socket.getaddrinfo'):
        raise SystemExit(f'tried to connect: {{args}}')
sys.addaudithook(hook)
import data_prep
directory = data_prep.prepare('gtzan', {str(tmp_path / 'data')!r}, {str(gtzan_source)!r}, jobs=1)
import tensorflow_datasets as tfds
source = tfds.builder_from_directory(str(directory)).as_data_source('all')
assert len(source[3]['audio']) == 2000
assert 'tensorflow' not in sys.modules
assert 'jax' not in sys.modules
"""
    subprocess.run([sys.executable, '-c', script], cwd=ROOT, check=True, capture_output=True)


def test_the_builder_is_a_tfds_builder():
    from data_prep.building.builder import builder_class

    made = builder_class(data_prep.corpus('gtzan'))
    assert issubclass(made, tfds.core.GeneratorBasedBuilder)
    assert (made.__name__, made.name, str(made.VERSION)) == ('Gtzan', 'gtzan', VERSION)


@pytest.mark.skipif(
    'AUDIOGRID_REAL_DATA' not in os.environ,
    reason='AUDIOGRID_REAL_DATA names no folder that holds gtzan/genres_original',
)
def test_real_clips_are_taken_whole(tmp_path):
    source = Path(os.environ['AUDIOGRID_REAL_DATA']) / 'gtzan'
    directory = prepare(source, tmp_path)
    facts = manifest.verify(directory)
    files = list(source.glob('genres_original/*/*.wav'))
    assert facts['records'] == len(files)
    assert facts['rates_hz'] == [22_050]
    assert facts['rejected'] == 0
    counts = Counter(row['label'] for row in manifest.items(directory))
    assert counts == Counter(path.parent.name for path in files)
    assert 29.5 < facts['seconds'] / len(files) < 30.5
