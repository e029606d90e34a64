from typing import Any

import pytest

import experiments
from research import material, overrides, sources
from research.errors import UserError
from research.meaning import Meaning
from research.runs import Run

LENGTHS = [30, 45, 12, 60, 33, 41, 9, 28, 50]


def asked(name, *changes) -> Any:
    return overrides.apply(experiments.build(name), ['data.corpus=composed', *changes])


@pytest.fixture(scope='module')
def corpus(composed):
    return composed(LENGTHS)


def test_every_note_of_a_part_is_judged_once_and_is_what_the_piece_holds(corpus):
    view = ['frontend.window=32', 'frontend.context=8']
    made = material.prepare(asked('notes_gru', *view), corpus)
    seen = {}
    for name, part in made.parts.items():
        target = part.target
        assert target['tokens'].shape == (len(part), 32, 4)
        for row in range(len(part)):
            for place in range(target['first'][row], part.samples[row]):
                key = part.record[row], part.start[row] + place
                assert key not in seen
                seen[key] = target['tokens'][row, place].tolist()
            assert not target['tokens'][row, part.samples[row] :].any()
        assert set(part.group.tolist()) == set(part.item.tolist()), name
    assert len(seen) == 4 * sum(LENGTHS)
    piece = made.parts['train'].record[0]
    own = asked('notes_gru').frontend.encode(corpus.notes([piece])[0])
    assert [seen[piece, at] for at in range(len(own))] == own.tolist()
    assert made.meaning == Meaning(sizes=(256, 193, 193, 32))


def test_no_view_or_window_moves_a_piece_to_another_part(corpus):
    parts = [
        {
            name: set(part.item.tolist())
            for name, part in material.prepare(each, corpus).parts.items()
        }
        for each in (
            asked('notes_gru'),
            asked('notes_gru', 'frontend.window=9', 'frontend.context=3'),
            asked('jsb_voices_transformer'),
            asked('jsb_rolls_gru', 'frontend.window=7', 'frontend.context=6'),
        )
    ]
    assert parts[0] == parts[1] == parts[2] == parts[3]


def test_words_are_learnt_from_the_training_part_alone(corpus):
    short = ['frontend.window=9', 'frontend.context=8', 'frontend.first=8']
    made = material.prepare(asked('notes_lstm', *short), corpus)
    view = asked('notes_lstm', *short).frontend
    train = {*made.parts['train'].item.tolist()}
    words = [view.encode(corpus.notes([i])[0]) for i in range(9) if f'item {i}' in train]
    assert made.meaning == view.meaning(words)
    assert (made.parts['train'].target['first'] == 8).all()


def test_windows_that_would_begin_within_a_period_are_refused(corpus):
    told = r'model.period \(=64\): windows begin every .* \(=255\) tokens'
    with pytest.raises(UserError, match=told):
        material.prepare(asked('jsb_voices_transformer', 'frontend.window=383'), corpus)
    made = material.prepare(asked('jsb_voices_transformer'), corpus)
    assert {int(start) % 64 for part in made.parts.values() for start in part.start} == {0}


def test_a_corpus_without_a_judged_token_is_refused(corpus):
    told = r'finds no more than frontend.first \(=100\) tokens in any piece of composed'
    with pytest.raises(UserError, match=told):
        material.prepare(asked('notes_lstm'), corpus)


def test_a_filter_leaves_short_pieces_out_and_moves_no_other(corpus):
    every = material.prepare(asked('notes_gru'), corpus).parts
    some = material.prepare(asked('notes_gru', 'data.min_s=6'), corpus).parts
    for name, part in every.items():
        long = {f'item {i}' for i, length in enumerate(LENGTHS) if length >= 12}
        assert set(some[name].item.tolist()) == set(part.item.tolist()) & long


def test_pieces_are_encoded_once_for_a_corpus_and_a_view(corpus):
    own = asked('notes_gru').frontend
    assert material.encoded(corpus, own) is material.encoded(corpus, own)


@pytest.mark.parametrize(
    ('name', 'changes', 'told'),
    [
        ('notes_lstm', ['augment=Transpose'], 'augment=Transpose: frontend=Names has no keys'),
        ('notes_gru', ['augment=Noise'], 'augment=Noise does not change notes: leave it out'),
        ('genre_mlp', ['augment=Transpose'], 'augment=Transpose does not change sound'),
        ('notes_gru', ['task=Classification'], 'does not tell the tokens of frontend=Events'),
        ('notes_lstm', ['task.per=note'], 'task.per=note: a token of frontend=Names is no note'),
        ('notes_gru', ['task.per=note'], 'a token of frontend=Events is no note of a voice'),
        ('notes_gru', ['data.buckets=2'], 'data.buckets: windows of notes are of one length'),
        (
            'notes_lstm',
            ['frontend.window=228'],
            r'model.told \(=1\) is less than the 128 last .* --set=model.told=128',
        ),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_line(name, changes, told, corpus):
    with pytest.raises(UserError, match=told) as refused:
        material.prepare(asked(name, *changes), corpus)
    assert '\n' not in str(refused.value)


def test_notes_are_never_streamed(corpus, tmp_path):
    chosen = asked('notes_gru', 'frontend.window=32', 'frontend.context=8')
    made = material.prepare(chosen, corpus)
    given = chosen, corpus, made.parts, Run(tmp_path)
    assert not sources.choose('auto', *given).streamed
    with pytest.raises(UserError, match='--stream=on: notes lie on the device'):
        sources.choose('on', *given)
    size = sum(part.target['tokens'].nbytes for part in made.parts.values())
    assert sources.resident_bytes(chosen, corpus, made.parts) == 2 * size
