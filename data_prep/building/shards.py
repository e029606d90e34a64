"""The unit of work: some entries become one ArrayRecord file, alone, in any process on any host.

Beside the file lie the sketches of its records and, written last, a marker: the rows of items.csv,
the files that could not be taken, sizes and hashes. A shard without its marker was never whole.
"""

import errno
import json
import os
import re
import typing
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt32
from tensorflow_datasets.core import example_serializer

# A compiled module that type checkers cannot see into.
from array_record.python import array_record_module  # pyright: ignore  # isort: skip

from data_prep import contents
from data_prep.building import features
from data_prep.building.plans import Shard
from data_prep.cards import Corpus, Entry, Rejected
from data_prep.errors import Unreadable
from data_prep.manifest import fact


class Recipe(typing.NamedTuple):
    """What all shards of a prep share.

    Attributes:
        corpus: what is made.
        folder: where; one path for all workers.
    """

    corpus: Corpus
    folder: Path


class Taken(typing.NamedTuple):
    """An entry that was decoded.

    Attributes:
        row: its row of items.csv, but for `copies`.
        example: what TFDS encodes.
        sketch: values that near copies of it share.
    """

    row: dict[str, Any]
    example: dict[str, Any]
    sketch: UInt32[np.ndarray, ' values']


class Done(typing.NamedTuple):
    """A whole shard, as its marker tells it.

    Attributes:
        number: its position.
        rows: of items.csv, but for `copies`, one a record.
        rejected: what could not be taken.
        lengths: of the sketch of each record.
        coded_bytes: of all records.
        files: name to bytes and sha256.
    """

    number: int
    rows: list[dict[str, Any]]
    rejected: list[Rejected]
    lengths: list[int]
    coded_bytes: int
    files: dict[str, dict[str, Any]]

    @property
    def entries(self) -> int:
        return len(self.rows) + len(self.rejected)


def take(corpus: Corpus, entry: Entry) -> Taken | Rejected:
    """Decodes an entry, or says why not."""
    kind = contents.KINDS[corpus.content]
    try:
        content = corpus.load(entry)
    except Unreadable as reason:
        return Rejected(entry.path, str(reason))
    columns = {name: entry.columns[name] for name in corpus.columns}
    named: dict[str, Any] = {'item': entry.item, **columns}
    if corpus.classes:
        named['label'] = entry.label or -1
    row = {'item': entry.item, 'label': entry.label, **kind.row(content), **columns}
    return Taken(row, kind.example(content) | named, kind.sketch(content))


def write(recipe: Recipe, shard: Shard) -> Done:
    """Makes one shard.

    Raises:
        OSError: the disk is full or cannot be written to.
    """
    corpus, folder = recipe
    coded = features.of(corpus)
    specs: Any = coded.get_serialized_info()
    serializer = example_serializer.ExampleSerializer(specs)
    records, sketches, marker = _paths(folder, shard.number)
    taken, rejected, coded_bytes = [], [], 0
    with _Records(records) as writer:
        for entry in shard.entries:
            outcome = take(corpus, entry)
            if isinstance(outcome, Rejected):
                rejected.append(outcome)
                continue
            record = serializer.serialize_example(coded.encode_example(outcome.example))
            writer.write(record)
            coded_bytes += len(record)
            taken.append(outcome._replace(example={}))
    np.save(sketches, np.concatenate([each.sketch for each in taken] or [np.zeros(0, np.uint32)]))
    done = Done(
        shard.number,
        [each.row for each in taken],
        rejected,
        [len(each.sketch) for each in taken],
        coded_bytes,
        {path.name: fact(path) for path in (records, sketches)},
    )
    unfinished = marker.with_suffix('.unfinished')
    with unfinished.open('w', encoding='utf-8') as file:
        file.write(json.dumps(done))
        file.flush()
        os.fsync(file.fileno())  # or else a power cut leaves an empty file of the marker's name
    os.replace(unfinished, marker)
    return done._replace(rows=[{}] * len(taken), lengths=[])  # these are for the disk


def read(folder: Path, number: int) -> Done | None:
    """What the marker of a shard says; None where there is none, or a torn one."""
    try:
        done = Done(*json.loads(_paths(folder, number)[2].read_bytes()))
        return done._replace(rejected=[Rejected(*each) for each in done.rejected])
    except (FileNotFoundError, ValueError, TypeError):
        return None


def whole(folder: Path, number: int) -> Done | None:
    """The same for a shard of an earlier prep: every byte is held against its hash."""
    done = read(folder, number)
    if done is None:
        return None
    paths = [(folder / name, facts) for name, facts in done.files.items()]
    same = all(path.is_file() and fact(path) == facts for path, facts in paths)
    return done if same else None


def sketches(folder: Path, done: Done) -> list[UInt32[np.ndarray, ' values']]:
    """The sketch of each record of a shard."""
    values = np.load(_paths(folder, done.number)[1], allow_pickle=False)
    return np.split(values, np.cumsum(done.lengths)[:-1]) if done.lengths else []


def names(number: int) -> tuple[str, str, str]:
    """What the files of a shard are called: records, sketches, marker."""
    stem = f'shard-{number:05d}'
    return f'{stem}.array_record', f'{stem}.npy', f'{stem}.json'


def tidy(folder: Path, finished: Container[int], keep: Container[str]) -> None:
    """Removes what belongs to no finished shard, the files in `keep` excepted."""
    for path in folder.iterdir():
        number = re.fullmatch(r'shard-(\d+)\.(array_record|npy|json)', path.name)
        if path.name not in keep and not (number and int(number[1]) in finished):
            path.unlink()


def _paths(folder: Path, number: int) -> list[Path]:
    return [folder / name for name in names(number)]


class _Records:
    """An ArrayRecord file whose failures are OSErrors, as those of other files are."""

    # TFDS's groups of one, but not its compression: sound gains 7% by it and is read five times
    # as slowly, FLAC gains nothing.
    OPTIONS = 'group_size:1,uncompressed'

    def __init__(self, path: Path):
        self.path = path
        self.writer = self._mend(
            lambda: array_record_module.ArrayRecordWriter(str(path), self.OPTIONS)
        )

    def __enter__(self):
        return self

    def write(self, record: bytes) -> None:
        self._mend(lambda: self.writer.write(record))

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self._mend(self.writer.close)

    def _mend(self, do):
        try:
            return do()
        except RuntimeError as error:
            raise _os_error(error, self.path) from None


def _os_error(error: RuntimeError, path: Path) -> OSError:
    """What the compiled writer says in words, such as 'No space left on device', as a number."""
    said = (code for code in errno.errorcode if os.strerror(code) in str(error))
    code = next(said, errno.EIO)
    return OSError(code, os.strerror(code), str(path))
