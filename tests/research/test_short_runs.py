"""Experiments that no other test trains: two steps each, as small as can be, to their result."""

import dataclasses
from typing import Any

import numpy as np
import pytest

import experiments
from research import codec, overrides

PARTS = ['train'] * 8 + ['valid'] * 4 + ['test'] * 4
GIVEN = {'unit': 'item', 'column': 'part', 'group': 'item', 'folds': 1}
SECOND = ('data.corpus=drawn', 'data.slice_s=1', 'batch_size=4', 'steps=2')
CORPORA: dict[str, Any] = {
    'calls': {'classes': ('other', 'call'), 'label': ['other', 'call'] * 8},
    'songs': {},
    'tempi': {'classes': (), 'target': [str(60 + 8 * i) for i in range(16)]},
    'speech': {'classes': (), 'transcript': ['AB A', 'BA B'] * 8, 'speaker': list('abcdefgh') * 2},
}
ROWS = {
    'capuchin_cnn2d': ('calls', ('model.channels=2,2', 'frontend.hop=400'), 'average_precision'),
    'capuchin_small': ('calls', ('model.stem=2', 'model.channels=4'), 'average_precision'),
    'tracks_cnn2d': ('songs', ('data.slices=1', 'model.channels=2,2,2'), 'item_accuracy'),
    'tempo_cnn1d': ('tempi', ('data.slices=1', 'model.width=2', 'model.levels=3'), 'mae'),
    'speech_conformer_ctc': (
        'speech',
        ('data.max_s=none', 'model.width=8', 'model.depth=1', 'model.heads=2', 'model.kernel=3'),
        'wer',
    ),
}


def small(name: str, *changes: str) -> Any:
    chosen = overrides.apply(experiments.build(name), changes)
    assert codec.from_json(codec.to_json(chosen)) == chosen
    return chosen


def stands(place: Any, result: dict[str, Any], score: str) -> None:
    """Each unit of the score was predicted, and what result.json says is their ratio."""
    assert (result['status'], result['steps']) == ('finished', 2)
    for part in ('valid', 'test'):
        with np.load(place.predictions / f'{part}_units.npz', allow_pickle=False) as units:
            assert len(units[f'{score}/unit']) == result[part]['items'] > 0
            if f'{score}/numerator' in units:
                over, under = units[f'{score}/numerator'], units[f'{score}/denominator']
                assert result[part][score] == pytest.approx(over.sum() / under.sum())
        assert np.isfinite(result[part][score])


@pytest.mark.slow
@pytest.mark.parametrize('name', ROWS)
def test_two_steps_of_an_experiment_on_sound_end_with_its_own_score(name, drawn, go, tmp_path):
    kind, changes, score = ROWS[name]
    corpus = drawn([(8000, 1.0)] * 16, part=PARTS, **CORPORA[kind])
    facts = {**corpus.facts, 'protocols': {'given': GIVEN}, 'default_protocol': 'given'}
    corpus = dataclasses.replace(corpus, facts=facts)
    experiment = small(name, *SECOND, *changes)
    assert experiment.task.selects_by == score
    place, result = go(experiment, corpus, tmp_path)
    stands(place, result, score)


@pytest.mark.slow
def test_two_steps_of_the_transformer_on_voices_end_with_nats_a_note(composed, go, tmp_path):
    changes = (
        'data.corpus=composed',
        'frontend.window=24',
        'frontend.context=8',
        'batch_size=4',
        'steps=2',
        'model.period=16',
    )
    model = ('model.width=8', 'model.depth=1', 'model.heads=2', 'model.context=24')
    experiment = small('jsb_voices_transformer', *changes, *model)
    place, result = go(experiment, composed([12] * 9), tmp_path)
    stands(place, result, 'note_nll')
