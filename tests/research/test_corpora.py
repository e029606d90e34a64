import dataclasses
import io
import json
import shutil

import numpy as np
import pytest
import soundfile

from data_prep.cards import VERSION
from data_prep.errors import DamagedCorpus, PrepError
from research import corpora, description
from research.errors import UserError
from research.experiment import Data

RATE_HZ = 22_050


@pytest.fixture(scope='module')
def corpus(data_dir):
    return corpora.open_corpus(data_dir / 'corpus_styles' / VERSION)


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
    assert description.unheard(corpus, parts) == {}
    some = parts['train'].where(corpus.targets[parts['train'].record] != 0)
    assert description.unheard(corpus, parts | {'train': some}) == {'train': corpus.classes[:1]}


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


SPOKEN = [(16_000, seconds) for seconds in (1.0, 2.0, 3.0, 4.0)] * 6
WORDS = ['one', 'one two', 'ünë two three', ''] * 6


def kept(parts):
    return sum(len(set(part.record.tolist())) for part in parts.values())


def test_filters_leave_out_what_is_past_their_limits_and_nothing_at_them(drawn):
    corpus = drawn(SPOKEN, transcript=WORDS)
    limits = {'min_s': 2.0, 'max_s': 3.0, 'max_chars': 7}
    out = corpora.left_out(corpus, Data('drawn', **limits))
    seconds, characters = [s for _, s in SPOKEN], [len(text) for text in WORDS]
    assert {name: mask.tolist() for name, mask in out.items()} == {
        'data.min_s=2': [s < 2 for s in seconds],
        'data.max_s=3': [s > 3 for s in seconds],
        'data.max_chars=7': [n > 7 for n in characters],
    }
    parts = corpora.cut(corpus, Data('drawn', **limits), 16_000)
    assert kept(parts) == sum(
        2 <= s <= 3 and n <= 7 for s, n in zip(seconds, characters, strict=True)
    )


def test_a_filter_moves_no_record_into_another_part(drawn):
    corpus = drawn(SPOKEN)
    every = corpora.cut(corpus, Data('drawn'), 16_000)
    some = corpora.cut(corpus, Data('drawn', max_s=2.5), 16_000)
    assert kept(some) == 12
    for name in corpora.PARTS:
        assert set(some[name].record.tolist()) <= set(every[name].record.tolist())


def test_a_filter_that_empties_a_part_is_named(drawn):
    corpus = drawn(SPOKEN)
    with pytest.raises(UserError, match=r'data\.max_s=0\.5 leaves nothing in train and valid and'):
        corpora.cut(corpus, Data('drawn', max_s=0.5), 16_000)


def test_a_filter_on_a_column_that_the_corpus_lacks_is_refused(drawn):
    with pytest.raises(UserError, match=r"data\.max_chars=9: drawn has no column 'transcript'"):
        corpora.cut(drawn(SPOKEN), Data('drawn', max_chars=9), 16_000)


def test_records_set_aside_are_in_no_part_and_counted_nowhere(drawn):
    kinds = ['clip', 'clip', 'forest'] * 8
    corpus = drawn(SPOKEN, kind=kinds)
    labels = np.where(np.array(kinds) == 'forest', '', corpus.columns['label'])
    rule = corpus.facts['protocols']['folds'] | {'aside': {'kind': ['forest']}}
    facts = corpus.facts | {'protocols': {'folds': rule}}
    corpus = dataclasses.replace(corpus, facts=facts, columns={**corpus.columns, 'label': labels})
    assert corpora.aside(corpus, rule).tolist() == [kind == 'forest' for kind in kinds]
    parts = corpora.cut(corpus, Data('drawn'), 16_000)
    assert kept(parts) == 16
    for part in parts.values():
        assert set(corpus.targets[part.record].tolist()) <= {0, 1}
        assert not set(part.record.tolist()) & set(range(2, 24, 3))


def test_near_copies_are_of_one_group_and_what_is_set_aside_joins_none(drawn):
    copies = ['', 'x', 'x', 'y', 'z', 'y', '', 'z'] * 3
    copies[8:] = [''] * 16
    singers = [f'a singer of a long name {i}' if i else '' for i in range(24)]
    kinds = ['clip'] * 7 + ['forest'] + ['clip'] * 16
    corpus = drawn(SPOKEN, copies=copies, singer=singers, kind=kinds)
    rule = {'unit': 'item', 'group': 'singer', 'folds': 3, 'aside': {'kind': ['forest']}}
    for own, joined in ({}, 'x y'), ({'copies': 'reported'}, ''):
        facts = corpus.facts | {'protocols': {'folds': rule | own}}
        parts = corpora.cut(dataclasses.replace(corpus, facts=facts), Data('drawn'), 16_000)
        group = {
            int(record): str(name)
            for part in parts.values()
            for record, name in zip(part.record, part.group, strict=True)
        }
        expected = {record: singers[record] or 'item item 0' for record in range(24) if record != 7}
        if joined:
            expected |= {2: singers[1], 5: singers[3]}
        assert group == expected


def test_one_long_text_does_not_take_its_room_for_every_record(corpus, monkeypatch):
    rows = corpora.manifest.items(corpus.directory)
    words = ['w' * 5000, *['short'] * (len(rows) - 1)]
    told = [row | {'transcript': text} for row, text in zip(rows, words, strict=True)]
    monkeypatch.setattr(corpora.manifest, 'items', lambda directory: told)
    spoken = corpora.open_corpus(corpus.directory)
    assert spoken.columns['transcript'].nbytes == 8 * len(rows)
    assert spoken.columns['transcript'].tolist() == words
    [out] = corpora.left_out(spoken, Data('corpus_styles', max_chars=5)).values()
    assert np.flatnonzero(out).tolist() == [0]
    for ours, other in zip(
        corpora.cut(spoken, Data('corpus_styles', max_chars=9000), RATE_HZ).values(),
        corpora.cut(corpus, Data('corpus_styles'), RATE_HZ).values(),
        strict=True,
    ):
        assert {ours.item.dtype.kind, ours.group.dtype.kind} == {'U'}  # saved without pickle
        np.testing.assert_array_equal(ours.item, other.item)


def test_flac_is_decoded_and_a_record_that_cannot_be_is_named(drawn):
    corpus = drawn(SPOKEN)
    corpus = corpora.Corpus(corpus.directory, corpus.facts | {'content': 'flac'}, corpus.columns)
    samples = np.random.default_rng(0).integers(-32768, 32767, 4000).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, samples, 16_000, format='FLAC', subtype='PCM_16')
    coded = np.frombuffer(file.getvalue(), np.uint8)

    class Shards:
        def __getitems__(self, records):
            return [{'flac': coded if record else coded[:-500]} for record in records]

    corpus.__dict__['_source'] = Shards()
    [found] = corpus.audio([3])
    np.testing.assert_array_equal(found, samples)
    with pytest.raises(DamagedCorpus, match="record 0, 'item 0', cannot be read"):
        corpus.audio([3, 0])


def test_no_way_to_cut_records_moves_one_to_another_part(drawn):
    corpus = drawn([(8000, seconds) for seconds in (1.0, 9.0, 2.0, 30.0, 4.0, 1.5, 12.0, 3.0, 7.0)])
    parts = [
        {
            name: set(part.item.tolist())
            for name, part in corpora.cut(
                corpus, Data('drawn', slice_s=1.0, slices=n), 8000
            ).items()
        }
        for n in (1, 3, 20)
    ]
    assert parts[0] == parts[1] == parts[2]
