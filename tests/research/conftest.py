"""Corpora of drawn sounds that lie in memory, for what needs no disk."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

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
