import dataclasses
import shutil

import pytest

from data_prep import gtzan
from data_prep.building import plans
from data_prep.cards import Entry, Found
from data_prep.errors import PrepError


def entries(count, **kwargs):
    return [
        Entry(f'{n:04d}', 'blues', f'/nowhere/{n}', {'track': str(n)}, **kwargs)
        for n in range(count)
    ]


@pytest.mark.parametrize(('count', 'size'), [(1, 8), (10, 8), (640, 10), (5000, 32)])
def test_small_corpora_are_cut_finer_and_nothing_is_lost(count, size):
    made = plans.make('gtzan', gtzan.CORPUS, entries(count), None)
    assert [entry for shard in made.shards for entry in shard.entries] == entries(count)
    assert {len(shard.entries) for shard in made.shards[:-1]} <= {size}
    assert [shard.number for shard in made.shards] == list(range(len(made.shards)))
    assert made.records == count


def test_a_digest_is_equal_for_equal_work_alone():
    def digest(name='gtzan', corpus=gtzan.CORPUS, work=None, limit=None):
        return plans.make(name, corpus, work or entries(3), limit).digest

    assert digest() == digest()
    others = [
        digest(limit=3),
        digest(name='gtzan:mine'),
        digest(corpus=dataclasses.replace(gtzan.CORPUS, content='flac')),
        digest(corpus=dataclasses.replace(gtzan.CORPUS, classes=('a', 'blues'))),
        digest(corpus=dataclasses.replace(gtzan.CORPUS, records_per_shard=2)),
        digest(work=entries(3)[::-1]),
        digest(work=entries(3, content=b'notes')),
        *(
            digest(work=[dataclasses.replace(entries(3)[0], **{name: value}), *entries(3)[1:]])
            for name, value in {
                'item': 'x',
                'label': 'jazz',
                'path': '/x',
                'columns': {'track': 'x'},
            }.items()
        ),
    ]
    assert len({digest(), *others}) == 1 + len(others)


@pytest.mark.parametrize('file', ['audio.py', 'synthesis/new.py', 'sources/midi.py'])
def test_another_version_of_the_code_is_another_plan(tmp_path, monkeypatch, file):
    home = tmp_path / 'data_prep'
    shutil.copytree(plans._HOME, home)
    monkeypatch.setattr(plans, '_HOME', home)
    before = plans.make('gtzan', gtzan.CORPUS, entries(3), None).digest
    (home / 'manifest.py').write_text('# makes no records')
    assert plans.make('gtzan', gtzan.CORPUS, entries(3), None).digest == before
    with (home / file).open('a') as module:
        module.write('# another version of it\n')
    assert plans.make('gtzan', gtzan.CORPUS, entries(3), None).digest != before


def test_another_decoder_is_another_plan(monkeypatch):
    before = plans.make('gtzan', gtzan.CORPUS, entries(3), None).digest
    monkeypatch.setattr(plans.soundfile, '__version__', '9.9.9')
    assert plans.make('gtzan', gtzan.CORPUS, entries(3), None).digest != before


def test_two_of_one_name_are_refused_with_both_files():
    with pytest.raises(PrepError, match="two items are called '0001': /nowhere/1 and /nowhere/x"):
        plans.make('gtzan', gtzan.CORPUS, [*entries(3), Entry('0001', '', '/nowhere/x', {})], None)


def test_what_was_found_takes_the_place_of_what_was_known():
    found = Found([], [], classes=('a',), content='flac')
    made = plans.resolved(gtzan.CORPUS, found)
    assert (made.classes, made.content) == (('a',), 'flac')
    assert made.protocols == gtzan.CORPUS.protocols
