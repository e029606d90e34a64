import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import data_prep
from data_prep import manifest, staging

ROOT = Path(__file__).parents[2]
HANG = """
import sys, time
import data_prep
from data_prep import {module}
def hang(*args, **kwargs):
    print('there', flush=True)
    time.sleep(600)
{module}.{function} = hang
data_prep.prepare('gtzan', {data!r}, {source!r}, jobs=1, report=str)
"""


@pytest.mark.parametrize(
    ('module', 'function'), [('audio', 'decode'), ('manifest', 'write'), ('staging', 'publish')]
)
def test_a_killed_prep_leaves_nothing_that_looks_whole(gtzan_source, tmp_path, module, function):
    data = tmp_path / 'data'
    script = HANG.format(module=module, function=function, data=str(data), source=str(gtzan_source))
    command = [sys.executable, '-c', script]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b'there\n'
        child.send_signal(signal.SIGKILL)
    assert data_prep.prepared('gtzan', data) is None
    assert len(list((data / 'gtzan').glob('1.0.0.incomplete-*'))) == 1

    directory = data_prep.prepare('gtzan', data, gtzan_source, jobs=1, report=str)
    assert manifest.verify(directory)['records'] == 10
    assert [path.name for path in directory.parent.iterdir()] == ['1.0.0']


def test_the_second_of_two_preps_drops_its_own(gtzan_source, tmp_path, monkeypatch):
    other = {}
    publish = staging.publish

    def late(folder, target, force):
        monkeypatch.setattr(staging, 'publish', publish)
        other['first'] = data_prep.prepare('gtzan', tmp_path, gtzan_source, jobs=1, report=str)
        other['facts'] = (target / 'manifest.json').stat().st_ino
        return publish(folder, target, force)

    monkeypatch.setattr(staging, 'publish', late)
    lines = []
    directory = data_prep.prepare('gtzan', tmp_path, gtzan_source, jobs=1, report=lines.append)
    assert directory == other['first']
    assert (directory / 'manifest.json').stat().st_ino == other['facts']
    assert any('another prep was done first' in line for line in lines)
    assert [path.name for path in directory.parent.iterdir()] == ['1.0.0']


def leftover(parent, **owner):
    folder = parent / '1.0.0.incomplete-abc'
    folder.mkdir()
    (folder / staging.OWNER).write_text(json.dumps(owner))
    return folder


def dead_pid():
    with subprocess.Popen([sys.executable, '-c', '']) as child:
        pass
    return child.pid


def test_only_the_dead_of_this_host_are_swept(tmp_path):
    here, dead = socket.gethostname(), dead_pid()
    for owner, stays in [
        ({'host': here, 'pid': os.getpid()}, True),
        ({'host': 'elsewhere', 'pid': dead}, True),
        ({'host': here, 'pid': dead}, False),
    ]:
        folder = leftover(tmp_path, **owner)
        staging.sweep(tmp_path / '1.0.0')
        assert folder.exists() == stays
        if stays:
            (folder / staging.OWNER).unlink()
            folder.rmdir()


def test_a_failure_leaves_no_folder(tmp_path):
    with pytest.raises(KeyError), staging.staged(tmp_path / 'x' / '1.0.0'):
        raise KeyError
    assert list((tmp_path / 'x').iterdir()) == []


def test_a_folder_that_is_no_corpus_is_not_overwritten(gtzan_source, tmp_path):
    target = tmp_path / 'gtzan' / '1.0.0'
    target.mkdir(parents=True)
    (target / 'mine.txt').write_text('precious')
    with pytest.raises(data_prep.PrepError, match='is there and no corpus'):
        data_prep.prepare('gtzan', tmp_path, gtzan_source, jobs=1, report=str)
    assert (target / 'mine.txt').read_text() == 'precious'
