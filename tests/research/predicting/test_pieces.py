import numpy as np
import pytest

from research import evaluate, material, midi
from research.predicting import kinds
from research.predicting.answers import Options
from research.predicting.places import Place
from research.tasks import NextToken

# Parts of fewer examples than a batch would have a program each.
SMALL = ('model.widths=8', 'model.embedding=4', 'augment=', 'batch_size=1')


@pytest.fixture
def pieces(composed, tmp_path):
    """A corpus of notes and its pieces as files."""
    corpus = composed([8, 22, 50, 3, 11, 15])
    places = []
    for record, notes in enumerate(corpus.notes(range(6))):
        path = tmp_path / f'{record}.mid'
        midi.write(path, notes)
        places.append(Place(path.name, path))
    return corpus, places


def test_a_piece_is_as_probable_as_in_the_run_s_own_evaluation(pieces, untrained, unwatched):
    corpus, places = pieces
    view = ('frontend.window=40', 'frontend.context=10')
    loaded = untrained('notes_gru', corpus, {}, *SMALL, *view)
    reported = list(kinds.answers(loaded, Options(), 3).ask(places, unwatched))
    made = material.prepare(loaded.experiment, corpus)
    for part in made.parts.values():
        said = evaluate.Evaluator(loaded.experiment, made, part)(*loaded.weights)
        for record in np.unique(part.record):
            own, row = part.record == record, reported[record].row
            assert row['tokens'] == said['tokens'][own].sum()
            wanted = said['nll'][own].sum() / said['tokens'][own].sum()
            assert row['nll'] == pytest.approx(wanted, rel=1e-5)
    assert [each.row['tokens'] for each in reported] == [32, 88, 200, 12, 44, 60]


def test_bad_and_short_pieces_are_lines_and_the_others_go_on(
    pieces, untrained, unwatched, tmp_path
):
    corpus, places = pieces
    loaded = untrained('notes_gru', corpus, {}, *SMALL, 'frontend.first=20')
    text, cut = tmp_path / 'text.mid', tmp_path / 'cut.mid'
    text.write_text('hello')
    cut.write_bytes(places[2].path.read_bytes()[:60])
    bad = [Place(path.name, path) for path in (text, cut, tmp_path / 'absent.mid')]
    answers = kinds.answers(loaded, Options(), 3)
    reported = list(answers.ask([bad[0], *places, *bad[1:]], unwatched))
    assert [bool(each.error) for each in reported] == [1, 0, 0, 0, 1, 0, 0, 1, 1]
    assert 'too short a piece' in reported[4].error
    assert 'No such file' in reported[8].error
    assert answers.suffixes == ('.mid', '.midi')


def test_who_goes_on_after_any_piece_gives_the_same_bits(pieces, untrained, unwatched, monkeypatch):
    corpus, places = pieces
    view = ('frontend.window=40', 'frontend.context=10')
    loaded = untrained('notes_gru', corpus, {}, *SMALL, *view)
    monkeypatch.setattr('research.predicting.pieces.AT_ONCE', 4)
    answers = kinds.answers(loaded, Options(), 3)
    whole = list(answers.ask(places, unwatched))
    assert {each.slot for each in whole} == {0, 1, 2}
    for number, each in enumerate(whole):
        rest = list(answers.ask(places[number + 1 :], unwatched, each.slot))
        assert rest == whole[number + 1 :]


def test_all_that_ask_one_model_share_a_program(pieces, untrained, unwatched, monkeypatch):
    corpus, places = pieces
    loaded = untrained('notes_gru', corpus, {}, *SMALL, 'frontend.window=40', 'frontend.context=10')
    own, traced = NextToken.predict, []

    def predict(*arguments):
        traced.append(arguments)
        return own(*arguments)

    monkeypatch.setattr(NextToken, 'predict', predict)
    for _ in range(2):
        list(kinds.answers(loaded, Options(), 5).ask(places, unwatched))
    assert len(traced) == 1
