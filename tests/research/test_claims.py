import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from research import claims
from research.claims import Claimed, claim
from research.runs import RunError

ROOT = Path(claims.__file__).parents[1]
ELSEWHERE = ['another machine', 'its boot', 'pid:[1]']

# All meet, all ask, nobody lets go before all were answered; then the next round.
RACE = """
import os, sys, time
from pathlib import Path
from research.claims import Claimed, claim

folder, me, racers, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def meet(place):
    (folder / f'{place}.{me}').touch()
    while len(list(folder.glob(f'{place}.*'))) < racers:
        time.sleep(0.002)

for number in range(rounds):
    meet(f'ready{number}')
    try:
        held = claim(folder / f'run{number}')
        print(number, flush=True)
    except Claimed:
        held = None
    meet(f'asked{number}')
    if held:
        held.release()
"""
HOLD = """
import sys
from pathlib import Path
from research.claims import claim

held = [claim(Path(name), lease_s=float(sys.argv[1])) for name in sys.argv[2:]]
print('held', flush=True)
for _ in sys.stdin:
    print(*[c.lost() for c in held], flush=True)
"""


def start(code: str, *words: object) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, '-c', code, *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


@contextmanager
def holder(*folders: Path, lease_s: float = 30) -> Iterator[subprocess.Popen[str]]:
    with start(HOLD, lease_s, *folders) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == 'held\n'
            yield process
        finally:
            process.kill()


def race(folder: Path, racers: int, rounds: int) -> list[int]:
    """How many processes won each round."""
    running = [start(RACE, folder, me, racers, rounds) for me in range(racers)]
    won = ' '.join(process.communicate(timeout=60)[0] for process in running).split()
    assert all(process.returncode == 0 for process in running)
    return [won.count(str(number)) for number in range(rounds)]


def foreign(folder: Path, text: str | None = None) -> Path:
    """A claim of another host; returns its counter."""
    record = {'host': ELSEWHERE, 'pid': 1, 'started': '1', 'since': 'then', 'token': 'x'}
    (folder / 'claim').mkdir(parents=True)
    (folder / 'claim' / '000001.json').write_text(json.dumps(record) if text is None else text)
    (folder / 'claim' / '000001.beat').write_text('0')
    return folder / 'claim' / '000001.beat'


def test_of_sixteen_processes_exactly_one_wins_each_time(tmp_path):
    assert race(tmp_path, racers=16, rounds=8) == [1] * 8


def test_claims_of_a_killed_process_go_to_exactly_one_taker_at_once(tmp_path):
    with holder(*(tmp_path / f'run{number}' for number in range(8))) as process:
        process.kill()
        # Not waited for: until its parent looks it is still in the table of processes.
        began = time.monotonic()
        assert race(tmp_path, racers=6, rounds=8) == [1] * 8
        assert time.monotonic() - began < 25  # the lease is 30 s


def test_stopped_process_of_this_machine_keeps_its_claim(tmp_path):
    with holder(tmp_path / 'run') as process:
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(Claimed) as refused:
            claim(tmp_path / 'run')
    line = str(refused.value)
    assert '\n' not in line
    assert f'held by process {process.pid} on this machine since 20' in line


def test_second_claim_of_one_process_is_refused_until_release(tmp_path):
    with claim(tmp_path / 'run') as held:
        assert not held.lost()
        with pytest.raises(Claimed):
            claim(tmp_path / 'run')
    held.release()
    with claim(tmp_path / 'run') as again:
        assert not again.lost()
        assert held.lost()
    assert [p.name for p in (tmp_path / 'run' / 'claim').iterdir()] == ['000002.free']


def test_counter_that_moves_elsewhere_is_a_living_holder(tmp_path):
    counter, done, lines = foreign(tmp_path), threading.Event(), []

    def beat():
        count = 0
        while not done.wait(0.1):
            count += 1
            counter.write_text(str(count))

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(Claimed, match='process 1 on another machine'):
            claim(tmp_path, lease_s=20.0, report=lines.append)
    finally:
        done.set()
        thread.join()
    assert len(lines) == 1
    assert 'watching for up to 20 s' in lines[0]


@pytest.mark.parametrize('text', [None, '', '{"host": ['], ids=['whole', 'empty', 'torn'])
def test_counter_that_stands_still_for_a_lease_is_a_dead_holder(tmp_path, text):
    foreign(tmp_path, text)
    began = time.monotonic()
    with claim(tmp_path, lease_s=0.5, report=lambda _: None) as held:
        assert time.monotonic() - began >= 0.5
        assert not held.lost()


def test_machine_started_anew_is_another_host(monkeypatch):
    text = claims._text
    here = claims._host()
    monkeypatch.setattr(claims, '_text', lambda p: 'x' if p.name == 'boot_id' else text(p))
    assert claims._host() != here


def test_frozen_holder_that_was_taken_over_knows_and_leaves_the_taker_alone(tmp_path, monkeypatch):
    with holder(tmp_path, lease_s=0.5) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.send_signal(signal.SIGSTOP)
        monkeypatch.setattr(claims, '_host', lambda: ELSEWHERE)
        with claim(tmp_path, lease_s=0.5, report=lambda _: None) as taken:
            process.send_signal(signal.SIGCONT)
            process.stdin.write('lost?\n')
            process.stdin.flush()
            assert process.stdout.readline() == 'True\n'
            process.stdin.close()
            process.wait()
            assert not taken.lost()


def test_living_holder_beats_and_is_seen_alive_from_elsewhere(tmp_path, monkeypatch):
    with claim(tmp_path, lease_s=1.0):
        monkeypatch.setattr(claims, '_host', lambda: ELSEWHERE)
        with pytest.raises(Claimed, match='on another machine'):
            claim(tmp_path, lease_s=1.0, report=lambda _: None)


def test_taker_that_slept_does_not_win_a_number_given_out_before(tmp_path):
    for _ in range(3):
        claim(tmp_path).release()
    folder = tmp_path / 'claim'
    assert claims._take(folder, 2) is None
    assert claims._take(folder, 3) is None
    assert [p.name for p in folder.iterdir()] == ['000003.free']


def test_without_proc_a_process_is_alive_by_its_number_alone(monkeypatch):
    monkeypatch.setattr(claims, '_text', lambda _: '')
    assert claims._started(os.getpid()) is None
    assert claims._alive(os.getpid(), None)
    ended = subprocess.Popen([sys.executable, '-c', ''])
    ended.wait()
    assert not claims._alive(ended.pid, None)


def test_number_given_to_another_process_is_not_the_holder():
    assert claims._alive(os.getpid(), claims._started(os.getpid()))
    assert not claims._alive(os.getpid(), '1')


def test_removed_run_directory_is_lost(tmp_path):
    with claim(tmp_path / 'run') as held:
        for path in sorted((tmp_path / 'run' / 'claim').iterdir()):
            path.unlink()
        (tmp_path / 'run' / 'claim').rmdir()
        assert held.lost()
    assert not (tmp_path / 'run' / 'claim').exists()


def test_place_that_cannot_be_written_fails_in_one_line(tmp_path):
    (tmp_path / 'runs').write_text('')
    with pytest.raises(RunError, match=r'^cannot write .*Not a directory'):
        claim(tmp_path / 'runs' / 'a')


@pytest.mark.skipif(os.geteuid() != 0, reason='mounting a file system takes root')
def test_full_disk_stops_neither_counter_nor_release(tmp_path):
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', tmp_path], check=True)
    try:
        held = claim(tmp_path / 'run', lease_s=0.3)
        free = shutil.disk_usage(tmp_path).free
        (tmp_path / 'filler').write_bytes(bytes(free))
        with pytest.raises(OSError, match='No space'):
            (tmp_path / 'more').write_bytes(bytes(4096))
        counter = tmp_path / 'run' / 'claim' / '000001.beat'
        before, deadline = counter.read_text(), time.monotonic() + 10
        while counter.read_text() == before:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        held.release()
        assert [p.name for p in counter.parent.iterdir()] == ['000001.free']
    finally:
        subprocess.run(['umount', tmp_path], check=True)
