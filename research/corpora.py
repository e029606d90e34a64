"""A prepared corpus: its records, its classes, and which slices of it are for what."""

import csv
import dataclasses
import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int16

from data_prep import manifest, splits
from research.errors import UserError, unknown
from research.experiment import Data

PARTS = ('train', 'valid', 'test')


@dataclasses.dataclass(frozen=True)
class Corpus:
    """One prepared corpus on disk, opened and checked.

    Attributes:
        directory: holds the array_record shards, `items.csv` and `manifest.json`.
        facts: the manifest.
        columns: one array of text per column of `items.csv`, in the order of the records.
    """

    directory: Path
    facts: dict[str, Any]
    columns: dict[str, np.ndarray]

    @property
    def name(self) -> str:
        return self.facts['corpus']

    @property
    def fingerprint(self) -> str:
        return self.facts['fingerprint']

    @property
    def classes(self) -> list[str]:
        return self.facts['classes']

    @functools.cached_property
    def targets(self) -> np.ndarray:
        """int32 [records], position of each record's label among the classes."""
        position = {name: i for i, name in enumerate(self.classes)}
        return np.array([position[label] for label in self.columns['label']], np.int32)

    @functools.cached_property
    def samples(self) -> np.ndarray:
        """int64 [records], length of each record at its own rate."""
        return self.columns['samples'].astype(np.int64)

    @functools.cached_property
    def rates_hz(self) -> np.ndarray:
        """int64 [records]."""
        return self.columns['rate_hz'].astype(np.int64)

    def audio(self, records: Sequence[int | np.integer]) -> list[Int16[np.ndarray, ' samples']]:
        """Samples of the records asked for, at their own rates, full scale 32768."""
        return [each['audio'] for each in self._source.__getitems__([int(r) for r in records])]

    @functools.cached_property
    def _source(self) -> Any:
        # Imported where it is used: the core runs without it.
        import tensorflow_datasets as tfds

        builder: Any = tfds.builder_from_directory(builder_dir=str(self.directory))
        return builder.as_data_source('all')


def open_corpus(directory: Path) -> Corpus:
    """The corpus in a folder that data_prep wrote; sizes and record counts are checked first.

    Raises:
        DamagedCorpus: a file is missing, cut short or holds another number of records.
    """
    manifest.check(directory)
    facts = json.loads((directory / 'manifest.json').read_text())
    with open(directory / 'items.csv', newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    return Corpus(directory, facts, {key: np.array([row[key] for row in rows]) for key in rows[0]})


@dataclasses.dataclass(frozen=True)
class Examples:
    """Slices of records, as columns of one length.

    Attributes:
        record: position in the corpus.
        slice: number of the slice within its record.
        start: first sample, at the front-end's rate.
        samples: valid samples; fewer than a slice's length where the record is shorter.
        target: class.
        item: the record's name.
        group: what the split may not tear apart.
    """

    record: np.ndarray
    slice: np.ndarray
    start: np.ndarray
    samples: np.ndarray
    target: np.ndarray
    item: np.ndarray
    group: np.ndarray

    def __len__(self) -> int:
        return len(self.record)

    def where(self, mask: np.ndarray) -> 'Examples':
        columns = dataclasses.fields(self)
        return Examples(**{c.name: getattr(self, c.name)[mask] for c in columns})


def protocol(corpus: Corpus, data: Data) -> tuple[str, dict[str, Any]]:
    """Name and content of the split protocol that `data` asks for."""
    known = corpus.facts['protocols']
    name = data.protocol or corpus.facts['default_protocol']
    if name not in known:
        raise UserError(unknown(f'protocol of {corpus.name}', name, known))
    return name, known[name]


def cut(corpus: Corpus, data: Data, rate_hz: int) -> dict[str, Examples]:
    """Every part's slices.

    A record gives its first `data.slices` whole slices; a shorter one gives one slice, padded.

    Returns:
        'train', 'valid' and 'test'; no group is in two of them unless the protocol says so.

    Raises:
        splits.TornGroup: names the group that the protocol would tear.
        PrepError: a fold that the protocol does not have.
        UserError: an unknown protocol, or an empty part.
    """
    name, rule = protocol(corpus, data)
    size = round(data.slice_s * rate_hz)
    length = -(-corpus.samples * rate_hz // corpus.rates_hz)
    counts = np.clip(length // size, 1, data.slices)
    if rule.get('unit') == 'slice' and counts.max() == 1:
        raise UserError(
            f'data.protocol={name} splits slices, and here a recording is one slice: give '
            f'data.slices=2 or more, or take another protocol'
        )
    record = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(record)) - np.repeat(np.cumsum(counts) - counts, counts)
    group = corpus.columns[rule.get('group') or 'item'][record]
    item = corpus.columns['item'][record]
    examples = Examples(
        record=record,
        slice=number,
        start=number * size,
        samples=np.minimum(length[record] - number * size, size),
        target=corpus.targets[record],
        item=item,
        group=np.where(group == '', item, group),
    )
    columns = {key: column[record] for key, column in corpus.columns.items()}
    labels = {key: column.tolist() for key, column in columns.items()}
    part = splits.assign(rule, labels | {'slice': number.astype(str).tolist()}, data.fold)
    parts = {each: examples.where(part == each) for each in PARTS}
    empty = [each for each, found in parts.items() if not len(found)]
    if empty:
        raise UserError(
            f'data.protocol={name} data.fold={data.fold} leaves nothing in {" and ".join(empty)} '
            f'of {corpus.name} ({len(corpus.samples)} records): take another protocol or fold'
        )
    return parts


def unheard(parts: dict[str, Examples], classes: Sequence[str]) -> dict[str, list[str]]:
    """Classes that a part lacks: without training not learnt, without test not scored."""
    lacking = {
        name: [c for i, c in enumerate(classes) if i not in set(part.target.tolist())]
        for name, part in parts.items()
    }
    return {name: missing for name, missing in lacking.items() if missing}
