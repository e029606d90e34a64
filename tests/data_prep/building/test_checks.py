import dataclasses
from typing import Any

import pytest

from data_prep import gtzan
from data_prep.building import checks
from data_prep.copies import Pair
from data_prep.errors import PrepError

DEALT = {'unit': 'item', 'group': 'artist', 'folds': 4}
GIVEN = {'unit': 'item', 'column': 'part', 'group': 'artist', 'folds': 1}
SLICES = {'unit': 'slice', 'shares': [0.7, 0.15, 0.15], 'folds': 1}


def corpus(**protocols):
    return dataclasses.replace(gtzan.CORPUS, classes=('a',), protocols=protocols)


def rows(*told) -> list[dict[str, Any]]:
    names: tuple[str, ...] = ('item', 'label', 'artist', 'part', 'sha256', 'clipped')
    return [dict(zip(names, each, strict=True)) for each in told]


def test_leaks_are_counted_and_said():
    told = rows(
        ('1', 'a', 'x', 'train', 'h1', 0),
        ('2', 'a', 'y', 'test', 'h1', 0),
        ('3', 'a', 'z', 'valid', 'h3', 7),
        ('4', 'a', 'w', 'test', 'h4', 0),
    )
    found = checks.run(corpus(given=GIVEN, slices=SLICES), told, [Pair('1', '4', 'near', 0.8)], 3)
    assert found['copies'] == {'exact': 0, 'near': 1}
    assert found['clipped'] == 1
    assert {*found['leaks']} == {'given'}
    [leaks] = found['leaks']['given']
    assert (leaks['exact'], leaks['near']) == (1, 1)
    assert leaks['sizes'] == {'train': 1, 'valid': 1, 'test': 2}
    assert list(checks.lines(found, 'genre')) == [
        'given: 1/1/2 train/valid/test, 0.0% of test has its artist in train, '
        'copies across sides: 1 exact, 1 near',
        'copies: exact pairs 0, near pairs 1, see copies.csv',
        'copies: 3 records hold too little to be compared (sound under 1 s, below 5 kHz or mostly '
        'silent; notes under 15): only exact copies of them are found',
        'clipped recordings: 1, see items.csv',
    ]


@pytest.mark.parametrize(('copies', 'count'), [(['', '', '', ''], 0), (['c', 'c', 'c', 'c'], 1)])
def test_recordings_set_aside_of_which_a_copy_trains_are_counted_and_said(copies, count):
    told = rows(
        ('1', 'a', 'x', 'train', 'h1', 0),
        ('2', 'a', 'y', 'test', 'h2', 0),
        ('3', 'a', 'z', 'valid', 'h3', 0),
        ('4', '', 'w', '', 'h4', 0),
    )
    told = [row | {'copies': name} for row, name in zip(told, copies, strict=True)]
    found = checks.run(corpus(given=GIVEN | {'aside': {'artist': ['w']}}), told, [], 0)
    [leaks] = found['leaks']['given']
    assert leaks['aside'] == {'w': count}
    said = next(checks.lines(found, 'genre'))
    assert said.endswith(f'{count} of 1 w are copies of what trains or validates')


def test_the_fold_in_which_most_set_aside_was_heard_is_the_worst():
    folds = {'unit': 'item', 'column': 'part', 'group': 'artist', 'folds': 3, 'valid_share': 0.3}
    told = [(f'{n}', 'a', f'x{n}', str(1 + n // 4), f'h{n}', 0) for n in range(12)]
    copies = ['c', *[''] * 11, 'c']
    told = rows(*told, ('12', '', 'forest', '', 'h12', 0))
    told = [row | {'copies': name} for row, name in zip(told, copies, strict=True)]
    found = checks.run(corpus(given=folds | {'aside': {'artist': ['forest']}}), told, [], 0)
    # Item 0 tests in fold 0, and trains or validates in the others.
    assert [each['aside']['forest'] for each in found['leaks']['given']] == [0, 1, 1]
    assert next(checks.lines(found, 'genre')).startswith('given, fold 1, the worst of 3: ')


def test_classes_with_too_few_groups_are_named():
    told = [(f'a{n}', 'a', f'x{n}', '', f'a{n}', 0) for n in range(4)]
    told += [(f'b{n}', 'b', f'y{n % 2}', '', f'b{n}', 0) for n in range(4)]
    told += [(f'c{n}', 'c', 'z', '', f'c{n}', 0) for n in range(4)]
    found = checks.run(corpus(dealt=DEALT), rows(*told), [], 0)
    assert found['few_groups'] == {'dealt': {'b': 2, 'c': 1}}
    lines = list(checks.lines(found, 'genre'))
    assert 'dealt: genre b has 2 groups: it cannot be in train, valid and test all' in lines
    assert 'dealt: genre c has 1 group: it cannot be in train and test both' in lines


def test_a_share_without_test_rows_is_none_and_not_nan():
    told = rows(('1', 'a', 'x', 'train', 'h1', 0), ('2', 'a', 'y', 'valid', 'h2', 0))
    assert checks.run(corpus(given=GIVEN), told, [], 0)['leaks']['given'][0]['known'] == {
        'artist': None
    }


def test_a_torn_group_is_seen_before_there_are_records():
    columns = {'item': ['1', '2'], 'label': ['a', 'a'], 'artist': ['x', 'x']}
    checks.hold(corpus(dealt=DEALT, slices=SLICES), columns)
    with pytest.raises(PrepError, match="artist 'x' stands in train and test"):
        checks.hold(corpus(given=GIVEN), columns | {'part': ['train', 'test']})


def test_the_worst_fold_is_said_and_all_are_kept():
    folds = {'unit': 'item', 'column': 'part', 'group': 'artist', 'folds': 3, 'valid_share': 0.3}
    told = [(f'{n}', 'a', f'x{n}', str(1 + n // 4), f'h{n}', 0) for n in range(12)]
    told[11] = (*told[11][:4], 'h4', 0)  # items 4 and 11 are one, of the published folds 2 and 3
    found = checks.run(corpus(given=folds), rows(*told), [], 0)
    exact = [each['exact'] for each in found['leaks']['given']]
    assert (exact[1], exact[2]) == (1, 1)
    assert exact[0] <= 1
    said = next(checks.lines(found, 'genre'))
    assert said.startswith(f'given, fold {exact.index(1)}, the worst of 3: ')
    assert said.endswith('copies across sides: 1 exact, 0 near')


def test_a_class_whose_files_are_all_copies_has_one_group():
    told = [
        {**row, 'copies': ''}
        for row in rows(*((f'{n}', 'a', f'x{n}', '', '', 0) for n in '123456'))
    ]
    for row in told[:3]:
        row |= {'label': 'b', 'copies': '1'}
    found = checks.run(corpus(dealt=DEALT), told, [], 0)
    assert found['few_groups'] == {'dealt': {'b': 1}}


def test_a_class_without_a_record_is_named():
    told = rows(*((f'{n}', 'b', f'x{n}', '', f'h{n}', 0) for n in range(4)))
    found = checks.run(corpus(dealt=DEALT), told, [], 0)
    assert 'no record of genre: a' in list(checks.lines(found, 'genre'))


def test_classes_that_a_protocol_leaves_untrained_are_said_in_one_line_with_their_folds():
    published = {**GIVEN, 'folds': 2, 'valid_share': 0.3}
    told = [(f'a{n}', 'a', f'x{n}', str(1 + n % 2), '', 0) for n in range(8)]
    told += [(f'b{n}', 'b', f'y{n}', '1', '', 0) for n in range(4)]  # fold 0 tests all of them
    told += [(f'c{n}', 'c', f'z{n}', '', '', 0) for n in range(4)]  # left out
    told += [(f'd{n}', 'd', f'v{n}', '1', '', 0) for n in range(2)]
    columns = {name: [str(row[name]) for row in rows(*told)] for name in rows(*told)[0]}
    assert list(checks.untrained({'published': published, 'slices': SLICES}, columns, 'genre')) == [
        'published: nothing to train on of genre b, d in fold 0; c in folds 0 and 1'
    ]
    parts = {'part': ['train' if of == 'a' else 'test' for of in columns['label']]}
    assert list(checks.untrained({'given': GIVEN}, columns | parts, 'genre')) == [
        'given: nothing to train on of genre b, c, d'
    ]
    assert not [*checks.untrained({'given': GIVEN}, columns | {'part': ['train'] * 18}, 'genre')]


def test_classes_that_are_set_aside_alone_are_not_said_to_be_untrained():
    told = [(f'a{n}', 'a', f'x{n}', 'train', '', 0) for n in range(4)]
    told += [('b0', 'b', 'forest', 'train', '', 0), ('c0', 'c', 'y', 'test', '', 0)]
    told += [('c1', 'c', 'forest', 'train', '', 0)]
    columns = {name: [str(row[name]) for row in rows(*told)] for name in rows(*told)[0]}
    aside = GIVEN | {'aside': {'artist': ['forest']}}
    assert list(checks.untrained({'given': aside}, columns, 'genre')) == [
        'given: nothing to train on of genre c'
    ]


@pytest.mark.parametrize(
    ('folds', 'said'), [(1, ''), (2, ' in folds 0 and 1'), (4, ' in folds 0, 1, 2 and 3')]
)
def test_folds_without_a_class_are_enumerated(folds, said):
    told = [(f'a{n}', 'a', f'x{n}', str(1 + n % folds), '', 0) for n in range(4 * folds)]
    told += [('c', 'c', 'z', '', '', 0)]
    columns = {name: [str(row[name]) for row in rows(*told)] for name in rows(*told)[0]}
    parted = {**GIVEN, 'folds': folds, 'valid_share': 0.3}
    if folds == 1:
        columns['part'] = ['train'] * 4 + ['']
    assert list(checks.untrained({'given': parted}, columns, 'genre')) == [
        f'given: nothing to train on of genre c{said}'
    ]


def test_more_untrained_classes_than_a_line_holds_are_counted():
    told = [(f'{n}', f'k{n:02}', f'x{n}', 'train' if n == 0 else 'test', '', 0) for n in range(16)]
    columns = {name: [str(row[name]) for row in rows(*told)] for name in rows(*told)[0]}
    [line] = checks.untrained({'given': GIVEN}, columns, 'genre')
    assert line.endswith('k11, k12, 3 more')
