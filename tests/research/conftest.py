"""Corpora of drawn sounds that lie in memory, for what needs no disk."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from research.corpora import Corpus


@dataclasses.dataclass(frozen=True)
class Drawn(Corpus):
    """Noise as items.csv and its records would have it."""

    def _audio(self, record: int) -> np.ndarray:
        size = int(self.samples[record])
        return np.random.default_rng(record).integers(-9000, 9000, size).astype(np.int16)

    def ready(self) -> None:
        pass


ITEMS = [f'item {i}' for i in range(30)]


@pytest.fixture(scope='session')
def drawn() -> Callable[..., Corpus]:
    """Makes a corpus of recordings of these rates (Hz) and lengths (s), dealt into three folds."""

    def make(recordings: Sequence[tuple[int, float]], **columns: Sequence[str]) -> Corpus:
        count = len(recordings)
        classes = columns.pop('classes', ('a', 'b'))
        own = {
            'item': [f'item {i}' for i in range(count)],
            'label': [classes[i % len(classes)] if classes else '' for i in range(count)],
            'samples': [str(round(rate * seconds)) for rate, seconds in recordings],
            'rate_hz': [str(rate) for rate, _ in recordings],
            **columns,
        }
        facts = {
            'corpus': 'drawn',
            'fingerprint': '0123456789abcdef',
            'content': 'audio',
            'classes': list(classes),
            'protocols': {'folds': {'unit': 'item', 'group': 'item', 'folds': 3}},
            'default_protocol': 'folds',
        }
        return Drawn(Path('nowhere'), facts, {key: np.array(x) for key, x in own.items()})

    return make


@pytest.fixture(scope='session')
def make() -> Callable[..., Path]:
    """Makes a finished run's directory, as runs were before they had units."""

    def make(
        runs: Path,
        name: str = 'cnn',
        seed: int = 0,
        fold: int = 0,
        wrong: tuple[int, ...] = (0, 1, 2),
        items: list[str] = ITEMS,
        valid: list[str] | None = None,
        fingerprint: str = 'f1',
        width: int = 64,
        **data: Any,
    ) -> Path:
        """Two classes, two slices an item; `wrong`: items predicted wrongly."""
        directory = runs / name / f'{len(list(runs.glob("*/*")))}-s{seed}'
        (directory / 'predictions').mkdir(parents=True)
        data = {'corpus': 'gtzan', 'protocol': 'artist_folds', 'fold': fold} | data
        experiment = {'name': name, 'data': data, 'model': {'width': width}, 'seed': seed}
        (directory / 'experiment.json').write_text(json.dumps(experiment))
        (directory / 'environment.json').write_text(json.dumps({'fingerprint': fingerprint}))
        for part, names in (('test', items), ('valid', ['item 0'] if valid is None else valid)):
            target = np.arange(len(names)) % 2
            shown = target ^ np.isin(np.arange(len(names)), wrong)
            probabilities = np.eye(2, dtype=np.float32)[shown]
            # The second slice alone is always right, but less sure than the first.
            second = np.where(np.eye(2, dtype=bool)[target], 0.6, 0.4).astype(np.float32)
            np.savez(
                directory / 'predictions' / f'{part}.npz',
                item=np.array(names * 2),
                slice=np.repeat([0, 1], len(names)),
                group=np.array([f'artist {i // 3}' for i in range(len(names))] * 2),
                target=np.tile(target, 2),
                probabilities=np.concatenate([probabilities, second]),
                classes=np.array(['a', 'b']),
            )
        result = {'status': 'finished', 'seconds': 10.0 + seed, 'parameters': 1234}
        (directory / 'result.json').write_text(json.dumps(result))
        return directory

    return make
