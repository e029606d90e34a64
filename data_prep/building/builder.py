"""The TFDS builder of a corpus, for whoever wants TFDS's own `download_and_prepare`.

`data_prep.prepare` makes the same records without it: TFDS shuffles a split in memory before it
writes, and without TensorFlow fails above 1,000 MiB.
"""

from collections.abc import Iterator

import tensorflow_datasets as tfds

from data_prep.building import features
from data_prep.building.plans import resolved
from data_prep.building.shards import take
from data_prep.cards import SPLIT, VERSION, Corpus, Found, Rejected, Wish


class CorpusBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """The TFDS builder of one corpus; `builder_class` makes the concrete ones.

    Attributes:
        corpus: what is built.
        found: what to write; None finds it in the embedded source.
        rejected: what could not be decoded.
    """

    VERSION = tfds.core.Version(VERSION)
    corpus: Corpus

    def __init__(self, *, found: Found | None = None, **kwargs):
        self.found = found
        self.rejected: list[Rejected] = []
        if found is not None:
            self.corpus = resolved(self.corpus, found)
        super().__init__(file_format=tfds.core.FileFormat.ARRAY_RECORD, **kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        return features.info(self.corpus, self)

    def _split_generators(self, dl_manager):
        return {SPLIT: self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[str, dict]]:
        found = self.found or self.corpus.find(Wish())
        for entry in found.entries:
            outcome = take(self.corpus, entry)
            if isinstance(outcome, Rejected):
                self.rejected.append(outcome)
            else:
                yield entry.item, outcome.example


def builder_class(corpus: Corpus) -> type[CorpusBuilder]:
    """The TFDS builder class of a corpus, such as `CorpusStyles`, under the corpus's name."""
    title = ''.join(word.capitalize() for word in corpus.card.name.split('_'))
    body = {'__module__': corpus.load.__module__, 'name': corpus.card.name, 'corpus': corpus}
    return type(title, (CorpusBuilder,), body, skip_registration=True)
