import itertools
from collections import Counter

import numpy as np
import pytest

import data_prep
from data_prep import leaks, splits
from data_prep.copies import Pair

PROTOCOL = {'unit': 'item', 'group': 'piece', 'folds': 4}


def columns_of(groups, labels=None):
    items = [f'i{number}' for number in range(len(groups))]
    return {'item': items, 'piece': groups, 'label': labels or ['a'] * len(groups)}


def random_columns(seed, rows=60):
    rng = np.random.default_rng(seed)
    names = {
        'piece': rng.integers(0, 30, rows).astype(str).tolist(),
        'text': rng.choice(['', *'abcdefghijklmnopqrst'], rows).tolist(),
        'copies': rng.choice(['', '', '', *'uvwxyz'], rows).tolist(),
    }
    return columns_of(names['piece'], rng.choice(list('abc'), rows).tolist()) | names


def across(columns, parts, names):
    """Values on more than one side, by looking at every pair of rows."""
    return {
        (name, columns[name][one])
        for name in names
        for one, other in itertools.combinations(range(len(parts)), 2)
        if columns[name][one] == columns[name][other] != ''
        and {str(parts[one]), str(parts[other])} <= set(splits.PARTS)
        and parts[one] != parts[other]
    }


@pytest.mark.parametrize('seed', range(5))
def test_what_is_kept_together_and_copies_never_stand_on_two_sides(seed):
    columns = random_columns(seed, 40)
    for fold in range(4):
        parts = splits.assign(PROTOCOL | {'together': ['text']}, columns, fold)
        assert not across(columns, parts, ('piece', 'text', 'copies'))
        parts = splits.assign(PROTOCOL, columns, fold)
        assert not across(columns, parts, ('piece', 'copies'))
        parts = splits.assign(PROTOCOL | {'copies': 'reported'}, columns, fold)
        assert not across(columns, parts, ('piece',))
        without = {name: values for name, values in columns.items() if name != 'copies'}
        np.testing.assert_array_equal(splits.assign(PROTOCOL, without, fold), parts)


def test_a_leaky_protocol_lets_copies_stand_on_both_sides():
    columns = random_columns(0)
    parts = splits.assign(PROTOCOL | {'group': 'item', 'copies': 'reported'}, columns)
    assert across(columns, parts, ('copies',))
    assert not across(columns, parts, ('item',))


def test_joined_groups_do_not_depend_on_the_order_of_rows():
    columns = random_columns(1, 40)
    protocol = PROTOCOL | {'together': ['text']}
    order = np.random.default_rng(0).permutation(40)
    shuffled = {name: [values[row] for row in order] for name, values in columns.items()}
    parts = splits.assign(protocol, columns, 1)
    np.testing.assert_array_equal(splits.assign(protocol, shuffled, 1), parts[order])


def test_columns_that_bind_nothing_change_nothing():
    columns = columns_of([f'g{number % 17}' for number in range(80)])
    bound = columns | {'copies': [''] * 80, 'text': [''] * 80}
    for fold in range(4):
        np.testing.assert_array_equal(
            splits.assign(PROTOCOL | {'together': ['text']}, bound, fold),
            splits.assign(PROTOCOL, columns, fold),
        )


def test_of_copies_that_are_left_out_those_that_test_stay_then_those_that_validate():
    columns = random_columns(2) | {'text': [''] * 60}
    for fold in range(4):
        dealt = splits.assign(PROTOCOL | {'copies': 'reported'}, columns, fold)
        parts = splits.assign(PROTOCOL | {'copies': 'leave_out'}, columns, fold)
        assert not across(columns, parts, ('piece', 'copies'))
        for row, (before, after) in enumerate(zip(dealt, parts, strict=True)):
            name = columns['copies'][row]
            twins = {
                dealt[other] for other in range(60) if name and columns['copies'][other] == name
            }
            kept = next((part for part in ('test', 'valid', 'train') if part in twins), before)
            assert after == (before if before == kept else '')


def test_a_published_part_that_tears_what_is_kept_together_raises():
    protocol = {
        'unit': 'item',
        'column': 'part',
        'group': 'piece',
        'folds': 1,
        'together': ['text'],
    }
    columns = columns_of(['x', 'y', 'z']) | {
        'part': ['train', 'valid', 'test'],
        'text': ['', 'hello', 'hello'],
    }
    with pytest.raises(splits.TornGroup, match="text 'hello' stands in valid and test"):
        splits.assign(protocol, columns)
    columns['part'][1] = ''
    assert splits.assign(protocol, columns).tolist() == ['train', '', 'test']


def test_published_parts_are_taken_whatever_the_copies():
    protocol = {'unit': 'item', 'column': 'part', 'group': 'piece', 'folds': 1}
    columns = columns_of(['x', 'y']) | {'part': ['train', 'test'], 'copies': ['x', 'x']}
    assert splits.assign(protocol, columns).tolist() == ['train', 'test']
    assert leaks.found(protocol, columns).known == {'piece': 0.0, 'copies': 1.0}


def test_a_published_part_that_is_none_is_named():
    protocol = {'unit': 'item', 'column': 'part', 'group': 'piece', 'folds': 1}
    columns = columns_of(['x', 'y']) | {'part': ['train', 'testing']}
    with pytest.raises(data_prep.PrepError, match="column part holds 'testing': a part is train"):
        splits.assign(protocol, columns)


def test_valid_groups_drawn_beside_published_folds_keep_copies_whole():
    columns = random_columns(3, 90)
    columns['fold'] = [str(1 + int(piece) % 3) for piece in columns['piece']]
    protocol = {'unit': 'item', 'column': 'fold', 'group': 'piece', 'folds': 3, 'valid_share': 0.2}
    for fold in range(3):
        parts = splits.assign(protocol, columns, fold)
        rest = np.where(parts == 'test', '', parts)
        assert not across(columns, rest, ('piece', 'copies'))
        assert {columns['fold'][row] for row in np.flatnonzero(parts == 'test')} == {str(fold + 1)}


@pytest.mark.parametrize('copies', ['reported', 'join'])
def test_rows_set_aside_have_a_part_of_their_own_and_count_for_nothing_else(copies):
    columns = random_columns(4) | {'kind': ['clip', 'forest recording', 'clip'] * 20}
    protocol = PROTOCOL | {'copies': copies, 'aside': {'kind': ['forest recording']}}
    clips = [row for row in range(60) if columns['kind'][row] == 'clip']
    alone = {name: [values[row] for row in clips] for name, values in columns.items()}
    for fold in range(4):
        parts = splits.assign(protocol, columns, fold)
        assert set(parts[1::3].tolist()) == {'forest recording'}
        np.testing.assert_array_equal(
            parts[clips], splits.assign(PROTOCOL | {'copies': copies}, alone, fold)
        )
    labels = ['' if kind != 'clip' else 'a' for kind in columns['kind']]
    assert set(leaks.found(protocol, columns | {'label': labels}).torn.values()) == {0}


def test_without_classes_groups_are_dealt_as_of_one():
    columns = columns_of([str(number) for number in range(40)], [''] * 40)
    parts = splits.assign(PROTOCOL, columns, 3)
    assert [(parts == part).sum() for part in splits.PARTS] == [20, 10, 10]
    assert splits.coverage(columns['label'], parts) == dict.fromkeys(splits.PARTS, ())


@pytest.mark.parametrize('rows', [0, 1, 2, 3])
def test_tiny_corpora_leave_parts_empty_and_test_every_row_once(rows):
    columns = columns_of([str(number) for number in range(rows)]) | {'copies': [''] * rows}
    folds = [splits.assign(PROTOCOL, columns, fold) for fold in range(4)]
    assert sum(int((parts == 'test').sum()) for parts in folds) == rows


@pytest.mark.parametrize('seed', range(3))
def test_leaks_are_those_that_every_pair_of_rows_shows(seed):
    columns = random_columns(seed)
    rng = np.random.default_rng(100 + seed)
    columns['part'] = rng.choice([*splits.PARTS, ''], 60).tolist()
    columns['sha256'] = rng.integers(0, 25, 60).astype(str).tolist()
    columns['kind'] = rng.choice(['a', 'forest'], 60, p=[0.8, 0.2]).tolist()
    known = [*columns['piece'], *columns['text']]
    protocol = {'unit': 'item', 'column': 'part', 'group': 'piece', 'folds': 1}
    protocol |= {'together': ['text'], 'aside': {'kind': ['forest']}, 'known_torn': known}
    pairs = [
        Pair(f'i{one}', f'i{other}', ['exact', 'near'][(one + other) % 2], 1.0)
        for one, other in rng.choice(60, (50, 2)).tolist()
    ]
    parts = splits.assign(protocol, columns)
    found = leaks.found(protocol, columns, pairs)
    names = across(columns, parts, ('piece', 'text'))
    assert found.torn == Counter(name for name, _ in names)
    assert min(found.torn.values()) > 0
    sided = [
        {one, other}
        for one, other in itertools.combinations(range(60), 2)
        if {str(parts[one]), str(parts[other])} <= set(splits.PARTS) and parts[one] != parts[other]
    ]
    same = [rows for rows in sided if len({columns['sha256'][row] for row in rows}) == 1]
    assert found.exact == len(same)
    near = [{int(pair.a[1:]), int(pair.b[1:])} for pair in pairs if pair.kind == 'near']
    assert found.near == sum(rows in sided for rows in near)
    test = np.flatnonzero(parts == 'test')
    train = np.flatnonzero(parts == 'train')
    for name, share in found.known.items():
        trained = {columns[name][row] for row in train} - {''}
        assert share == pytest.approx(np.mean([columns[name][row] in trained for row in test]))
    assert found.sizes == {part: int((parts == part).sum()) for part in (*splits.PARTS, 'forest')}
