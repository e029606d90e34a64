import dataclasses

import pytest

import data_prep
import experiments
from research import choosing, corpora, description, overrides
from research.errors import UserError

MLP = experiments.build('genre_mlp')


def refused(data_dir, name, *assignments):
    with pytest.raises(UserError) as told:
        choosing.choose(MLP, name, assignments, data_dir, prepare=False)
    assert '\n' not in str(told.value)
    return str(told.value)


def test_a_labelled_corpus_that_is_not_prepared_is_told_with_its_command(tmp_path):
    assert refused(tmp_path, 'audio_folder:mine') == (
        f"corpus 'audio_folder:mine' is not prepared in {tmp_path}/: "
        f'python -m data_prep audio_folder:mine --source=DIR --data_dir={tmp_path}'
    )


def test_a_stand_in_that_is_not_prepared_is_not_said_to_take_a_place(tmp_path, capsys):
    assert refused(tmp_path, None) == (
        f"corpus 'gtzan' is not prepared in {tmp_path}/, nor is its embedded stand-in "
        f"'corpus_styles': python -m data_prep corpus_styles --data_dir={tmp_path}"
    )
    assert capsys.readouterr().out == ''


@pytest.mark.parametrize('name', ['gtzan', 'audio_folder:mine', 'corpus_styles'])
def test_a_corpus_of_an_earlier_version_is_told_and_prepared_again(name, tmp_path):
    old = data_prep.place(name, tmp_path).with_name('1.0.0')
    old.mkdir(parents=True)
    (old / 'manifest.json').write_text('{}')
    told = refused(tmp_path, name)
    assert told.startswith(f"corpus '{name}' in {old}/ is of an earlier version: prepare it again")
    assert f'python -m data_prep {name} ' in told


def test_a_corpus_of_notes_is_refused_by_an_experiment_on_sound(drawn, monkeypatch, tmp_path):
    corpus = drawn([(8000, 1.0)] * 6)
    odd = corpora.Corpus(corpus.directory, corpus.facts | {'content': 'notes'}, corpus.columns)
    monkeypatch.setattr(data_prep, 'prepared', lambda name, data_dir: tmp_path)
    monkeypatch.setattr(corpora, 'open_corpus', lambda directory: odd)
    assert refused(tmp_path, 'gtzan') == (
        'drawn holds notes, and frontend=MFCC hears sound: genre_mlp cannot learn from it'
    )


def test_what_filters_leave_out_is_told_of_the_records_that_take_part(drawn):
    corpus = drawn([(8000, 1.0 + i % 3) for i in range(24)], kind=['clip'] * 21 + ['forest'] * 3)
    rule = corpus.facts['protocols']['folds'] | {'aside': {'kind': ['forest']}}
    corpus = dataclasses.replace(corpus, facts=corpus.facts | {'protocols': {'folds': rule}})
    changes = ['data.corpus=drawn', 'data.protocol=folds', 'data.slice_s=1', 'data.max_s=2']
    experiment = overrides.apply(MLP, changes)
    told = description.described(choosing.Chosen(experiment, corpus, stand_in=False))
    assert 'note      left out by data.max_s=2: 7 of 21' in told


def test_a_run_that_tells_numbers_counts_records_and_names_no_classes(drawn):
    said = {'target': [str(100 + i) for i in range(24)], 'label': ['a'] * 23 + ['b']}
    corpus = drawn([(8000, 3.0)] * 24, **said)
    changes = ['data.corpus=drawn', 'data.protocol=folds']
    chosen = {}
    for name in ('tempo_cnn1d', 'genre_mlp'):
        experiment = overrides.apply(experiments.build(name), changes)
        lines = description.described(choosing.Chosen(experiment, corpus, stand_in=False))
        chosen[name] = '\n'.join(lines)
    assert 'drawn, 24 records, fingerprint' in chosen['tempo_cnn1d']
    assert 'nothing of' not in chosen['tempo_cnn1d']
    assert 'drawn, 2 classes, fingerprint' in chosen['genre_mlp']
    assert 'nothing of b in' in chosen['genre_mlp']
