"""What every view of notes can be asked for, whatever its tokens are."""

import numpy as np
import pytest

from data_prep.notes import Notes
from research.tokens import KINDS, Events, Names, Rolls, Transposable, View, Voices


@pytest.mark.parametrize('kind', KINDS.values(), ids=KINDS)
def test_rows_come_back_from_the_notes_that_they_decode_to(kind, composed):
    view = kind()
    assert isinstance(view, View)
    [piece] = composed([9]).notes([0])
    encoded = view.encode(piece)
    meaning = view.meaning([encoded, encoded])  # a word counts where two pieces have it
    rows = view.rows(encoded, meaning)
    assert rows.shape[1:] == (view.fields,)
    assert rows.dtype == view.dtype
    notes = view.decode(rows, meaning)
    assert isinstance(notes, Notes)
    np.testing.assert_array_equal(view.rows(view.encode(notes), meaning), rows)


def test_what_cannot_be_written_as_notes_is_no_view():
    class Unwritten:
        fields, dtype, window, context, first = 1, 'int32', 8, 4, 0
        encode, meaning, rows = Events.encode, Events.meaning, Events.rows

    assert not isinstance(Unwritten(), View)


def test_all_views_but_the_words_can_be_moved_to_another_key():
    assert all(isinstance(view, Transposable) for view in (Events(), Rolls(), Voices()))
    assert not isinstance(Names(), Transposable)
