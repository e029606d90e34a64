import re
import sys
import unittest.mock

import pytest

import data_prep
from data_prep import errors, gtzan, manifest
from data_prep.building import pipeline, plans, shards


def run(toy, data, *flags):
    """In a process of its own: the modules of Apache Beam warn at one another."""
    with toy.start(data, *flags) as child:
        _, said = child.communicate(timeout=120)
    return child.returncode, said


def by_beam(toy, data, *options):
    return run(toy, data, '--beam=DirectRunner', *(f'--beam_options={each}' for each in options))


@pytest.mark.slow
def test_beam_makes_the_same_corpus_and_goes_on_from_finished_shards(toy, tmp_path):
    plain = data_prep.prepare('toy', tmp_path / 'plain', toy.source, jobs=1, report=str)
    trap = toy.trap('b4', 'raise')
    toy.decoded()
    code, said = by_beam(toy, tmp_path / 'beam')
    assert code == 2
    assert re.fullmatch(r'the pipeline failed: .*trapped.*goes on.*', said.splitlines()[-1])
    [left] = (tmp_path / 'beam' / 'toy').iterdir()
    finished = len(list(left.glob('*.json')))
    trap.unlink()
    toy.decoded()
    options = '--direct_num_workers=1 --direct_running_mode=in_memory'
    code, said = by_beam(toy, tmp_path / 'beam', options)
    assert code == 0, said
    assert len(toy.decoded()) == 10 - 2 * finished
    made = data_prep.prepared('toy', tmp_path / 'beam')
    assert made is not None
    assert manifest.verify(made)['fingerprint'] == manifest.read(plain)['fingerprint']
    assert (made / 'items.csv').read_bytes() == (plain / 'items.csv').read_bytes()


def test_without_beam_one_line_says_how_to_get_it(toy, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'apache_beam', None)
    with pytest.raises(data_prep.PrepError, match=r'pip install -r requirements-beam.txt'):
        data_prep.prepare(
            'toy', tmp_path, toy.source, jobs=1, beam=('--runner=DirectRunner',), report=str
        )
    assert list((tmp_path / 'toy').iterdir()) == []


def test_options_without_a_runner_are_refused(toy, tmp_path):
    code, said = run(toy, tmp_path, '--beam_options=--project=x')
    assert (code, len(said.splitlines())) == (2, 1)
    assert '--beam=RUNNER' in said


def test_workers_that_write_elsewhere_are_found_out(tmp_path, monkeypatch):
    fake = unittest.mock.MagicMock()  # a pipeline that ends well and leaves nothing here
    monkeypatch.setitem(sys.modules, 'apache_beam', fake)
    monkeypatch.setitem(sys.modules, 'apache_beam.options', fake)
    monkeypatch.setitem(sys.modules, 'apache_beam.options.pipeline_options', fake)
    todo = [plans.Shard(number, ()) for number in (3, 4)]
    with pytest.raises(errors.Stopped, match=r'2 of 2 shards are not in .*number 3') as error:
        pipeline.run(shards.Recipe(gtzan.CORPUS, tmp_path), todo, ['--runner=X'], str)
    assert str(tmp_path) in str(error.value)
