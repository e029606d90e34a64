import json
import shutil

import numpy as np
import pytest

from data_prep.errors import DamagedCorpus, PrepError
from research import corpora
from research.errors import UserError
from research.experiment import Data

RATE_HZ = 22_050


@pytest.fixture(scope='module')
def corpus(data_dir):
    return corpora.open_corpus(data_dir / 'corpus_styles' / '1.0.0')


def test_no_group_is_on_two_sides_and_every_record_is_on_one(corpus):
    parts = corpora.cut(corpus, Data('corpus_styles', slice_s=10.0, slices=3), RATE_HZ)
    groups = [set(parts[name].group.tolist()) for name in corpora.PARTS]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]
    records = np.concatenate([parts[name].record for name in corpora.PARTS])
    assert sorted(set(records.tolist())) == list(range(len(corpus.samples)))


def test_slices_follow_one_another_and_stay_inside(corpus):
    parts = corpora.cut(corpus, Data('corpus_styles', slice_s=2.9, slices=10), RATE_HZ)
    train = parts['train']
    assert (train.start == train.slice * 63_945).all()
    assert (train.start + train.samples <= corpus.samples[train.record]).all()
    assert (train.samples == 63_945).all()
    assert np.bincount(train.record).max() == 10


def test_a_record_shorter_than_a_slice_gives_one_padded_slice(corpus):
    train = corpora.cut(corpus, Data('corpus_styles', slice_s=60.0, slices=5), RATE_HZ)['train']
    assert (train.slice == 0).all()
    assert (train.samples == corpus.samples[train.record]).all()


def test_lengths_are_counted_at_the_front_ends_rate(corpus):
    train = corpora.cut(corpus, Data('corpus_styles', slice_s=60.0), 16_000)['train']
    exact = corpus.samples[train.record] * 16_000 / RATE_HZ
    assert (train.samples == np.ceil(exact)).all()


def test_slices_of_one_record_stand_on_both_sides_of_the_leaky_split_alone(corpus):
    leaky = Data('corpus_styles', 'leaky_slices', slice_s=2.9, slices=10)
    parts = corpora.cut(corpus, leaky, RATE_HZ)
    assert set(parts['train'].item.tolist()) & set(parts['test'].item.tolist())
    with pytest.raises(UserError, match=r'a recording is one slice: give data\.slices=2'):
        corpora.cut(corpus, Data('corpus_styles', 'leaky_slices', slice_s=29.0), RATE_HZ)


def test_an_unknown_protocol_or_fold_is_told_with_the_known_ones(corpus):
    with pytest.raises(UserError, match="did you mean 'piece_folds'"):
        corpora.cut(corpus, Data('corpus_styles', 'piece_fold'), RATE_HZ)
    with pytest.raises(PrepError, match='folds 0 to 3'):
        corpora.cut(corpus, Data('corpus_styles', fold=9), RATE_HZ)


def test_classes_that_a_part_lacks_are_named(corpus):
    parts = corpora.cut(corpus, Data('corpus_styles'), RATE_HZ)
    assert corpora.unheard(parts, corpus.classes) == {}
    some = parts['train'].where(parts['train'].target != 0)
    assert corpora.unheard(parts | {'train': some}, corpus.classes) == {'train': corpus.classes[:1]}


def test_audio_is_what_the_manifest_says(corpus):
    first, last = corpus.audio([0, len(corpus.samples) - 1])
    assert first.dtype == last.dtype == np.int16
    assert [len(first), len(last)] == corpus.samples[[0, -1]].tolist()


def test_a_corpus_that_lacks_a_shard_is_refused(corpus, tmp_path):
    copy = tmp_path / 'corpus'
    shutil.copytree(corpus.directory, copy)
    facts = json.loads((copy / 'manifest.json').read_text())
    [shard, *_] = [name for name in facts['files'] if 'array_record' in name]
    (copy / shard).write_bytes((copy / shard).read_bytes()[:-100])
    with pytest.raises(DamagedCorpus, match='array_record'):
        corpora.open_corpus(copy)
