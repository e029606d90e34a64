import numpy as np
import pytest

from data_prep import corpus_notes
from data_prep.cards import Wish
from data_prep.errors import PrepError
from data_prep.notes import DURATION, ONSET, PITCH
from data_prep.sources import scores


@pytest.fixture(scope='module')
def found():
    return corpus_notes.find(Wish(limit=8, report=str))


def test_chorales_are_of_as_many_works_as_there_are(found):
    assert found.rejected == []
    assert len({entry.columns['piece'] for entry in found.entries}) == 8
    assert all(set(entry.columns) == set(corpus_notes.COLUMNS) for entry in found.entries)
    assert all((scores.root() / entry.path).is_file() for entry in found.entries)


def test_notes_are_those_that_the_sounding_corpus_plays(found):
    known = {score.file: score for score in scores.chorales()}
    for entry in found.entries[:3]:
        piece = corpus_notes.load(entry)
        assert len(piece.parts) >= 4
        played = scores.read(known[entry.path])
        written = piece.events[:, [ONSET, DURATION, PITCH]] / [10_080, 10_080, 1]
        assert isinstance(played, np.ndarray)
        np.testing.assert_allclose(sorted(written.tolist()), sorted(played.tolist()), atol=1e-4)


def test_hymns_with_one_beginning_in_any_key_are_one_piece(found):
    moved = found.entries[0].content
    higher = moved._replace(events=moved.events + np.array([0, 5, 0, 0, 0]))
    faster = moved._replace(events=moved.events // np.array([2, 1, 2, 1, 1]))
    assert corpus_notes._opening(moved) == corpus_notes._opening(higher)
    assert corpus_notes._opening(moved) == corpus_notes._opening(faster)
    assert corpus_notes._opening(moved) != corpus_notes._opening(found.entries[1].content)


def test_it_takes_no_source(tmp_path):
    with pytest.raises(PrepError, match='takes no --source'):
        corpus_notes.find(Wish(tmp_path))


def test_it_stands_in_for_notes():
    assert corpus_notes.CORPUS.card.embedded
    assert corpus_notes.CORPUS.card.standin_for == 'notes'
