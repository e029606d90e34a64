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
    return dataclasses.replace(gtzan.CORPUS, protocols=protocols)


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
    found = checks.run(corpus(given=GIVEN, slices=SLICES), told, [Pair('1', '4', 'near', 0.8)])
    assert found['copies'] == {'exact': 0, 'near': 1}
    assert found['clipped'] == 1
    leaks = found['leaks']
    assert {*leaks} == {'given'}
    assert (leaks['given']['exact'], leaks['given']['near']) == (1, 1)
    assert leaks['given']['sizes'] == {'train': 1, 'valid': 1, 'test': 2}
    assert list(checks.lines(found, 'genre')) == [
        'given: 1/1/2 train/valid/test, 0.0% of test has its artist in train, '
        'copies across sides: 1 exact, 1 near',
        'copies: exact pairs 0, near pairs 1, see copies.csv',
        'clipped recordings: 1, see items.csv',
    ]


def test_classes_with_too_few_groups_are_named():
    told = [(f'a{n}', 'a', f'x{n}', '', f'a{n}', 0) for n in range(4)]
    told += [(f'b{n}', 'b', f'y{n % 2}', '', f'b{n}', 0) for n in range(4)]
    told += [(f'c{n}', 'c', 'z', '', f'c{n}', 0) for n in range(4)]
    found = checks.run(corpus(dealt=DEALT), rows(*told), [])
    assert found['few_groups'] == {'dealt': {'b': 2, 'c': 1}}
    lines = list(checks.lines(found, 'genre'))
    assert 'dealt: genre b has 2 groups: it cannot be in train, valid and test all' in lines
    assert 'dealt: genre c has 1 group: it cannot be in train and test both' in lines


def test_a_share_without_test_rows_is_none_and_not_nan():
    told = rows(('1', 'a', 'x', 'train', 'h1', 0), ('2', 'a', 'y', 'valid', 'h2', 0))
    assert checks.run(corpus(given=GIVEN), told, [])['leaks']['given']['known'] == {'artist': None}


def test_a_torn_group_is_seen_before_there_are_records():
    columns = {'item': ['1', '2'], 'label': ['a', 'a'], 'artist': ['x', 'x']}
    checks.hold(corpus(dealt=DEALT, slices=SLICES), columns)
    with pytest.raises(PrepError, match="artist 'x' stands in train and test"):
        checks.hold(corpus(given=GIVEN), columns | {'part': ['train', 'test']})
