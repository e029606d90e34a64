"""Records on disk, written by TensorFlow Datasets without TensorFlow.

TFDS shuffles a split in memory before it writes and fails above 1,000 MiB; its sequential writer
keeps the order and needs no more memory than a few records.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.core.dataset_info import DatasetIdentity

from data_prep.audio import Recording
from data_prep.cards import SPLIT, VERSION, Corpus, Entry, Rejected, Wish
from data_prep.errors import UnreadableAudio
from data_prep.parallel import ordered_map
from data_prep.progress import progress

_BATCH = 32  # the writer rewrites its metadata at every call, so it is called seldom


class CorpusBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """The TFDS builder of one corpus; `builder_class` makes the concrete ones.

    Attributes:
        corpus: what is built.
        entries: what to write; filled by `write`, else found in the embedded source.
        jobs: processes that decode.
        rows: facts of each record written, as in items.csv.
        rejected: what could not be decoded.
        clipped: samples cut to the int16 range, over all records.
    """

    VERSION = tfds.core.Version(VERSION)
    corpus: Corpus

    def __init__(self, *, entries: list[Entry] | None = None, jobs: int = 1, **kwargs):
        super().__init__(file_format=tfds.core.FileFormat.ARRAY_RECORD, **kwargs)
        self.entries = entries
        self.jobs = jobs
        self.rows: list[dict[str, object]] = []
        self.rejected: list[Rejected] = []
        self.clipped = 0

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(self)

    def describe(self, where) -> tfds.core.DatasetInfo:
        """Features and facts of the corpus; `where` is a builder or the identity of a data set."""
        features = {
            'audio': tfds.features.Tensor(
                shape=(None,), dtype=np.int16, encoding=tfds.features.Encoding.BYTES
            ),
            'rate_hz': np.int32,
            'label': tfds.features.ClassLabel(names=self.corpus.classes),
            'item': tfds.features.Text(),
        }
        features |= {name: tfds.features.Text() for name in self.corpus.columns}
        card = self.corpus.card
        return tfds.core.DatasetInfo(
            builder=where,
            description=card.description,
            features=tfds.features.FeaturesDict(features),
            supervised_keys=('audio', 'label'),
            homepage=card.source,
            citation=card.citation,
            license=card.licence,
        )

    def _split_generators(self, dl_manager):
        return {SPLIT: self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[str, dict]]:
        entries = self.entries
        if entries is None:
            entries = self.corpus.find(Wish(jobs=self.jobs)).entries
        tries = ordered_map(_Load(self.corpus), entries, self.jobs)
        for entry, outcome in zip(entries, tries, strict=True):
            if isinstance(outcome, str):
                self.rejected.append(Rejected(entry.path, outcome))
                continue
            columns = {name: entry.columns[name] for name in self.corpus.columns}
            self.clipped += outcome.clipped
            self.rows.append(
                {
                    'item': entry.item,
                    'label': entry.label,
                    'samples': len(outcome.samples),
                    'rate_hz': outcome.rate_hz,
                    'sha256': hashlib.sha256(outcome.samples.tobytes()).hexdigest(),
                    **columns,
                }
            )
            yield (
                entry.item,
                {
                    'audio': outcome.samples,
                    'rate_hz': outcome.rate_hz,
                    'label': entry.label,
                    'item': entry.item,
                    **columns,
                },
            )


class _Load:
    """`Corpus.load`, with the reason in the place of the sound that could not be had."""

    def __init__(self, corpus: Corpus):
        self.load = corpus.load

    def __call__(self, entry: Entry) -> Recording | str:
        try:
            return self.load(entry)
        except UnreadableAudio as reason:
            return str(reason)


def builder_class(corpus: Corpus) -> type[CorpusBuilder]:
    """The TFDS builder class of a corpus, such as `CorpusStyles`, under the corpus's name."""
    title = ''.join(word.capitalize() for word in corpus.card.name.split('_'))
    body = {'__module__': corpus.load.__module__, 'name': corpus.card.name, 'corpus': corpus}
    return type(title, (CorpusBuilder,), body, skip_registration=True)


def write(builder: CorpusBuilder, directory: Path, report: Callable[[str], object]) -> None:
    """Writes the builder's entries, in their order, as the one split into `directory`."""
    entries = builder.entries or []
    name = builder.corpus.card.name
    examples = progress(builder._generate_examples(), len(entries), name, report)
    identity = DatasetIdentity.from_builder(builder)
    identity.data_dir = str(directory)
    writer = tfds.core.SequentialWriter(
        ds_info=builder.describe(identity),
        max_examples_per_shard=builder.corpus.records_per_shard,
        file_format='array_record',
    )
    writer.initialize_splits([SPLIT])
    while batch := [example for _, example in itertools.islice(examples, _BATCH)]:
        writer.add_examples({SPLIT: batch})
    writer.close_all()
