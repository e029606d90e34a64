"""A prep that is stopped, in whatever way, goes on with the rest."""

import csv
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_prep import manifest
from data_prep.cards import VERSION
from data_prep.errors import PrepError, Stopped

ITEMS = [f'{letter}{number}' for letter in 'ab' for number in range(5)]


def until_trapped(toy):
    while not (toy.home / 'trapped').exists():
        time.sleep(0.01)


def fingerprint(directory):
    return manifest.verify(directory)['fingerprint']


def records(directory):
    return tfds.builder_from_directory(str(directory)).as_data_source('all')  # pyright: ignore


def test_after_a_kill_only_the_rest_is_done(toy, tmp_path):
    undisturbed = fingerprint(toy.prepare(tmp_path / 'other'))
    assert toy.decoded() == ITEMS
    trap = toy.trap('a4', 'hang')
    child = toy.start(tmp_path / 'data', '--jobs=1')
    until_trapped(toy)
    child.kill()
    child.communicate()
    trap.unlink()
    assert toy.decoded() == ITEMS[:5]
    lines = []
    directory = toy.prepare(tmp_path / 'data', report=lines.append)
    assert toy.decoded() == ITEMS[4:]
    assert lines[0] == 'toy: going on: 2 of 5 shards are there'
    assert fingerprint(directory) == undisturbed
    assert [row['item'] for row in manifest.items(directory)] == ITEMS
    assert [record['item'].decode() for record in records(directory)] == ITEMS
    assert [path.name for path in directory.parent.iterdir()] == [VERSION]


@pytest.mark.slow
@pytest.mark.parametrize('to', ['process', 'terminal'])
def test_after_control_c_only_the_rest_is_done(toy, tmp_path, to):
    trap = toy.trap('b1', 'hang')
    child = toy.start(tmp_path, '--jobs=2')
    until_trapped(toy)
    folder = tmp_path / 'toy'
    while len(list(folder.glob('*/shard-*.json'))) < 4:  # all but the one that hangs
        time.sleep(0.01)
    if to == 'process':
        child.send_signal(signal.SIGINT)
    else:
        os.killpg(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=20)
    assert (child.returncode, len(said.splitlines())) == (130, 1)
    assert 'the same command goes on' in said
    trap.unlink()
    toy.decoded()
    assert manifest.verify(toy.prepare(tmp_path))['records'] == 10
    assert toy.decoded() == ['b1', 'b2']


def test_after_an_interrupt_the_same_process_goes_on(toy, tmp_path):
    trap = toy.trap('b4', 'interrupt')
    with pytest.raises(KeyboardInterrupt):
        toy.prepare(tmp_path)
    trap.unlink()
    toy.decoded()
    toy.prepare(tmp_path)
    assert toy.decoded() == ['b3', 'b4']


@pytest.mark.slow
def test_a_worker_that_dies_is_one_line_and_the_rest_is_done_later(toy, tmp_path):
    trap = toy.trap('b4', 'die')
    child = toy.start(tmp_path, '--jobs=2')
    _, said = child.communicate(timeout=60)
    assert (child.returncode, len(said.splitlines())) == (2, 1)
    assert 'a worker process died' in said
    trap.unlink()
    toy.decoded()
    lines = []
    directory = toy.prepare(tmp_path, report=lines.append)
    assert manifest.verify(directory)['records'] == 10
    assert 'going on' in lines[0]
    assert {'b3', 'b4'} <= {*toy.decoded()} < {*ITEMS}


def stopped(toy, data):
    """Leaves two of five shards."""
    trap = toy.trap('a4', 'interrupt')
    with pytest.raises(KeyboardInterrupt):
        toy.prepare(data)
    trap.unlink()
    toy.decoded()


@pytest.mark.parametrize('change', ['touch', 'bytes', 'name', 'limit', 'version', 'code'])
def test_another_plan_starts_anew(toy, tmp_path, change, monkeypatch):
    stopped(toy, tmp_path)
    file = toy.source / 'a0.wav'
    if change == 'touch':
        os.utime(file, (1, 1))
    elif change == 'bytes':
        file.write_bytes(file.read_bytes() + b'\0\0')
    elif change == 'name':
        file.rename(toy.source / 'a9.wav')
    elif change == 'code':
        with (toy.home / 'toy_corpus.py').open('a') as module:
            module.write('# another version of it\n')
    elif change == 'version':
        monkeypatch.setattr('data_prep.building.plans.VERSION', '9.9.9')
    lines = []
    toy.prepare(tmp_path, report=lines.append, limit=9 if change == 'limit' else None)
    assert 'going on' not in lines[0]
    assert len(toy.decoded()) == (9 if change == 'limit' else 10)
    assert [path.name for path in (tmp_path / 'toy').iterdir()] == [VERSION]


@pytest.mark.parametrize('name', ['shard-00001.array_record', 'shard-00001.npy'])
@pytest.mark.parametrize('damage', ['flip', 'cut', 'remove'])
def test_a_damaged_shard_is_made_again(toy, tmp_path, name, damage):
    undisturbed = fingerprint(toy.prepare(tmp_path / 'other'))
    stopped(toy, tmp_path)
    [path] = (tmp_path / 'toy').glob(f'*/{name}')
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data if damage == 'flip' else data[:-1])
    if damage == 'remove':
        path.unlink()
    directory = toy.prepare(tmp_path)
    assert toy.decoded() == ITEMS[2:]
    assert fingerprint(directory) == undisturbed


@pytest.mark.parametrize('text', ['', '[1, [{"item"', 'null', '{}', '\0\0\0'])
def test_a_torn_marker_is_no_marker(toy, tmp_path, text):
    stopped(toy, tmp_path)
    [marker] = (tmp_path / 'toy').glob('*/shard-00001.json')
    marker.write_text(text)
    directory = toy.prepare(tmp_path)
    assert toy.decoded() == ITEMS[2:]
    assert manifest.verify(directory)['records'] == 10


def test_too_many_bad_files_are_all_listed_and_a_higher_share_goes_on(toy, tmp_path):
    for item in ITEMS[:4]:
        (toy.source / f'{item}.wav').write_text('no sound')
    listed = tmp_path / 'toy' / f'{VERSION}.rejected.csv'
    with pytest.raises(Stopped, match=f'4 of 10 files are bad, more than .*{listed}'):
        toy.prepare(tmp_path)
    rows = list(csv.DictReader(listed.read_text().splitlines()))
    assert [Path(row['path']).stem for row in rows] == ITEMS[:4]
    toy.decoded()
    directory = toy.prepare(tmp_path, max_bad=0.4)
    assert toy.decoded() == []
    assert manifest.verify(directory)['records'] == 6
    assert [path.name for path in directory.parent.iterdir()] == [VERSION]


def test_where_every_file_is_bad_nothing_goes_on(toy, tmp_path):
    for item in ITEMS:
        (toy.source / f'{item}.wav').write_text('no sound')
    with pytest.raises(PrepError, match='10 of 10 files are bad, and none is left'):
        toy.prepare(tmp_path, max_bad=1.0)
    assert [path.name for path in (tmp_path / 'toy').iterdir()] == [f'{VERSION}.rejected.csv']


@pytest.fixture
def disk(tmp_path):
    """A disk of 700 kB."""
    place = tmp_path / 'disk'
    place.mkdir()
    command = ['mount', '-t', 'tmpfs', '-o', 'size=700k', 'tmpfs', str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip('may not mount a small disk')
    yield place
    subprocess.run(['umount', '-l', place], check=True)


@pytest.mark.parametrize('jobs', [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_full_disk_is_one_line_and_more_room_goes_on(toy, disk, jobs, write_wav):
    for number, item in enumerate(ITEMS):
        noise = np.random.default_rng(number).integers(-9000, 9000, 50_000)
        write_wav(toy.source / f'{item}.wav', noise)
    child = toy.start(disk, f'--jobs={jobs}')
    out, said = child.communicate(timeout=60)
    assert (child.returncode, len(said.splitlines())) == (2, 1), out + said
    assert f'the disk of {disk / "toy"} is full' in said
    assert 'of 5 shards (' in said
    [left] = (disk / 'toy').iterdir()
    finished = len(list(left.glob('*.json')))
    assert 1 <= finished < 5
    assert len(list(left.iterdir())) == 3 * finished + 1  # nothing of a shard that is not whole
    subprocess.run(['mount', '-o', 'remount,size=8m', disk], check=True)
    toy.decoded()
    assert manifest.verify(toy.prepare(disk))['records'] == 10
    assert len(toy.decoded()) == 10 - 2 * finished
