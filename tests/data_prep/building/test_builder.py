from typing import Any

import numpy as np
import tensorflow_datasets as tfds

import data_prep
from data_prep import manifest
from data_prep.building.builder import builder_class
from data_prep.cards import Wish


def by_item(source):
    return {record['item']: record for record in source}


def test_what_tfds_prepares_by_itself_holds_the_same_records(toy, tmp_path, write_wav):
    (toy.source / 'a1.wav').write_bytes(b'no sound')
    corpus = data_prep.corpus('toy')
    builder: Any = builder_class(corpus)(
        found=corpus.find(Wish(source=toy.source)), data_dir=str(tmp_path / 'tfds')
    )
    builder.download_and_prepare()
    assert [each.path for each in builder.rejected] == [str(toy.source / 'a1.wav')]
    ours = data_prep.prepare('toy', tmp_path, toy.source, jobs=1, max_bad=0.2, report=str)
    assert manifest.read(ours)['records'] == 9
    reader: Any = tfds.builder_from_directory(str(ours))
    assert reader.info.features.to_json() == builder.info.features.to_json()
    theirs = by_item(builder.as_data_source('all'))
    mine = by_item(reader.as_data_source('all'))
    assert {*theirs} == {*mine}
    for item, record in mine.items():
        assert {*record} == {*theirs[item]}
        for name, value in record.items():
            np.testing.assert_array_equal(value, theirs[item][name])


def test_a_found_content_takes_the_place_of_the_corpus_own(toy):
    corpus = data_prep.corpus('toy')
    found = corpus.find(Wish(source=toy.source))
    object.__setattr__(found, 'content', 'flac')
    made: Any = builder_class(corpus)(found=found)
    assert {'flac', 'rate_hz', 'item', 'label', 'group'} == {*made.info.features}
