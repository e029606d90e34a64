"""A prepared corpus: its records, its classes, and which slices of it are for what."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Int16

from data_prep import manifest, splits
from data_prep.errors import DamagedCorpus
from data_prep.notes import Notes
from research import records
from research.data import Data
from research.errors import UserError, unknown
from research.examples import Examples

PARTS = ('train', 'valid', 'test')


@dataclasses.dataclass(frozen=True, eq=False)
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

    @property
    def content(self) -> str:
        """What a record holds: 'audio', 'flac' or 'notes'."""
        return self.facts['content']

    @functools.cached_property
    def targets(self) -> np.ndarray:
        """int32 [records], position of each record's label among the classes; -1 without one."""
        position = {name: i for i, name in enumerate(self.classes)} | {'': -1}
        return np.array([position[label] for label in self.columns['label']], np.int32)

    @functools.cached_property
    def samples(self) -> np.ndarray:
        """int64 [records], length of each record at its own rate."""
        return self.columns['samples'].astype(np.int64)

    @functools.cached_property
    def rates_hz(self) -> np.ndarray:
        """int64 [records]."""
        return self.columns['rate_hz'].astype(np.int64)

    def seconds(self) -> Float[np.ndarray, ' records']:
        """How long each record is."""
        if self.content == 'notes':
            return self.columns['seconds'].astype(np.float64)
        return self.samples / self.rates_hz

    def audio(self, records: Sequence[int | np.integer]) -> list[Int16[np.ndarray, ' samples']]:
        """Samples of the records asked for, at their own rates, full scale 32768.

        Threads may read at the same time once `ready` has been called.

        Raises:
            DamagedCorpus: names the record that cannot be read.
        """
        return [self._audio(int(record)) for record in records]

    def notes(self, chosen: Sequence[int | np.integer]) -> list[Notes]:
        """The pieces asked for; DamagedCorpus names the record that cannot be read."""
        return [self._read(int(each), records.notes) for each in chosen]

    def ready(self) -> None:
        """Opens the shards."""
        _ = self._source

    def _audio(self, record: int) -> Int16[np.ndarray, ' samples']:
        return self._read(record, records.samples)

    def _read(self, record: int, content: Callable[[Any], Any]) -> Any:
        try:
            [found] = self._source.__getitems__([record])
            return content(found)
        except Exception as error:  # each library that has a hand in it raises its own
            raise DamagedCorpus(
                f"{self.directory}: record {record}, '{self.columns['item'][record]}', cannot be "
                f'read ({error}): prepare {self.name} again, with --force'
            ) from error

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
    facts, rows = manifest.check(directory), manifest.items(directory)
    return Corpus(directory, facts, {key: _text([row[key] for row in rows]) for key in rows[0]})


def _text(values: list[str]) -> np.ndarray:
    """Of fixed width, or, where one long text would take that room for all, of Python strings."""
    return np.array(values, str if max(map(len, values)) <= 64 else object)


def protocol(corpus: Corpus, data: Data) -> tuple[str, dict[str, Any]]:
    """Name and content of the split protocol that `data` asks for."""
    known = corpus.facts['protocols']
    name = data.protocol or corpus.facts['default_protocol']
    if name not in known:
        raise UserError(unknown(f'protocol of {corpus.name}', name, known))
    return name, known[name]


def aside(corpus: Corpus, rule: dict[str, Any]) -> Bool[np.ndarray, ' records']:
    """Which records the protocol keeps out of every part, such as recordings without a class."""
    listed = rule.get('aside', {}).items()
    return np.any(
        [np.zeros(len(corpus.columns['item']), bool)]
        + [np.isin(corpus.columns[column], values) for column, values in listed],
        axis=0,
    )


def left_out(corpus: Corpus, data: Data) -> dict[str, Bool[np.ndarray, ' records']]:
    """Each filter of `data`, as `data.max_s=10`, to the records that it leaves out.

    Raises:
        UserError: a filter on a column that the corpus does not have.
    """
    found = {}
    if data.min_s is not None:
        found[f'data.min_s={data.min_s:g}'] = corpus.seconds() < data.min_s
    if data.max_s is not None:
        found[f'data.max_s={data.max_s:g}'] = corpus.seconds() > data.max_s
    if data.max_chars is not None:
        name = f'data.max_chars={data.max_chars}'
        if 'transcript' not in corpus.columns:
            raise UserError(f"{name}: {corpus.name} has no column 'transcript': leave it out")
        found[name] = np.array([*map(len, corpus.columns['transcript'])]) > data.max_chars
    return found


def cut(corpus: Corpus, data: Data, rate_hz: int) -> dict[str, Examples]:
    """Every part's slices.

    A record gives its first `data.slices` whole slices; a shorter one gives one slice, padded.
    Returns and raises what `deal` does.
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
    start = size * np.concatenate([np.arange(count) for count in counts])
    samples = np.minimum(length[record] - start, size)
    return deal(corpus, data, record, start, samples)


def deal(
    corpus: Corpus,
    data: Data,
    record: Int[np.ndarray, ' examples'],
    start: Int[np.ndarray, ' examples'],
    samples: Int[np.ndarray, ' examples'],
) -> dict[str, Examples]:
    """Examples, a record's one after the other, by parts.

    Parts are dealt among all records before filters leave some out, so that a filter moves none
    from one part to another; nor does what records are cut into, but where slices are dealt.

    Args:
        corpus: open.
        data: says which protocol, which fold and which filters.
        record, start, samples: columns of Examples.

    Returns:
        'train', 'valid' and 'test'; no group is in two of them unless the protocol says so.

    Raises:
        splits.TornGroup: names the group that the protocol would tear.
        PrepError: a fold that the protocol does not have.
        UserError: an unknown protocol, a filter that does not apply, or an empty part.
    """
    name, rule = protocol(corpus, data)
    _, begins, counts = np.unique(record, return_index=True, return_counts=True)
    number = np.arange(len(record)) - np.repeat(begins, counts)
    items = corpus.columns['item'].astype(str)
    group = _groups(corpus, rule)[record]
    examples = Examples(record, number, start, samples, items[record], group)
    if rule.get('unit') == 'slice':
        labels = {key: column[record].tolist() for key, column in corpus.columns.items()}
        labels['slice'] = number.astype(str).tolist()
        part = splits.assign(rule, labels, data.fold)
    else:
        labels = {key: column.tolist() for key, column in corpus.columns.items()}
        part = splits.assign(rule, labels, data.fold)[record]
    filters = left_out(corpus, data)
    kept = ~np.any([np.zeros(len(items), bool), *filters.values()], axis=0)[record]
    parts = {each: examples.where((part == each) & kept) for each in PARTS}
    empty = [each for each, found in parts.items() if not len(found)]
    if empty:
        asked = ' '.join([f'data.protocol={name}', f'data.fold={data.fold}', *filters])
        wider = 'wider filters, ' if filters else ''
        raise UserError(
            f'{asked} leaves nothing in {" and ".join(empty)} of {corpus.name} '
            f'({len(items)} records): take {wider}another protocol or fold'
        )
    return parts


def _groups(corpus: Corpus, rule: dict[str, Any]) -> np.ndarray:
    """Text [records]: what the split binds; an item where it binds none."""
    names = corpus.columns['item'].astype(object)
    if rule.get('group'):
        dealt = ~aside(corpus, rule)
        columns = {name: column[dealt].tolist() for name, column in corpus.columns.items()}
        names[dealt] = splits.bound(rule, columns)
    return names.astype(str)
