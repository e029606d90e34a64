"""Finished runs of every task, small, as their directories have them."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from research.results import maps

KINDS = {
    'Classification': {'kind': 'Classification', 'label_smoothing': 0.0},
    'Detection': {
        'kind': 'Detection',
        'positive': 'call',
        'positive_weight': 1.0,
        'label_smoothing': 0.0,
    },
    'CTC': {'kind': 'CTC'},
    'Regression': {'kind': 'Regression', 'column': 'target', 'tempo': False, 'huber': None},
    'NextToken': {'kind': 'NextToken'},
}


@pytest.fixture(scope='session')
def classifier(make) -> Callable[..., Path]:
    """Makes a finished classifier's run with all that this version keeps: see `make`."""

    def classifier(runs: Path, name: str = 'cnn', seed: int = 0, **given: Any) -> Path:
        directory = make(runs, name, seed=seed, **given)
        _more(directory, 'Classification', {'tuned': {'temperature': 2.0}, 'best_step': 20})
        _metrics(directory, seed, 'item_accuracy')
        with np.load(directory / 'predictions' / 'test.npz') as file:
            items = np.unique(file['item']).tolist()
        points = [
            maps.Point(item, 'test', (i % 7 / 7, i % 5 / 5), i % 2, (i + (i < 3)) % 2, 0.8, '')
            for i, item in enumerate(items)
        ]
        (directory / 'plots').mkdir()
        page = maps.page(name, points, ['a', 'b'], [])
        (directory / 'plots' / 'map.html').write_text(page, encoding='utf-8')
        return directory

    return classifier


@pytest.fixture(scope='session')
def detector() -> Callable[..., Path]:
    """Makes a finished detector's run: ten recordings, four of them with a call."""

    def detector(runs: Path, name: str = 'finder', seed: int = 0) -> Path:
        target = np.arange(10) < 4
        probability = np.where(target, 0.8, 0.3) + 0.01 * np.arange(10)
        probability[3] = 0.1
        items = np.array([f'clip {i}' for i in range(10)])
        directory = _run(runs, name, seed, 'Detection', 'calls', {'threshold': 0.5})
        test = {'item': items, 'slice': np.zeros(10, int), 'group': items}
        _predictions(directory, **test, target=target * 1, probability=probability)
        ranked = (items, target, probability, items)
        fields = ('unit', 'target', 'probability', 'group')
        _units(
            directory,
            {f'average_precision/{f}': x for f, x in zip(fields, ranked, strict=True)},
        )
        _metrics(directory, seed, 'average_precision')
        (directory / 'calls').mkdir()
        rows = 'recording,seconds,found,true,error,ideal,copied\nwood,60.0,4,5,-1,5,\n'
        (directory / 'calls' / 'counts.csv').write_text(rows)
        return directory

    return detector


@pytest.fixture(scope='session')
def counter() -> Callable[..., Path]:
    """Makes a finished run of a regression: eight recordings, each told 2 too high."""

    def counter(runs: Path, name: str = 'tempo', seed: int = 0) -> Path:
        true = np.linspace(60, 130, 8)
        items = np.array([f'tune {i}' for i in range(8)])
        directory = _run(runs, name, seed, 'Regression', 'rhythms', {})
        meaning = {'labels': [], 'sizes': [], 'centre': 90.0, 'scale': 10.0}
        (directory / 'meaning.json').write_text(json.dumps(meaning))
        test = {'item': items, 'slice': np.zeros(8, int), 'group': items}
        _predictions(directory, **test, target=true, standard=(true + 2 - 90) / 10)
        plain = ('unit', items), ('numerator', np.full(8, 2.0)), ('denominator', np.ones(8))
        _units(directory, {f'mae/{f}': x for f, x in (*plain, ('group', items))})
        _metrics(directory, seed, 'mae')
        return directory

    return counter


@pytest.fixture(scope='session')
def writer() -> Callable[..., Path]:
    """Makes a finished run of speech to text: three utterances, one of them wrong."""

    def writer(runs: Path, name: str = 'speech', seed: int = 0) -> Path:
        items = np.array(['u1', 'u2', 'u3'])
        directory = _run(runs, name, seed, 'CTC', 'phrases', {})
        _predictions(directory, item=items, slice=np.zeros(3, int), group=items)
        own = ('numerator', np.array([0.0, 0.0, 1.0])), ('denominator', np.full(3, 2.0))
        _units(directory, {f'wer/{f}': x for f, x in (('unit', items), *own, ('group', items))})
        path = directory / 'predictions' / 'test_transcripts.csv'
        with path.open('w', encoding='utf-8', newline='') as file:
            table = csv.writer(file)
            table.writerow(['item', 'speaker', 'reference', 'greedy'])
            heard = {'u1': 'A CAT', 'u2': 'A CAT', 'u3': 'A BAT'}
            table.writerows([item, 'ann', 'A CAT', heard[item]] for item in items.tolist())
        _metrics(directory, seed, 'wer')
        return directory

    return writer


def _run(runs: Path, name: str, seed: int, task: str, corpus: str, tuned: dict[str, float]) -> Path:
    directory = runs / name / f'{corpus}-s{seed}'
    (directory / 'predictions').mkdir(parents=True)
    data = {'corpus': corpus, 'protocol': 'folds', 'fold': 0}
    experiment = {'name': name, 'data': data, 'model': {'width': 64}, 'seed': seed}
    (directory / 'experiment.json').write_text(json.dumps(experiment))
    (directory / 'environment.json').write_text(json.dumps({'fingerprint': 'f1'}))
    (directory / 'result.json').write_text(
        json.dumps({'status': 'finished', 'seconds': 10.0 + seed, 'parameters': 1234})
    )
    _more(directory, task, {'tuned': tuned, 'best_step': 20, 'steps': 20})
    return directory


def _more(directory: Path, task: str, result: dict[str, Any]) -> None:
    for name, own in (('experiment', {'task': KINDS[task]}), ('result', result)):
        path = directory / f'{name}.json'
        path.write_text(json.dumps(json.loads(path.read_text()) | own))
    environment = {
        'fingerprint': json.loads((directory / 'environment.json').read_text())['fingerprint'],
        'commit': 'c' * 40,
        'dirty': False,
        'jax': '0.12.0',
        'argv': ['/home/ann/launch.py', '--experiment=x', '--data_dir=/home/ann/data'],
        'device': {'kind': 'cpu'},
    }
    (directory / 'environment.json').write_text(json.dumps(environment))
    (directory / 'memory.json').write_text(json.dumps({'host': 3 * 2**20}))


def _metrics(directory: Path, seed: int, metric: str) -> None:
    lines = []
    for step in (5, 10, 15, 20):
        loss = 1 / step + seed
        record = {'step': step, 'loss': loss, 'time_s': step}
        lines.append({**record, 'split': 'train', 'accuracy': step / 40, 'examples_per_s': 100.0})
        lines.append({**record, 'split': 'valid', metric: step / 40})
    text = '\n'.join(map(json.dumps, lines))
    (directory / 'metrics.jsonl').write_text(text + '\n')


def _predictions(directory: Path, **columns: np.ndarray) -> None:
    for part in ('valid', 'test'):
        np.savez(directory / 'predictions' / f'{part}.npz', allow_pickle=False, **columns)


def _units(directory: Path, columns: dict[str, np.ndarray]) -> None:
    np.savez(directory / 'predictions' / 'test_units.npz', allow_pickle=False, **columns)
