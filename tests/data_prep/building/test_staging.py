import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import data_prep
from data_prep import manifest
from data_prep.building import staging
from data_prep.cards import VERSION
from data_prep.errors import PrepError, Stopped

ROOT = Path(__file__).parents[3]
HANG = """
import sys, time
import data_prep
import {module} as module
def hang(*args, **kwargs):
    print('there', flush=True)
    time.sleep(600)
module.{function} = hang
data_prep.prepare('gtzan', {data!r}, {source!r}, jobs=1, report=str)
"""


@pytest.mark.parametrize(
    ('module', 'function'),
    [
        ('data_prep.audio', 'decode'),
        ('data_prep.manifest', 'write'),
        ('data_prep.building.staging', 'publish'),
    ],
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
    assert len(list((data / 'gtzan').glob(f'{VERSION}.incomplete-*'))) == 1

    directory = data_prep.prepare('gtzan', data, gtzan_source, jobs=1, report=str)
    assert manifest.verify(directory)['records'] == 10
    assert [path.name for path in directory.parent.iterdir()] == [VERSION]
    assert {path.name for path in directory.iterdir()} == {
        *manifest.read(directory)['files'],
        manifest.FILENAME,
    }


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
    assert [path.name for path in directory.parent.iterdir()] == [VERSION]


def dead_pid():
    with subprocess.Popen([sys.executable, '-c', '']) as child:
        pass
    return child.pid


def leftover(target, pid=0, birth='0', host=None, plan='work', files=()):
    random = f'{len(list(target.parent.iterdir())):08x}'
    name = f'{target.name}.incomplete-{pid}-{birth}-{random}-{host or socket.gethostname()}'
    folder = target.with_name(name)
    folder.mkdir()
    (folder / staging.PLAN).write_text(plan)
    for name in files:
        (folder / name).touch()
    return folder


def test_only_the_dead_of_this_host_are_taken_over(tmp_path):
    target = tmp_path / 'x'
    birth = staging._birth(os.getpid())
    live = leftover(target, os.getpid(), birth)
    elsewhere = leftover(target, dead_pid(), host='elsewhere')
    assert staging.adopt(target, 'work') is None
    assert {*tmp_path.iterdir()} == {live, elsewhere}
    leftover(target, dead_pid(), files=['mine'])
    taken = staging.adopt(target, 'work')
    assert taken is not None
    assert (taken / 'mine').exists()
    assert {*tmp_path.iterdir()} == {live, elsewhere, taken}
    assert staging.adopt(target, 'work') is None  # it is this process's own now


def test_what_was_given_up_is_any_hosts_and_what_may_live_is_named(tmp_path):
    target = tmp_path / 'x'
    live = leftover(target, 1, host='elsewhere')
    leftover(target, pid=0, host='elsewhere', files=['part'])
    assert staging.elsewhere(target) == [live]
    taken = staging.adopt(target, 'work')
    assert taken is not None
    assert (taken / 'part').exists()
    assert {*tmp_path.iterdir()} == {live, taken}


@pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='the system tells no births')
def test_a_later_process_of_the_same_number_is_not_its_owner(tmp_path):
    leftover(tmp_path / 'x', os.getpid(), birth='1')
    assert staging.adopt(tmp_path / 'x', 'work') is not None


def test_what_is_left_of_another_plan_goes(tmp_path):
    leftover(tmp_path / 'x', plan='other')
    leftover(tmp_path / 'x', plan='')
    assert staging.adopt(tmp_path / 'x', 'work') is None
    assert list(tmp_path.iterdir()) == []
    leftover(tmp_path / 'x', plan='')
    with staging.staged(tmp_path / 'x') as folder:
        assert [*tmp_path.iterdir()] == [folder]


def test_of_two_that_are_left_the_fuller_one_is_taken(tmp_path):
    for files in (['a'], ['a', 'b', 'c'], ['a', 'b']):
        leftover(tmp_path / 'x', files=files)
    taken = staging.adopt(tmp_path / 'x', 'work')
    assert taken is not None
    assert len(list(taken.iterdir())) == 4
    assert list(tmp_path.iterdir()) == [taken]


def test_of_many_that_claim_one_gets_it(tmp_path):
    for _ in range(20):
        leftover(tmp_path / 'x', files=['mine'])
        start = threading.Barrier(4)
        taken = []

        def claim(start=start, taken=taken):
            start.wait()
            taken.append(staging.adopt(tmp_path / 'x', 'work'))

        threads = [threading.Thread(target=claim) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [folder] = [folder for folder in taken if folder]
        assert list(tmp_path.iterdir()) == [folder]
        assert (folder / 'mine').exists()
        (folder / 'mine').unlink()
        (folder / staging.PLAN).unlink()
        folder.rmdir()


@pytest.mark.parametrize(
    ('failure', 'plan', 'stays'),
    [
        (KeyError, '', False),
        (KeyboardInterrupt, '', False),
        (PrepError, 'work', False),
        (KeyboardInterrupt, 'work', True),
        (OSError, 'work', True),
        (Stopped, 'work', True),
    ],
)
def test_what_breaks_off_stays_where_it_can_go_on(tmp_path, failure, plan, stays):
    target = tmp_path / 'x' / '1'

    def work():
        with staging.staged(target, plan) as folder:
            (folder / 'part').touch()
            raise failure

    with pytest.raises(failure):
        work()
    assert bool(list(target.parent.iterdir())) == stays
    with staging.staged(target, plan) as folder:
        assert (folder / 'part').exists() == stays


def test_a_folder_that_is_no_corpus_is_not_overwritten(gtzan_source, tmp_path):
    target = tmp_path / 'gtzan' / VERSION
    target.mkdir(parents=True)
    (target / 'mine.txt').write_text('precious')
    with pytest.raises(data_prep.PrepError, match='is there and no corpus'):
        data_prep.prepare('gtzan', tmp_path, gtzan_source, jobs=1, report=str)
    assert (target / 'mine.txt').read_text() == 'precious'


REPLACE = """
import os
from pathlib import Path
from data_prep.building import staging
rename = os.rename
def once(*args):
    rename(*args)
    if {killed}:
        os._exit(9)
    os.rename = broken
def broken(*args):
    os.rename = rename
    raise OSError('broken')
os.rename = once
staging.publish(Path({folder!r}), Path({target!r}), force=True)
"""


@pytest.mark.parametrize('killed', [True, False])
def test_a_replacement_that_breaks_off_between_two_renames_leaves_the_old_one(
    toy, tmp_path, killed
):
    directory = toy.prepare(tmp_path)
    before = manifest.read(directory)
    filled = tmp_path / 'filled'
    filled.mkdir()
    script = REPLACE.format(killed=killed, folder=str(filled), target=str(directory))
    done = subprocess.run(
        [sys.executable, '-c', script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == (9 if killed else 1)
    assert directory.exists() != killed
    lines = []
    assert toy.prepare(tmp_path, report=lines.append) == directory
    assert 'already prepared' in lines[0]
    assert manifest.verify(directory) == before
    assert [path.name for path in directory.parent.iterdir()] == [VERSION]


def test_what_was_replaced_goes_where_the_new_one_stands(tmp_path):
    target = tmp_path / 'x'
    target.mkdir()
    (tmp_path / f'x.replaced-{dead_pid()}-0-00-{socket.gethostname()}').mkdir()
    birth = staging._birth(os.getpid())
    live = tmp_path / f'x.replaced-{os.getpid()}-{birth}-00-{socket.gethostname()}'
    live.mkdir()
    staging.put_back(target)
    assert {*tmp_path.iterdir()} == {target, live}
