"""A run that is killed, stopped, damaged or out of space ends as one that nothing happened to."""

import functools
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

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
STEPS = {MLP: 240, CNN: 12}


class Undisturbed(NamedTuple):
    outcome: dict[str, Any]
    started_s: float  # from the start of the process to its first record


@pytest.fixture(scope='module')
def undisturbed(launch, run_in, outcome, tmp_path_factory) -> dict[tuple[str, ...], Undisturbed]:
    folder, began_s = tmp_path_factory.mktemp('undisturbed'), time.monotonic()
    places = {MLP: folder / 'mlp', CNN: folder / 'cnn'}
    processes = {each: launch(*each, *HOW, f'--runs_dir={place}') for each, place in places.items()}
    found = {}
    for each, place in places.items():
        processes[each].until(lambda place=place: records(place))
        started_s = time.monotonic() - began_s
        assert processes[each].end().code == 0
        found[each] = Undisturbed(outcome(run_in(place)), started_s)
    return found


class Killed(NamedTuple):
    runs_dir: Path
    code: int  # of the last process
    story: str  # all that the processes said, and when they were killed


def records(runs_dir: Path) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in runs_dir.glob('*/*/metrics.jsonl'))


def writing(runs_dir: Path) -> bool:
    return any(runs_dir.glob('*/*/checkpoints/*/*.writing'))


def touched(runs_dir: Path) -> int:
    """When metrics were last written; before that a new process has swept the old one's drafts."""
    return sum(path.stat().st_mtime_ns for path in runs_dir.glob('*/*/metrics.jsonl'))


@pytest.fixture(scope='module')
def killed(undisturbed, launch, tmp_path_factory) -> dict[tuple[str, ...], Future[Killed]]:
    """Both experiments at a time, each killed three times and then left alone."""
    seed = int(os.environ.get('AUDIOGRID_KILL_SEED', secrets.randbits(32)))

    def run(experiment: tuple[str, ...], folder: Path) -> Killed:
        draw, flags = random.Random(seed), (*experiment, *HOW, f'--runs_dir={folder}')
        expected, started_s = undisturbed[experiment]
        start_s = draw.uniform(0, started_s / 2)  # the programs are compiled by now
        count = draw.randint(1, len(expected['metrics']) - 2)

        def starting(began_s: float, metrics: int) -> bool:
            return time.monotonic() - began_s > start_s or records(folder) > 0

        def saving(began_s: float, metrics: int) -> bool:
            return metrics != touched(folder) and records(folder) >= count and writing(folder)

        def concluding(began_s: float, metrics: int) -> bool:
            return any(folder.glob('*/*/predictions'))

        moments = [
            (f'in its first {start_s:.1f} s', starting, 0.0),
            (f'as it saves after {count} records', saving, draw.uniform(0, 0.1)),
            ('as it writes predictions', concluding, draw.uniform(0, 0.5)),
        ]
        story = f'AUDIOGRID_KILL_SEED={seed}\n'
        for moment, reached, delay_s in moments:
            before = time.monotonic(), touched(folder)
            process = launch(*flags)
            process.until(functools.partial(reached, *before))
            time.sleep(delay_s)
            process.kill()
            code, out, err = process.end()
            story += f'{out}{err}killed {moment}, {delay_s:.3f} s later: {code}\n'
            assert code == -signal.SIGKILL, story
        code, out, err = launch(*flags).end()
        return Killed(folder, code, story + out + err)

    with ThreadPoolExecutor(2) as pool:
        folder = tmp_path_factory.mktemp('killed')
        return {each: pool.submit(run, each, folder / each[0][-5:]) for each in (MLP, CNN)}


@pytest.mark.parametrize('experiment', [MLP, CNN], ids=['mlp', 'cnn2d'])
def test_a_run_killed_at_three_random_moments_ends_as_an_undisturbed_one(
    experiment, killed, undisturbed, run_in, outcome
):
    runs_dir, code, story = killed[experiment].result()
    print(story)
    assert code == 0
    assert f'resumed at step {STEPS[experiment]} of {STEPS[experiment]}' in story
    assert outcome(run_in(runs_dir)) == undisturbed[experiment].outcome


def test_a_killed_run_that_streams_goes_on_as_a_resident_one_that_nothing_happened_to(
    undisturbed, launch, run_in, outcome, tmp_path
):
    flags = (*CNN, *HOW, f'--runs_dir={tmp_path}', '--stream=on')
    process = launch(*flags)
    process.until(lambda: records(tmp_path) >= 4)
    process.kill()
    process.end()
    code, out, err = launch(*flags).end()
    assert (code, err) == (0, '')
    assert 'resumed at step' in out
    assert outcome(run_in(tmp_path)) == undisturbed[CNN].outcome


class Stopped(NamedTuple):
    runs_dir: Path
    step: int


@pytest.fixture(scope='module')
def stopped(launch, run_in, tmp_path_factory) -> Stopped:
    """A run that SIGTERM stopped after its first records."""
    folder = tmp_path_factory.mktemp('stopped')
    process = launch(*MLP, *HOW, f'--runs_dir={folder}')
    process.until(lambda: records(folder) >= 4)
    process.terminate()
    code, out, err = process.end()
    said = re.search(r'^SIGTERM: saved at step (\d+) of 240; .*goes on there$', out, re.MULTILINE)
    assert said, (code, out, err)
    assert (code, err) == (128 + signal.SIGTERM, '')
    return Stopped(folder, int(said[1]))


def resume(stopped: Stopped, launch, folder: Path):
    shutil.copytree(stopped.runs_dir, folder, dirs_exist_ok=True)
    return launch(*MLP, *HOW, f'--runs_dir={folder}')


def test_a_run_stopped_by_sigterm_goes_on_at_that_step_and_ends_as_an_undisturbed_one(
    stopped, undisturbed, launch, run_in, outcome, tmp_path
):
    latest = sorted((run_in(stopped.runs_dir) / 'checkpoints' / 'latest').glob('*.sha256.json'))
    assert latest[-1].name == f'{stopped.step:08d}.sha256.json'
    assert stopped.step % 24, 'between two reports, where the sums of one are under way'
    code, out, err = resume(stopped, launch, tmp_path).end()
    assert (code, err) == (0, '')
    assert f'resumed at step {stopped.step} of 240\n' in out
    assert outcome(run_in(tmp_path)) == undisturbed[MLP].outcome


def test_a_flipped_bit_in_the_newest_checkpoint_is_said_and_the_one_before_is_taken(
    stopped, undisturbed, launch, run_in, outcome, tmp_path
):
    shutil.copytree(stopped.runs_dir, tmp_path, dirs_exist_ok=True)
    newest = run_in(tmp_path) / 'checkpoints' / 'latest' / f'{stopped.step:08d}'
    data = max((path for path in newest.rglob('*') if path.is_file()), key=os.path.getsize)
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    code, out, err = launch(*MLP, *HOW, f'--runs_dir={tmp_path}').end()
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
    small_disk, undisturbed, launch, run_in, outcome
):
    flags = (*MLP, *HOW, f'--runs_dir={small_disk}')
    full = launch(*flags).end()
    assert full.code == 1
    assert re.fullmatch(r'error: .*the disk is full .*last good checkpoint: .*\n', full.err)
    subprocess.run(['mount', '-o', 'remount,size=64m', str(small_disk)], check=True)
    code, out, err = launch(*flags).end()
    assert (code, err) == (0, '')
    assert 'resumed at step' in out
    assert outcome(run_in(small_disk)) == undisturbed[MLP].outcome
