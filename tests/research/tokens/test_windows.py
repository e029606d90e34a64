import itertools

import numpy as np
import pytest

from research.errors import UserError
from research.tokens import Events, Names, windows


@pytest.mark.parametrize(
    ('window', 'context', 'first'),
    [*itertools.product((4, 7), (0, 1, 3), (0, 1, 3, 5, 20)), (101, 100, 100)],
)
def test_each_token_is_judged_once_with_its_context_before_it(window, context, first):
    view = Names(window=window, context=context, first=first)
    tokens = np.array([0, 1, 2, 3, 5, 8, 21, 40, 101, 130])
    cut = windows.cut(tokens, view)
    judged = []
    begin = windows.first(cut.start, view)
    for piece, start, length, own in zip(cut.piece, cut.start, cut.length, begin, strict=True):
        assert start % (window - context) == 0
        assert length == min(window, tokens[piece] - start)
        assert windows.earliest(view) <= own < length
        for place in range(own, length):
            judged.append((piece, start + place))
            assert place >= context or start == 0
    expected = [(p, t) for p, count in enumerate(tokens) for t in range(first, count)]
    assert sorted(judged) == expected


def test_a_hundred_words_are_heard_and_the_next_one_is_told():
    cut = windows.cut(np.array([100, 103]), Names())
    assert [column.tolist() for column in cut] == [[1, 1, 1], [0, 1, 2], [101] * 3]
    assert windows.first(cut.start, Names()).tolist() == [100] * 3


def test_windows_are_filled_with_their_tokens_and_zeros():
    view = Events(window=4, context=1)
    rows = [np.arange(28).reshape(7, 4), np.ones((2, 4), int)]
    cut = windows.cut(np.array([7, 2]), view)
    tokens = windows.fill(rows, *cut, view)
    assert tokens.dtype == np.int32
    np.testing.assert_array_equal(tokens[0], rows[0][:4])
    np.testing.assert_array_equal(tokens[1], rows[0][3:])
    np.testing.assert_array_equal(tokens[2], [[1] * 4, [1] * 4, [0] * 4, [0] * 4])


def test_windows_that_would_not_advance_are_refused():
    with pytest.raises(UserError, match=r'frontend\.context \(=9\) must be less than .* \(=9\)'):
        windows.cut(np.array([50]), Names(window=9, context=9))
