import itertools
from collections import Counter

import numpy as np
import pytest

from data_prep import gtzan, leaks, splits

PROTOCOL = {'unit': 'item', 'group': 'piece', 'folds': 4}


def columns_of(groups, labels=None):
    items = [f'i{number}' for number in range(len(groups))]
    return {'item': items, 'piece': groups, 'label': labels or ['a'] * len(groups)}


def gtzan_columns():
    facts = gtzan.tracks()
    names = list(facts)
    columns = {column: [facts[name][column] for name in names] for column in gtzan.COLUMNS}
    return columns | {'item': names, 'label': [name.split('.')[0] for name in names]}


def test_every_row_tests_in_exactly_one_fold():
    columns = columns_of([str(number // 3) for number in range(60)])
    tested = sum(
        (splits.assign(PROTOCOL, columns, fold) == 'test').astype(int) for fold in range(4)
    )
    np.testing.assert_array_equal(tested, 1)


def test_folds_are_even_in_every_class():
    labels = [label for label in 'abc' for _ in range(40)]
    columns = columns_of([str(number) for number in range(120)], labels)
    for fold in range(4):
        parts = splits.assign(PROTOCOL, columns, fold)
        counts = Counter(zip(labels, parts.tolist(), strict=True))
        for label in 'abc':
            assert [counts[label, part] for part in splits.PARTS] == [20, 10, 10]


def test_order_of_rows_does_not_matter():
    columns = columns_of([f'g{number % 17}' for number in range(80)])
    order = np.random.default_rng(0).permutation(80)
    shuffled = {name: [values[row] for row in order] for name, values in columns.items()}
    parts = splits.assign(PROTOCOL, columns, 2)
    np.testing.assert_array_equal(splits.assign(PROTOCOL, shuffled, 2), parts[order])


def test_torn_group_raises_with_its_name_and_sides():
    protocol = {'unit': 'item', 'column': 'part', 'group': 'piece', 'folds': 1}
    columns = columns_of(['x', 'y', 'y']) | {'part': ['train', 'train', 'test']}
    with pytest.raises(splits.TornGroup, match="piece 'y' stands in train and test"):
        splits.assign(protocol, columns)
    parts = splits.assign(protocol | {'known_torn': ['y']}, columns)
    assert parts.tolist() == ['train', 'train', 'test']


def test_rows_without_a_part_tear_nothing():
    protocol = {'unit': 'item', 'column': 'part', 'group': 'piece', 'folds': 1}
    columns = columns_of(['y', 'y', '', '']) | {'part': ['train', '', 'train', 'test']}
    assert splits.assign(protocol, columns).tolist() == ['train', '', 'train', 'test']


@pytest.mark.parametrize('fold', [-1, 4])
def test_a_fold_that_is_not_there_names_the_range(fold):
    with pytest.raises(ValueError, match=f'fold={fold} is not there.*0 to 3'):
        splits.assign(PROTOCOL, columns_of(['a']), fold)


def test_fault_filtered_is_the_published_split():
    parts = splits.assign(gtzan.PROTOCOLS['fault_filtered'], gtzan_columns())
    counts = Counter(parts.tolist())
    assert [counts[part] for part in (*splits.PARTS, '')] == [443, 197, 290, 70]


def test_fault_filtered_tears_artist_138_and_no_other():
    parts = splits.assign(gtzan.PROTOCOLS['fault_filtered'], gtzan_columns())
    assert splits.torn(gtzan_columns(), 'artist', parts) == {'138': ('train', 'test')}


@pytest.mark.parametrize('fold', [0, 1, 2])
def test_artist_folds_keep_artists_whole_and_every_class_in_every_part(fold):
    columns = gtzan_columns()
    parts = splits.assign(gtzan.PROTOCOLS['artist_folds'], columns, fold)
    artists = np.array(columns['artist'])
    for one, other in itertools.combinations(splits.PARTS, 2):
        shared = set(artists[parts == one]) & set(artists[parts == other])
        assert not shared - {''}
    assert {str(value) for value in np.array(columns['fold'])[parts == 'test']} == {str(fold + 1)}
    assert not any(splits.coverage(columns['label'], parts).values())
    rest = np.isin(parts, ('train', 'valid')).sum()
    assert 0.1 < (parts == 'valid').sum() / rest < 0.25
    assert leaks.share(columns, 'artist', parts) == 0


def test_track_random_leaves_most_test_tracks_with_their_artist_in_train():
    columns = gtzan_columns()
    parts = splits.assign(gtzan.PROTOCOLS['track_random'], columns, 0)
    assert leaks.share(columns, 'artist', parts) > 0.5


def test_leaky_slices_put_one_track_on_both_sides():
    columns = gtzan_columns()
    slices = {
        name: [value for value in column for _ in range(10)] for name, column in columns.items()
    }
    slices['slice'] = [str(number) for number in range(10)] * 1000
    parts = splits.assign(gtzan.PROTOCOLS['leaky_slices'], slices)
    assert [(parts == part).sum() for part in splits.PARTS] == [7000, 1500, 1500]
    assert leaks.share(slices, 'track', parts) > 0.99


def test_coverage_names_the_classes_that_a_part_lacks():
    parts = np.array(['train', 'test', 'valid', ''])
    assert splits.coverage(['a', 'b', 'a', 'c'], parts) == {
        'train': ('b', 'c'),
        'valid': ('b', 'c'),
        'test': ('a', 'c'),
    }
