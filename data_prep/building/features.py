"""A corpus in the words of TensorFlow Datasets: its features, and the files that describe it."""

from pathlib import Path

import tensorflow_datasets as tfds
from etils import epath
from tensorflow_datasets.core import naming
from tensorflow_datasets.core.dataset_info import DatasetIdentity

from data_prep import contents
from data_prep.cards import SPLIT, VERSION, Corpus


def of(corpus: Corpus) -> tfds.features.FeaturesDict:
    """What a record of the corpus holds."""
    kind = contents.KINDS[corpus.content].features()
    kind |= {'item': tfds.features.Text()}
    if corpus.classes:
        kind['label'] = tfds.features.ClassLabel(names=corpus.classes)
    return tfds.features.FeaturesDict(
        kind | {name: tfds.features.Text() for name in corpus.columns}
    )


def info(corpus: Corpus, where) -> tfds.core.DatasetInfo:
    """Features and facts of the corpus; `where` is a builder or the identity of a data set."""
    card = corpus.card
    return tfds.core.DatasetInfo(
        builder=where,
        description=card.description,
        features=of(corpus),
        homepage=card.source,
        citation=card.citation,
        license=card.licence,
    )


def filename(corpus: Corpus, number: int, shards: int) -> str:
    """What TFDS calls a shard: 'gtzan-items.array_record-00003-of-00032'."""
    return f'{corpus.card.name}-{SPLIT}.array_record-{number:05d}-of-{shards:05d}'


def describe(
    corpus: Corpus, label: str, folder: Path, lengths: list[int], coded_bytes: int
) -> None:
    """Writes what `tfds.builder_from_directory` reads: features, facts, and the one split.

    Args:
        corpus: what lies in the folder.
        label: the user's, '' without: TFDS's name of a configuration.
        folder: where it lies, and where to write.
        lengths: records of each shard.
        coded_bytes: of all records.
    """
    identity = DatasetIdentity(
        name=corpus.card.name,
        version=tfds.core.Version(VERSION),
        data_dir=str(folder),
        module_name=corpus.load.__module__,
        config_name=label or None,
    )
    made = info(corpus, identity)
    made.set_file_format(tfds.core.FileFormat.ARRAY_RECORD)
    template = naming.ShardedFileTemplate(
        data_dir=epath.Path(folder),
        dataset_name=corpus.card.name,
        split=SPLIT,
        filetype_suffix='array_record',
    )
    split = tfds.core.SplitInfo(
        name=SPLIT, shard_lengths=lengths, num_bytes=coded_bytes, filename_template=template
    )
    made.set_splits(tfds.core.SplitDict([split]))
    made.write_to_directory(folder)
