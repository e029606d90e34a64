"""What is said where, of cells that are given."""

import dataclasses
import math

from research.cells import Cell, missing
from research.formats.layout import lay

A, B, C = ('a',), ('b',), ('c',)
FIRST = Cell(0.25, 0.2, 0.3, 90, 30, 3, 3, 1234, 1.0, 'cpu')
SECOND = dataclasses.replace(FIRST, mean=0.5, low=0.4, high=0.6, p=0.01)


def texts(layout, row: int = 0) -> list[str]:
    return [entry.text for entry in layout.lines[row]]


def test_the_best_is_the_lowest_error_and_the_highest_share():
    cells = {(A, C): FIRST, (B, C): SECOND}
    for metric, best in (('wer', [True, False]), ('item_accuracy', [False, True])):
        layout = lay(cells, ['name'], metric)
        assert [line[1].best for line in layout.lines] == best


def test_what_prints_alike_is_best_together_and_a_high_p_is_tied():
    alike = dataclasses.replace(FIRST, mean=0.2502, p=0.9)
    cells = {(A, C): FIRST, (B, C): alike, (C, C): dataclasses.replace(SECOND, p=0.051)}
    lines = lay({**cells, (('d',), C): SECOND}, ['name'], 'wer').lines
    assert [(line[1].best, line[1].tied) for line in lines] == [
        (True, False),
        (True, False),
        (False, True),
        (False, False),
    ]


def test_what_is_the_same_in_all_rows_is_told_once_below():
    layout = lay({(A, C): FIRST, (B, C): SECOND}, ['name'], 'wer')
    assert layout.header == ['name', 'wer: c', 'seeds', 'parameters', 'seconds']
    assert layout.notes[0] == 'c: 90 words in 30 groups, trained on cpu.'


def test_what_differs_has_columns_of_its_own():
    other = dataclasses.replace(SECOND, n=80, device='NVIDIA H100')
    layout = lay({(A, C): FIRST, (B, C): other}, ['name'], 'precision')
    assert layout.header[2:] == [
        'calls found',
        'groups',
        'seeds',
        'parameters',
        'seconds',
        'device',
    ]
    assert texts(layout, 1)[2:4] == ['80', '30']
    assert texts(layout, 1)[-1] == 'NVIDIA H100'
    assert not layout.notes[0].startswith('c:')
    faster = dataclasses.replace(SECOND, device='NVIDIA H100')
    notes = lay({(A, C): FIRST, (B, C): faster}, ['name'], 'wer').notes
    assert notes[0] == 'c: 90 words in 30 groups.'


def test_missing_seeds_and_rows_are_counted():
    cells = {(A, C): dataclasses.replace(FIRST, wanted=5), (B, C): missing(4)}
    layout = lay(cells, ['name'], 'wer')
    assert texts(layout) == ['a', '25.0%', '3 of 5', '1,234', '1']
    assert texts(layout, 1) == ['b', 'missing', '0 of 4', '-', '-']
    assert str(layout.lines[1][1].order) == 'nan'  # so it is sorted to the end


def test_the_table_says_what_its_intervals_are_over():
    one = dataclasses.replace(FIRST, seeds=1, wanted=1)
    for cells, said in (
        ([FIRST], 'over seeds and groups.'),
        ([one], 'over groups alone: of one seed, how seeds vary is not in them.'),
        ([FIRST, one], 'over seeds and groups; of one seed, over groups alone.'),
    ):
        given = {((str(place),), C): cell for place, cell in enumerate(cells)}
        notes = lay(given, ['name'], 'wer').notes
        assert f'In brackets: 95% intervals by bootstrap {said}' in notes
    without = dataclasses.replace(FIRST, low=math.nan, high=math.nan)
    assert not any('bracket' in note for note in lay({(A, C): without}, ['name'], 'wer').notes)


def test_what_has_no_interval_for_being_of_one_group_is_explained():
    alone = dataclasses.replace(FIRST, mean=1.2, low=math.nan, high=math.nan, groups=1)
    told = 'Of a single group what is no share up to 100% has no interval.'
    assert told in lay({(A, C): alone}, ['name'], 'wer').notes
    assert told not in lay({(A, C): dataclasses.replace(alone, groups=2)}, ['name'], 'wer').notes
    shared = lay({(A, C): dataclasses.replace(FIRST, groups=1)}, ['name'], 'wer').notes
    assert told not in shared
    assert "Of a single group the interval is Wilson's, with one trial." in shared


def test_a_mark_is_explained_where_it_stands_alone():
    for p, said in ((0.2, '†: not told apart from it at 5%'), (0.02, 'All others are told apart')):
        cells = {(A, C): FIRST, (B, C): dataclasses.replace(SECOND, p=p)}
        assert f'Bold: the best. {said}' in lay(cells, ['name'], 'wer').notes[-1]
    assert not any('Bold' in note for note in lay({(A, C): FIRST}, ['name'], 'wer').notes)


def test_differences_carry_their_sign_and_how_often_a_seed_is_better():
    more = dataclasses.replace(
        SECOND, difference=0.25, difference_low=-0.2, difference_high=0.3, improvement=1 / 9
    )
    layout = lay({(A, C): FIRST, (B, C): more}, ['name'], 'wer', 'a')
    assert layout.header[-2:] == ['less a', 'better']
    assert texts(layout)[-2:] == ['', '']
    assert texts(layout, 1)[-2:] == ['+25.0%', '11%']
    assert layout.lines[1][-2].interval == '[-20.0%, +30.0%]'


def test_rows_are_named_that_the_test_tells_apart_though_their_interval_holds_0():
    more = dataclasses.replace(SECOND, difference=0.25, difference_low=-0.2, difference_high=0.3)
    least = dataclasses.replace(
        FIRST, difference=-0.25, difference_low=-0.3, difference_high=0.2, p=math.nan
    )
    told = 'though the interval of the difference holds 0: with these seeds the items tell them'
    notes = lay({(A, C): FIRST, (B, C): more}, ['name'], 'wer', 'a').notes
    assert notes[-1].startswith(f'c: the test tells b from a, {told}')
    notes = lay({(A, C): least, (B, C): SECOND}, ['name'], 'wer', 'b').notes
    assert notes[-1].startswith(f'c: the test tells a from b, {told}')
    alone = {
        key: dataclasses.replace(each, seeds=1) for key, each in (((A, C), FIRST), ((B, C), more))
    }
    assert lay(alone, ['name'], 'wer', 'a').notes[-1].endswith('holds 0: it is close.')
    for clear in ({'difference_low': 0.1}, {'p': 0.2}, {'difference_low': math.nan}):
        cells = {(A, C): FIRST, (B, C): dataclasses.replace(more, **clear)}
        assert not any('though' in note for note in lay(cells, ['name'], 'wer', 'a').notes)


def test_the_caption_says_that_the_test_keeps_the_seeds_as_they_are():
    notes = lay({(A, C): FIRST, (B, C): SECOND}, ['name'], 'wer').notes
    how = "paired permutation test over groups, the seeds as they are, Holm's correction over rows"
    assert f'({how}).' in notes[-1]


def test_what_is_not_defined_is_said_and_never_the_best():
    silent = dataclasses.replace(FIRST, mean=math.nan, low=math.nan, high=math.nan)
    layout = lay({(A, C): silent, (B, C): SECOND, (A, B): silent}, ['name'], 'precision')
    assert [line[1].best for line in layout.lines] == [False, True]
    assert texts(layout)[1] == 'undefined'
    assert texts(layout, 1)[5:] == [''] * 4


def test_scores_that_are_no_shares_are_plain_numbers():
    layout = lay({(A, C): FIRST}, ['name'], 'nll')
    assert (layout.lines[0][1].text, layout.lines[0][1].interval) == ('0.250', '[0.200, 0.300]')
