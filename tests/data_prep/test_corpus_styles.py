from collections import Counter

import numpy as np
import pytest
import tensorflow_datasets as tfds

import data_prep
from data_prep import manifest, splits


@pytest.fixture(scope='module')
def styles(tmp_path_factory):
    data = tmp_path_factory.mktemp('data')
    return data_prep.prepare('corpus_styles', data, jobs=1, limit=1, report=str)


def test_every_style_has_its_pieces_at_full_length(styles):
    facts = manifest.check(styles)
    assert facts['limit'] == 1
    assert facts['source'] == 'embedded'
    rows = manifest.items(styles)
    assert Counter(row['label'] for row in rows) == dict.fromkeys(facts['classes'], 1)
    assert {row['samples'] for row in rows} == {str(30 * 22_050)}
    assert all(row['file'] and row['piece'] for row in rows)


def test_sounds_are_heard_and_not_cut(styles):
    source = tfds.builder_from_directory(str(styles)).as_data_source('all')  # pyright: ignore
    for record in source:
        samples = record['audio'].astype(np.float64)
        assert 300 < np.sqrt(np.mean(samples**2)) < 5000
        assert np.abs(samples).max() < 32767


def test_it_takes_no_source(tmp_path):
    with pytest.raises(data_prep.PrepError, match='takes no --source'):
        data_prep.prepare('corpus_styles', tmp_path, tmp_path, jobs=1, report=str)


def test_its_default_protocol_is_one_of_its_own(styles):
    facts = manifest.read(styles)
    rows = manifest.items(styles)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    parts = splits.assign(facts['protocols'][facts['default_protocol']], columns, 0)
    assert set(parts.tolist()) == set(splits.PARTS)
    assert splits.torn(columns, 'piece', parts) == {}
