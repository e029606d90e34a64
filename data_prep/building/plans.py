"""What a prep is going to do, cut into shards, with a digest that tells one plan from another."""

import dataclasses
import hashlib
import importlib
import json
import os
import pickle
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path

import soundfile

from data_prep import CORPORA
from data_prep.cards import VERSION, Corpus, Entry, Found
from data_prep.errors import PrepError

_PIECES = 64  # a small corpus is cut finer than `records_per_shard`, so that all cores have work
_SMALLEST = 8
_HOME = Path(__file__).parents[1]
_MAKERS = (  # of records, beside the corpus's own module: below _HOME
    'audio.py',
    'contents.py',
    'notes.py',
    'sketches.py',
    'building/features.py',
    'building/shards.py',
    'sources/*.py',
    'synthesis/*.py',
)


class Shard(typing.NamedTuple):
    """The unit of work.

    Attributes:
        number: its position in the corpus.
        entries: what becomes its records, in order.
    """

    number: int
    entries: tuple[Entry, ...]


@dataclasses.dataclass(frozen=True)
class Plan:
    """All that a prep is going to do.

    Attributes:
        name: of the corpus, with its label: 'audio_folder:mine'.
        corpus: as the source made it (`resolved`).
        shards: in order.
        digest: equal for equal work by equal code, and for nothing else.
    """

    name: str
    corpus: Corpus
    shards: tuple[Shard, ...]
    digest: str

    @property
    def records(self) -> int:
        return sum(len(shard.entries) for shard in self.shards)


def resolved(corpus: Corpus, found: Found) -> Corpus:
    """The corpus with what follows from its source: classes, protocols, content."""
    names = ('classes', 'protocols', 'default_protocol', 'content')
    known = {name: getattr(found, name) for name in names}
    return dataclasses.replace(corpus, **{k: v for k, v in known.items() if v is not None})


def make(name: str, corpus: Corpus, entries: Sequence[Entry], limit: int | None) -> Plan:
    """Cuts the work; where the cuts are depends on the entries alone.

    Raises:
        PrepError: two entries have one name; says which files.
    """
    _unique(name, entries)
    size = min(corpus.records_per_shard, max(_SMALLEST, -(-len(entries) // _PIECES)))
    starts = range(0, len(entries), size)
    shards = [Shard(i, tuple(entries[start : start + size])) for i, start in enumerate(starts)]
    whole = [name, VERSION, limit, corpus.content, corpus.classes, corpus.columns, size]
    decoder = [soundfile.__version__, soundfile.__libsndfile_version__]
    digest = hashlib.sha256(json.dumps([*whole, *decoder]).encode())
    for path in _makers(name):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for entry in entries:
        digest.update(_line(entry))
    return Plan(name, corpus, tuple(shards), digest.hexdigest())


def columns(plan: Plan) -> dict[str, list[str]]:
    """What is known of all entries before they are decoded: item, label, and the own columns."""
    entries = [entry for shard in plan.shards for entry in shard.entries]
    own = {name: [entry.columns[name] for entry in entries] for name in plan.corpus.columns}
    items, labels = ([getattr(each, key) for each in entries] for key in ('item', 'label'))
    return {'item': items, 'label': labels} | own


def _unique(name: str, entries: Sequence[Entry]) -> None:
    first: dict[str, str] = {}
    for entry in entries:
        if entry.item in first:
            raise PrepError(
                f"{name}: two items are called '{entry.item}': {first[entry.item]} and "
                f'{entry.path}: rename one of them'
            )
        first[entry.item] = entry.path


def _makers(name: str) -> Iterator[Path]:
    """The code that makes the records of a corpus."""
    module = importlib.import_module(CORPORA[name.partition(':')[0]].partition(':')[0])
    yield Path(str(module.__file__))
    for pattern in _MAKERS:
        yield from sorted(_HOME.glob(pattern))


def _line(entry: Entry) -> bytes:
    try:
        stat = os.stat(entry.path)
        state = [stat.st_size, stat.st_mtime_ns]
    except OSError:  # made, not read; a file that is gone is seen when it is decoded
        state = []
    told = [entry.item, entry.label, sorted(entry.columns.items()), entry.path, state]
    return json.dumps(told).encode() + hashlib.sha256(pickle.dumps(entry.content)).digest()
