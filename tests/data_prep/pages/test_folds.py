import math

from data_prep.copies import Pair
from data_prep.pages import folds

COLUMNS = {
    'item': ['a', 'b', 'c', 'd', 'e', 'f'],
    'label': ['x', 'x', 'y', 'y', 'x', ''],
    'part': ['train', 'test', 'train', 'test', '', 'train'],
    'artist': ['1', '2', '3', '4', '', '6'],
    'album': ['A', 'A', 'B', '', 'A', ''],
    'kind': ['s', 's', 's', 's', 's', 'forest'],
    'copies': ['', '', 'c', 'c', '', ''],
    'sha256': ['1', '2', '3', '4', '5', '6'],
}
PUBLISHED = {'unit': 'item', 'column': 'part', 'group': 'artist', 'folds': 1}
ASIDE = PUBLISHED | {'aside': {'kind': ['forest']}}
BY_ALBUM = {'unit': 'item', 'group': 'album', 'folds': 2}
SLICES = {'unit': 'slice', 'shares': [0.7, 0.15, 0.15], 'folds': 1}


def first(rule, pairs=(), **others):
    [protocol, *_] = folds.of({'first': rule, **others}, COLUMNS, pairs)
    return protocol.folds[0]


def test_parts_are_counted_by_class_what_is_left_out_last():
    fold = first(ASIDE)
    assert list(fold.counts) == ['train', 'valid', 'test', 'forest', '']
    assert fold.counts['train'] == {'x': 1, 'y': 1}
    assert fold.counts['forest'] == {'': 1}
    assert [fold.records(part) for part in fold.counts] == [2, 0, 2, 1, 1]
    assert fold.records('no such part') == 0


def test_lacking_classes_are_named_where_they_lack():
    assert first(PUBLISHED).lacking == {'valid': ('x', 'y')}


def test_groups_of_every_protocol_are_watched_in_each():
    fold = first(PUBLISHED, other=BY_ALBUM)
    # b has album A, which a trains on; d has no album, and stands for itself.
    assert fold.known == {'artist': 0.0, 'album': 0.5, 'copies': 0.5}


def test_pairs_of_copies_are_counted_across_sides():
    fold = first(PUBLISHED, [Pair('c', 'd', 'near', 0.9), Pair('a', 'e', 'near', 0.8)])
    assert (fold.exact, fold.near) == (0, 1)


def test_every_fold_is_there_and_slices_have_none():
    by_album, slices = folds.of({'album': BY_ALBUM, 'slices': SLICES}, COLUMNS, ())
    assert (by_album.group, len(by_album.folds)) == ('album', 2)
    assert (slices.group, slices.folds) == ('', ())


def test_without_test_records_no_share_is_known():
    columns = COLUMNS | {'part': ['train', 'valid', 'train', '', '', '']}
    [protocol] = folds.of({'published': PUBLISHED}, columns, ())
    [fold] = protocol.folds
    assert math.isnan(fold.known['artist'])
