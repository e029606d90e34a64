"""Corpora of drawn sounds and notes that lie in memory, for what needs no disk."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_prep.notes import Notes, arrange
from research.corpora import Corpus


@dataclasses.dataclass(frozen=True, eq=False)
class Drawn(Corpus):
    """Noise as items.csv and its records would have it."""

    def _audio(self, record: int) -> np.ndarray:
        size = int(self.samples[record])
        return np.random.default_rng(record).integers(-9000, 9000, size).astype(np.int16)

    def ready(self) -> None:
        pass


def drawn(recordings: Sequence[tuple[int, float]], **columns: Sequence[str]) -> Corpus:
    """Recordings of these rates (Hz) and lengths (s), dealt into three folds."""
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


@dataclasses.dataclass(frozen=True, eq=False)
class Composed(Corpus):
    """Notes as items.csv and its records would have them."""

    def notes(self, chosen: Sequence[int | np.integer]) -> list[Notes]:
        return [self.facts['pieces'][int(record)] for record in chosen]


def composed(lengths: Sequence[int]) -> Corpus:
    """Pieces of so many quarter notes in four voices, dealt into three folds."""
    pieces = [_walk(number, length) for number, length in enumerate(lengths)]
    own = {
        'item': [f'item {i}' for i in range(len(pieces))],
        'label': [''] * len(pieces),
        'seconds': [str(piece.seconds()) for piece in pieces],
    }
    facts = {
        'corpus': 'composed',
        'fingerprint': '0123456789abcdef',
        'content': 'notes',
        'classes': [],
        'protocols': {'folds': {'unit': 'item', 'group': 'item', 'folds': 3}},
        'default_protocol': 'folds',
        'pieces': pieces,
    }
    return Composed(Path('nowhere'), facts, {key: np.array(x) for key, x in own.items()})


def _walk(seed: int, length: int) -> Notes:
    """Four voices that go up and down by steps, each a note a quarter."""
    rng = np.random.default_rng(seed)
    lines = np.array([72, 65, 58, 50]) + np.cumsum(rng.integers(-2, 3, (length, 4)), axis=0)
    onsets = np.arange(length) * 480
    events = [
        (onset, pitch, 480, 64, part)
        for onset, line in zip(onsets, lines.clip(30, 90), strict=True)
        for part, pitch in enumerate(line)
    ]
    return arrange(np.array(events), 480, np.zeros((0, 2), np.int64), [''] * 4, [0] * 4)
