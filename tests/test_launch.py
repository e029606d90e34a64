"""What a user meets at launch.py: processes as they are started by hand, looked at from outside."""

import json
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from absl.testing import flagsaver

import launch as door
from experiments import genre

# Some seconds of training: three epochs of a small network.
SMALL = ('--experiment=genre_mlp', '--set=model.widths=16,8', '--set=steps=12', '--wandb=off')
# Weights and biases of 125 frames x 13 features -> 16 -> 8 -> 6 styles.
SMALL_PARAMETERS = (125 * 13 + 1) * 16 + (16 + 1) * 8 + (8 + 1) * 6

# Writes down each attempt to reach a network and each attempt to import TensorFlow.
WATCH = """
import os, socket, sys

def watch(event, arguments):
    if event == 'socket.connect' and arguments[0].family != socket.AF_UNIX:
        seen = f'connect {arguments[1]}'
    elif event == 'socket.getaddrinfo':
        seen = f'resolve {arguments[0]}'
    elif event == 'import' and arguments[0].partition('.')[0] == 'tensorflow':
        seen = f'import {arguments[0]}'
    else:
        return
    with open(os.environ['WATCHED'], 'a') as file:
        file.write(f'{seen} in {sys.argv}\\n')
    if not seen.startswith('import'):
        raise OSError(f'no network: {seen}')

with open(os.environ['WATCHED'], 'a'):
    sys.addaudithook(watch)
"""


class Trained(NamedTuple):
    """A run that ended, the flags it was asked for with, and what it was caught at."""

    flags: tuple[str, ...]
    directory: Path
    ended: Any
    watched: str


def content(directory: Path) -> dict[Path, tuple[int, bytes]]:
    files = (path for path in directory.rglob('*') if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.fixture
def ask(data_dir, capsys) -> Callable[..., tuple[int, str, str]]:
    """launch.py within this process, for what trains nothing."""

    def run(*flags: str) -> tuple[int, str, str]:
        with flagsaver.flagsaver():
            code = door.main(door.parse(['launch.py', f'--data_dir={data_dir}', *flags]))
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope='module')
def train(launch, run_in, tmp_path_factory) -> Callable[..., Trained]:
    """Trains under watch, in an empty folder or in a copy of one."""

    def run(*flags: str, runs_dir: Path | None = None) -> Trained:
        folder = tmp_path_factory.mktemp('trained')
        if runs_dir:
            shutil.copytree(runs_dir, folder / 'runs')
        (folder / 'sitecustomize.py').write_text(WATCH)
        flags = (*flags, f'--runs_dir={folder / "runs"}')
        watched = folder / 'watched'
        ended = launch(*flags, PYTHONPATH=str(folder), WATCHED=str(watched)).end()
        return Trained(flags, run_in(folder / 'runs'), ended, watched.read_text())

    return run


@pytest.fixture(scope='module')
def trained(train) -> Trained:
    return train(*SMALL)


@pytest.fixture(scope='module')
def forced(train, trained) -> Trained:
    """The same again, where it is finished, and W&B offline."""
    return train(*SMALL[:-1], '--wandb=offline', '--force', runs_dir=trained.directory.parents[1])


@pytest.mark.parametrize('flag', ['--help', '--list'])
def test_help_and_list_succeed_without_importing_jax(launch, flag):
    code, out, err = launch(flag, python=('-X', 'importtime')).end()
    imported = set(re.findall(r'^import time:.*\| +([\w.]+)$', err, flags=re.MULTILINE))
    assert code == 0
    assert 'absl.app' in imported
    assert not imported & {'jax', 'numpy', 'flax', 'tensorflow_datasets'}
    assert ('--experiment' if flag == '--help' else 'genre_cnn1d') in out


def test_list_shows_each_experiment_with_the_first_line_of_its_card(ask):
    code, out, err = ask('--list')
    listed, _ = out.split('\ngrids, by --grid=NAME:\n')
    shown = dict(line.split(maxsplit=1) for line in listed.splitlines())
    functions = [genre.genre_cnn1d, genre.genre_cnn2d, genre.genre_mlp, genre.genre_lstm]
    cards = {each.__name__: str(each.__doc__).splitlines()[0] for each in functions}
    assert shown.items() >= cards.items()
    assert (code, err) == (0, '')


def test_plan_shows_what_would_run_and_starts_nothing(ask, tmp_path):
    code, out, err = ask(*SMALL, '--plan', f'--runs_dir={tmp_path / "runs"}')
    assert (code, err) == (0, '')
    assert f'{SMALL_PARAMETERS:,} parameters' in out
    assert re.search(r'^steps +12: 3.2 epochs', out, flags=re.MULTILINE)
    assert re.search(r'^memory +\d+ MiB', out, flags=re.MULTILINE)
    assert not list(tmp_path.iterdir())


def test_an_unprepared_corpus_is_stood_in_for_and_that_is_said_first(trained):
    first, second, third, *_ = trained.ended.out.splitlines()
    assert "corpus 'gtzan' is not prepared" in first
    assert "stand-in 'corpus_styles'" in first
    assert 'python -m data_prep gtzan' in second
    assert 'corpus_styles (stand-in)' in third
    experiment = json.loads((trained.directory / 'experiment.json').read_text())
    assert experiment['data']['corpus'] == 'corpus_styles'
    environment = json.loads((trained.directory / 'environment.json').read_text())
    assert environment['corpus'] == 'corpus_styles'
    assert trained.directory.name.startswith('corpus_styles-s0-')


def test_a_run_ends_with_its_scores_and_a_record_of_each_validation(trained):
    assert (trained.ended.code, trained.ended.err) == (0, '')
    result = json.loads((trained.directory / 'result.json').read_text())
    assert result['status'] == 'finished'
    assert result['steps'] == 12
    assert result['parameters'] == SMALL_PARAMETERS
    assert f'item_accuracy  {result["test"]["item_accuracy"]:.3f}' in trained.ended.out
    # 12 pieces of ten slices in batches of 32: an epoch is 3.75 steps, told after each fourth.
    lines = (trained.directory / 'metrics.jsonl').read_text().splitlines()
    told = [(record['step'], record['split']) for record in map(json.loads, lines)]
    assert told == [(step, split) for step in (4, 8, 12) for split in ('train', 'valid')]


def test_a_run_reaches_for_no_network_and_imports_no_tensorflow(trained):
    assert trained.watched == ''


def test_off_a_terminal_nothing_but_text_is_shown(trained):
    assert all(char.isprintable() for char in trained.ended.out.replace('\n', ''))


@pytest.mark.slow
def test_wandb_offline_reaches_for_no_network_and_says_how_to_sync(forced):
    assert (forced.ended.code, forced.watched) == (0, '')
    assert 'wandb sync' in forced.ended.out
    assert list(forced.directory.rglob('*.wandb'))


def test_a_finished_run_asked_for_again_shows_its_scores_and_changes_nothing(trained, ask):
    before = content(trained.directory)
    code, out, err = ask(*trained.flags)
    assert (code, err) == (0, '')
    assert 'is finished; --force trains it anew' in out
    scores = json.loads(trained.directory.joinpath('result.json').read_text())['test']
    assert f'item_accuracy  {scores["item_accuracy"]:.3f}' in out
    assert content(trained.directory) == before


@pytest.mark.slow
def test_force_keeps_the_earlier_run_aside_and_finds_the_same_numbers(trained, forced, outcome):
    assert (forced.ended.code, forced.ended.err) == (0, '')
    [aside] = (forced.directory.parent / '.replaced').iterdir()
    assert f'the earlier run is kept in {aside}' in forced.ended.out
    # To move a run is to hold its claim, which leaves its mark.
    moved = {
        aside / path.relative_to(trained.directory): each
        for path, each in content(trained.directory).items()
        if path.parent.name != 'claim'
    }
    assert moved.items() <= content(aside).items()
    assert outcome(forced.directory) == outcome(trained.directory)


def test_a_loss_that_is_not_finite_stops_the_run_and_is_told_again(train, ask):
    failed = train(*SMALL, '--set=optimizer.learning_rate=1e30')
    assert failed.ended.code == 1
    assert re.fullmatch(r'error: .* not finite at step \d+; .*\n', failed.ended.err)
    failure = json.loads((failed.directory / 'failure.json').read_text())
    assert failure['reason'] in failed.ended.err
    assert 0 < failure['step'] < 12
    assert not (failed.directory / 'result.json').exists()
    before = content(failed.directory)
    code, _, err = ask(*failed.flags)
    assert (code, err.count('\n')) == (1, 1)
    assert failure['reason'] in err
    assert content(failed.directory) == before


def test_a_second_process_on_a_run_is_refused_with_the_name_of_the_first(fork, tmp_path):
    flags = (*SMALL, '--set=steps=1000000', f'--runs_dir={tmp_path}')
    first = fork(*flags)
    first.until(lambda: any(tmp_path.glob('*/*/metrics.jsonl')))
    second = fork(*flags).end()
    assert second.code == 1
    assert re.fullmatch(rf'error: .* is held by process {first.pid} .*\n', second.err)
    first.send_signal(signal.SIGTERM)
    assert first.end().code == 128 + signal.SIGTERM
