from research.dotted import flatten


def test_names_are_joined_and_lists_of_values_are_leaves():
    tree = {'a': {'b': {'c': 1}, 'd': [1, 2]}, 'e': None, 'f': []}
    assert flatten(tree) == {'a.b.c': 1, 'a.d': [1, 2], 'e': None, 'f': []}


def test_dictionaries_in_a_list_are_named_by_their_place():
    tree = {'augment': [{'kind': 'Gain', 'db': 6.0}, {'kind': 'Noise'}]}
    assert flatten(tree, '/') == {
        'augment/0/kind': 'Gain',
        'augment/0/db': 6.0,
        'augment/1/kind': 'Noise',
    }


def test_empty_dictionary_is_a_leaf():
    assert flatten({'a': {}}) == {'a': {}}
