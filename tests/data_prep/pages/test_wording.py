import unicodedata

import pytest

from data_prep.pages import wording


@pytest.mark.parametrize(
    ('given', 'wanted'),
    [
        ('a b', 'a b'),
        ('Zürich 日本 naïve', 'Zürich 日本 naïve'),
        ('two\nlines', 'two\\nlines'),
        ('\x1b[31mred', '\\x1b[31mred'),
        ('left\u202eright', 'left\\u202eright'),
        (b'\xff'.decode('utf-8', 'surrogateescape'), '\\udcff'),
        ('\U0001f468\u200d\U0001f469', '\U0001f468\u200d\U0001f469'),
    ],
)
def test_what_does_not_print_stands_as_its_escape(given, wanted):
    assert wording.plain(given) == wanted


def test_no_character_of_unicode_moves_the_cursor_or_turns_the_writing():
    turning = ('Bidi_Control', {'LRE', 'RLE', 'PDF', 'LRO', 'RLO', 'LRI', 'RLI', 'FSI', 'PDI'})
    for code in range(0x30000):
        for char in wording.plain(chr(code)):
            assert unicodedata.category(char) not in ('Cc', 'Cs', 'Zl', 'Zp'), hex(code)
            assert unicodedata.bidirectional(char) not in turning[1], hex(code)


def test_a_long_name_keeps_its_head_and_its_tail():
    assert wording.plain('a' * 50 + '.wav', 20) == 'a' * 12 + '...' + 'a.wav'
    assert len(wording.plain('x' * 1000, 80)) == 80
    assert wording.plain('x' * 80, 80) == 'x' * 80


def test_figures_have_their_units():
    assert [wording.seconds(value) for value in (0, 0.125, 2.5, 29.93, 86_400)] == [
        *('0.00', '0.125', '2.50', '29.9', '86,400.0')
    ]
    assert [wording.size(count) for count in (0, 999, 1_500, 49_676_288, 1_330_000_000)] == [
        *('0 bytes', '999 bytes', '1.5 kB', '49.7 MB', '1.3 GB')
    ]
    assert [wording.share(value) for value in (0.4545, float('nan'))] == ['45.5%', '-']


def test_nouns_are_counted():
    words = ('piece', 'class', 'copy', 'day', 'patch')
    assert [wording.many(2, word) for word in words] == [
        *('2 pieces', '2 classes', '2 copies', '2 days', '2 patches')
    ]
    assert wording.many(1, 'class') == '1 class'
    assert wording.many(1318, 'piece') == '1,318 pieces'


@pytest.mark.parametrize(
    ('rule', 'words'),
    [
        (
            {'unit': 'item', 'column': 'published', 'group': 'artist', 'folds': 1},
            ['column published', 'no artist is on two sides'],
        ),
        (
            {
                'unit': 'item',
                'column': 'fold',
                'group': 'artist',
                'folds': 3,
                'valid_share': 0.2,
                'known_torn': ['138'],
            },
            ['3 folds', 'column fold', '20%', 'but artist 138'],
        ),
        (
            {'unit': 'item', 'group': 'piece', 'folds': 4, 'together': ['text']},
            ['4 parts', 'no piece and no text and no near copy is on two sides'],
        ),
        (
            {
                'unit': 'item',
                'group': 'item',
                'folds': 4,
                'copies': 'reported',
                'aside': {'kind': ['forest']},
            },
            ['items dealt', 'near copies may be on two sides', 'kind forest stands aside'],
        ),
        ({'unit': 'slice', 'shares': [0.7, 0.15, 0.15], 'folds': 1}, ['70% train', 'slices']),
    ],
)
def test_every_kind_of_protocol_is_told_in_words(rule, words):
    said = wording.split(rule)
    assert all(word in said for word in words), said
