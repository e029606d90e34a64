"""The real wandb, offline, read back by its own reader."""

import functools
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from research.loggers.jsonl import MetricsFile

RECORDS = [
    {'step': 0, 'split': 'valid', 'loss': 2.5, 'item_accuracy': 0.125},
    {'step': 40, 'split': 'train', 'loss': 1.25, 'accuracy': 0.5, 'time_s': 12.5},
    {'step': 40, 'split': 'valid', 'loss': 1.5, 'item_accuracy': 0.25},
    {'step': 80, 'split': 'train', 'loss': float('nan'), 'accuracy': 0.75, 'time_s': 25.0},
]
# A process of its own: wandb changes the environment, starts a service and cleans up at exit.
OFFLINE = """
import json, sys
from pathlib import Path

connections = []

def watch(event, arguments):
    if event in ('socket.connect', 'socket.sendto', 'socket.getaddrinfo'):
        address = arguments[1] if event == 'socket.connect' else arguments[0]
        if not isinstance(address, str) or event == 'socket.getaddrinfo':
            connections.append(str(arguments))  # a path is the service on this machine

sys.addaudithook(watch)
import numpy as np
from research.loggers.jsonl import MetricsFile
from research.loggers.wandb import WandbLogger

folder, said = Path(sys.argv[1]), []
records = MetricsFile(folder / 'one' / 'metrics.jsonl').records()

def logger(name):
    config = {'name': 'genre', 'data': {'corpus': 'gtzan'}, 'augment': [{'kind': 'Gain'}]}
    tags = ['genre', 'gtzan', 'stand-in', 'x' * 100, '']
    return WandbLogger(
        folder / name, 'offline', 'audio', 'grid', tags, name, name, config, said.append
    )

one, two = logger('one'), logger('two')
one.catch_up(records[:2])
two.log({'step': 1, 'split': 'train', 'loss': 7.0})
for record in records[2:]:
    one.log(record)
plots = [folder / 'curves.png']
one.finish(
    {'status': 'finished', 'test': {'item_accuracy': 0.5, 'precision': None}},
    ([0, 1, 1], [0, 1, 0], ['no', 'call']), plots,
)
one.close()
one.log({'step': 999, 'split': 'train', 'loss': 0.0})
two.close(exit_code=1)
again = logger('two')
again.catch_up([{'step': 1, 'split': 'train', 'loss': 7.0}])
again.close()
json.dump({'said': said, 'connections': connections}, open(folder / 'outcome.json', 'w'))
"""


@pytest.fixture(scope='module')
def offline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which two runs were logged offline at once, one of them in two goes."""
    from matplotlib.figure import Figure

    folder = tmp_path_factory.mktemp('runs')
    for name in ('one', 'two'):
        (folder / name).mkdir()
    metrics = MetricsFile(folder / 'one' / 'metrics.jsonl')
    for record in RECORDS:
        metrics.append(record)
    Figure().savefig(folder / 'curves.png')
    environment = {k: v for k, v in os.environ.items() if not k.startswith('WANDB_')}
    environment |= {'HOME': str(folder), 'PYTHONPATH': os.getcwd()}
    with socket.create_server(('127.0.0.1', 0)) as proxy:
        # The service is no Python: an audit hook does not see it, a proxy does.
        url = f'http://127.0.0.1:{proxy.getsockname()[1]}'
        environment |= {'HTTP_PROXY': url, 'HTTPS_PROXY': url}
        done = subprocess.run(
            [sys.executable, '-c', OFFLINE, str(folder), '--token=SECRET123', '--key', 'SECRET123'],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ''
    return folder


def entries(folder: Path, kind: str) -> list[list[Any]]:
    """Entries of one kind in each of a run's W&B files, oldest file first."""
    files = sorted(folder.glob('wandb/*/*.wandb'))
    return [[e[kind] for e in inspected(path) if e['type'] == kind] for path in files]


@functools.cache
def inspected(path: Path) -> list[dict[str, Any]]:
    """All entries of a W&B file, as W&B's own reader gives them."""
    command = [sys.executable, '-m', 'wandb', 'leet', 'inspect', '--json', str(path)]
    environment = os.environ | {'WANDB_ERROR_REPORTING': 'false'}
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return [json.loads(line) for line in shown.stdout.splitlines()]


def test_offline_file_holds_what_metrics_jsonl_holds(offline: Path):
    [history] = entries(offline / 'one', 'history')
    found = {
        (entry['step'].get('num', 0), name): value
        for entry in history
        for name, value in entry['item'].items()
        if name.startswith(('train/', 'valid/'))
    }
    expected = {
        (record['step'], f'{record["split"]}/{name}'): 'NaN' if value != value else value
        for record in RECORDS
        for name, value in record.items()
        if name not in ('step', 'split')
    }
    assert found == expected


def test_offline_run_can_be_found_and_compared(offline: Path):
    [[run]] = entries(offline / 'one', 'run')
    assert (run['run_id'], run['project'], run['run_group']) == ('one', 'audio', 'grid')
    assert run['job_type'] == 'train'
    assert set(run['tags']) == {'genre', 'gtzan', 'stand-in', 'x' * 64}
    config = {k: v for k, v in run['config']['update'].items() if k != '_wandb'}
    named = {'name': 'genre', 'data': {'corpus': 'gtzan'}, 'augment': {'0': {'kind': 'Gain'}}}
    assert config == named


def test_summary_confusion_matrix_and_plots_are_kept(offline: Path):
    updates = [entry.get('update', {}) for entry in entries(offline / 'one', 'summary')[0]]
    summary = {name: value for update in updates for name, value in update.items()}
    assert summary['status'] == 'finished'
    assert summary['test/item_accuracy'] == 0.5
    assert summary['test/precision'] is None
    assert 'plots/curves' in str(summary)
    [table] = offline.glob('one/wandb/*/files/media/table/**/*.json')
    assert json.loads(table.read_text())['data'] == [
        ['no', 'no', 1],
        ['no', 'call', 0],
        ['call', 'no', 1],
        ['call', 'call', 1],
    ]


def test_continued_offline_run_is_whole_in_its_newest_file(offline: Path):
    runs = [run for [run] in entries(offline / 'two', 'run')]
    assert [run['run_id'] for run in runs] == ['two', 'two']
    for history in entries(offline / 'two', 'history'):
        assert [(e['step']['num'], e['item']['train/loss']) for e in history] == [(1, 7)]
    [failed], _ = entries(offline / 'two', 'exit')
    assert failed['exit_code'] == 1


def test_offline_run_says_how_to_upload_it_and_connects_to_nothing(offline: Path):
    outcome = json.loads((offline / 'outcome.json').read_text())
    assert outcome['connections'] == []
    assert len(outcome['said']) == 3
    assert all('to upload this run: wandb sync ' in line for line in outcome['said'])
    named = Path(outcome['said'][0].split('wandb sync ')[1])
    assert list((Path.cwd() / named).glob('*.wandb'))


def test_secret_given_as_a_flag_stands_nowhere(offline: Path):
    files = [path for path in offline.rglob('*') if path.is_file()]
    assert any(path.suffix == '.wandb' for path in files)
    assert [path for path in files if b'SECRET123' in path.read_bytes()] == []
