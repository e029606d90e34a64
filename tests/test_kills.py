"""A run that is killed, stopped, damaged or out of space ends as one that nothing happened to."""

import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from research.train import SAVING
from tests.forked import Process

pytestmark = pytest.mark.slow

# Eight steps are one program, 24 steps one report.
MLP = (
    '--experiment=genre_mlp',
    '--set=model.widths=16,8',
    '--set=model.dropout=0.3',
    '--set=optimizer.learning_rate=1e-4',
    '--set=steps=240',
    '--set=eval_epochs=6.4',
)
# Running statistics, and a front-end within the step.
CNN = (
    '--experiment=genre_cnn2d',
    '--set=model.channels=4',
    '--set=model.kernels=3',
    '--set=model.dense=8',
    '--set=augment=RandomCrop,Gain,SpecAugment',
    '--set=batch_size=16',
    '--set=steps=12',
    '--set=eval_epochs=0.5',
)
# A checkpoint at every report.
HOW = ('--corpus=corpus_styles', '--wandb=off', '--checkpoint_every_s=0')


class Undisturbed(NamedTuple):
    outcome: dict[str, Any]
    started_s: float  # from the start of the process to its first record


@pytest.fixture(scope='module')
def undisturbed(fork, run_in, outcome, tmp_path_factory) -> dict[tuple[str, ...], Undisturbed]:
    folder, began_s = tmp_path_factory.mktemp('undisturbed'), time.monotonic()
    places = {MLP: folder / 'mlp', CNN: folder / 'cnn'}
    processes = {each: fork(*each, *HOW, f'--runs_dir={place}') for each, place in places.items()}
    found = {}
    for each, place in places.items():
        processes[each].until(lambda place=place: records(place))
        started_s = time.monotonic() - began_s
        assert processes[each].end().code == 0
        found[each] = Undisturbed(outcome(run_in(place)), started_s)
    return found


def records(runs_dir: Path) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in runs_dir.glob('*/*/metrics.jsonl'))


def writing(runs_dir: Path) -> bool:
    return any(runs_dir.glob('*/*/checkpoints/*/*.writing'))


def touched(runs_dir: Path) -> int:
    """When metrics were last written; before that a new process has swept the old one's drafts."""
    return sum(path.stat().st_mtime_ns for path in runs_dir.glob('*/*/metrics.jsonl'))


class Moment(NamedTuple):
    """When a process is killed."""

    told: str
    reached: Callable[[], object]
    later_s: float


@pytest.fixture(scope='module')
def draw() -> random.Random:
    seed = int(os.environ.get('AUDIOGRID_KILL_SEED', secrets.randbits(32)))
    print(f'AUDIOGRID_KILL_SEED={seed}')
    return random.Random(seed)


def starting(folder: Path, after_s: float) -> Moment:
    began_s = time.monotonic()
    return Moment(
        f'in its first {after_s:.1f} s',
        lambda: time.monotonic() - began_s > after_s or records(folder) > 0,
        0.0,
    )


def saving(folder: Path, count: int, later_s: float) -> Moment:
    before = touched(folder)
    return Moment(
        f'as it saves after {count} records',
        lambda: before != touched(folder) and records(folder) >= count and writing(folder),
        later_s,
    )


def concluding(folder: Path, later_s: float) -> Moment:
    return Moment('as it writes predictions', lambda: any(folder.glob('*/*/predictions')), later_s)


def kill(process: Process, moment: Moment) -> None:
    process.until(moment.reached)
    time.sleep(moment.later_s)
    process.kill()
    code, out, err = process.end()
    print(f'{out}{err}killed {moment.told}, {moment.later_s:.3f} s later: {code}')
    assert code == -signal.SIGKILL


def test_a_run_killed_at_three_random_moments_ends_as_an_undisturbed_one(
    undisturbed, fork, run_in, outcome, draw, tmp_path
):
    flags = (*MLP, *HOW, f'--runs_dir={tmp_path}')
    expected, started_s = undisturbed[MLP]
    start_s = draw.uniform(0, started_s / 2)  # the programs are compiled by now
    kill(fork(*flags), starting(tmp_path, start_s))
    count = draw.randint(1, len(expected['metrics']) - 2)
    kill(fork(*flags), saving(tmp_path, count, draw.uniform(0, 0.1)))
    # Drawing makes the end long enough to be killed in.
    kill(fork(*flags, pictures=True), concluding(tmp_path, draw.uniform(0, 0.5)))
    code, out, err = fork(*flags).end()
    assert (code, err) == (0, '')
    assert 'resumed at step 240 of 240' in out
    assert outcome(run_in(tmp_path)) == expected


def test_a_run_killed_twice_as_it_streams_ends_as_a_resident_one_that_nothing_happened_to(
    undisturbed, fork, run_in, outcome, draw, tmp_path
):
    flags = (*CNN, *HOW, f'--runs_dir={tmp_path}')
    expected, _ = undisturbed[CNN]
    last = len(expected['metrics']) - 2
    first = draw.randint(1, last - 1)
    for count in (first, draw.randint(first + 1, last)):
        kill(fork(*flags, '--stream=on'), saving(tmp_path, count, draw.uniform(0, 0.1)))
    code, out, err = fork(*flags).end()
    assert (code, err) == (0, '')
    assert 'resumed at step' in out
    assert outcome(run_in(tmp_path)) == expected


class Stopped(NamedTuple):
    runs_dir: Path
    step: int


@pytest.fixture(scope='module')
def stopped(fork, run_in, tmp_path_factory) -> Stopped:
    """A run that SIGTERM stopped after its first records, and between two reports."""
    for _ in range(4):
        folder = tmp_path_factory.mktemp('stopped')
        process = fork(*MLP, *HOW, f'--runs_dir={folder}')
        process.until(lambda at=folder: any(at.glob('*/*/checkpoints/latest/00000048*')))
        process.terminate()
        code, out, err = process.end()
        said = re.search(r'^SIGTERM: saved at step (\d+) of 240; .*there$', out, re.MULTILINE)
        assert said, (code, out, err)
        assert (code, err) == (128 + signal.SIGTERM, '')
        assert out.index(f'{SAVING}\n') < said.start()
        assert out.endswith(f'{said[0]}\n')
        if int(said[1]) % 24:
            return Stopped(folder, int(said[1]))
    pytest.fail('every signal came with a report')


def resume(stopped: Stopped, fork, folder: Path):
    shutil.copytree(stopped.runs_dir, folder, dirs_exist_ok=True)
    return fork(*MLP, *HOW, f'--runs_dir={folder}')


def test_a_run_stopped_by_sigterm_goes_on_at_that_step_and_ends_as_an_undisturbed_one(
    stopped, undisturbed, fork, run_in, outcome, tmp_path
):
    latest = sorted((run_in(stopped.runs_dir) / 'checkpoints' / 'latest').glob('*.sha256.json'))
    assert latest[-1].name == f'{stopped.step:08d}.sha256.json'
    code, out, err = resume(stopped, fork, tmp_path).end()
    assert (code, err) == (0, '')
    assert f'resumed at step {stopped.step} of 240\n' in out
    assert outcome(run_in(tmp_path)) == undisturbed[MLP].outcome


def test_a_flipped_bit_in_the_newest_checkpoint_is_said_and_the_one_before_is_taken(
    stopped, undisturbed, fork, run_in, outcome, tmp_path
):
    shutil.copytree(stopped.runs_dir, tmp_path, dirs_exist_ok=True)
    newest = run_in(tmp_path) / 'checkpoints' / 'latest' / f'{stopped.step:08d}'
    data = max((path for path in newest.rglob('*') if path.is_file()), key=os.path.getsize)
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    code, out, err = fork(*MLP, *HOW, f'--runs_dir={tmp_path}').end()
    assert (code, err) == (0, '')
    assert f'latest checkpoint of step {stopped.step} is damaged' in out
    before = stopped.step // 24 * 24
    assert f'resumed at step {before} of 240\n' in out
    assert outcome(run_in(tmp_path)) == undisturbed[MLP].outcome


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB, too small for the third checkpoint."""
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', str(tmp_path)]
    try:
        refused = subprocess.run(mount, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f'no file system can be mounted here: {error}')
    if refused.returncode:
        pytest.skip(f'no file system can be mounted here: {refused.stderr.strip()}')
    yield tmp_path
    subprocess.run(['umount', str(tmp_path)], check=True)


def test_a_full_disk_is_one_line_and_with_room_the_run_ends_as_an_undisturbed_one(
    small_disk, undisturbed, fork, run_in, outcome
):
    flags = (*MLP, *HOW, f'--runs_dir={small_disk}')
    full = fork(*flags).end()
    assert full.code == 1
    assert re.fullmatch(r'error: .*the disk is full .*last good checkpoint: .*\n', full.err)
    subprocess.run(['mount', '-o', 'remount,size=64m', str(small_disk)], check=True)
    code, out, err = fork(*flags).end()
    assert (code, err) == (0, '')
    assert 'resumed at step' in out
    assert outcome(run_in(small_disk)) == undisturbed[MLP].outcome
