import json

import pytest

import data_prep
from data_prep import manifest


@pytest.fixture
def corpus(tmp_path, gtzan_source):
    return data_prep.prepare('gtzan', tmp_path / 'data', gtzan_source, jobs=1, report=str)


def shard(corpus):
    return next(corpus.glob('*.array_record-*'))


def test_a_whole_corpus_passes_both_checks(corpus):
    assert manifest.check(corpus)['records'] == manifest.verify(corpus)['records'] == 10


@pytest.mark.parametrize('share', [0.0, 0.5, 0.999])
def test_a_shard_cut_short_is_named_at_opening(corpus, share):
    path = shard(corpus)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(data_prep.DamagedCorpus, match=f'{path.name} has .*--force'):
        manifest.check(corpus)


def test_a_shard_cut_short_is_found_even_where_the_sizes_agree(corpus):
    path = shard(corpus)
    path.write_bytes(path.read_bytes()[:-4096])
    facts = json.loads((corpus / 'manifest.json').read_text())
    facts['files'][path.name]['bytes'] -= 4096
    (corpus / 'manifest.json').write_text(json.dumps(facts))
    with pytest.raises(data_prep.DamagedCorpus, match='not a whole ArrayRecord'):
        manifest.check(corpus)


def test_one_flipped_bit_is_found_by_verify_alone(corpus):
    path = corpus / 'items.csv'
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    manifest.check(corpus)
    with pytest.raises(data_prep.DamagedCorpus, match=r'items\.csv is not what was written'):
        manifest.verify(corpus)


def test_a_missing_file_is_named(corpus):
    shard(corpus).unlink()
    with pytest.raises(data_prep.DamagedCorpus, match=r'array_record-0000[01]-of-00002 is missing'):
        manifest.check(corpus)


@pytest.mark.parametrize('text', ['', '{"format": 1', '[]', '{"format": 99}'])
def test_a_broken_manifest_says_to_prepare_again(corpus, text):
    (corpus / 'manifest.json').write_text(text)
    with pytest.raises(data_prep.DamagedCorpus, match='prepare it again'):
        manifest.check(corpus)


def test_fingerprint_knows_content_and_not_order():
    rows = [{'item': 'a', 'sha256': '1'}, {'item': 'b', 'sha256': '2'}]
    assert manifest.fingerprint(rows) == manifest.fingerprint(rows[::-1])
    assert manifest.fingerprint(rows) != manifest.fingerprint([rows[0], rows[1] | {'sha256': '3'}])
