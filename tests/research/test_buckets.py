import itertools

import numpy as np
import pytest

from research import buckets


def padded(lengths, sizes):
    return sum(min(size for size in sizes if size >= length) for length in lengths)


@pytest.mark.parametrize('most', [1, 2, 3, 4])
def test_bounds_pad_as_little_as_any_choice_of_so_many(most):
    for seed in range(5):
        lengths = np.random.default_rng(seed).integers(1, 40, 14)
        found = buckets.deal(lengths, most)
        choices = itertools.combinations(sorted(set(lengths.tolist())), most)
        least = min(padded(lengths, sizes) for sizes in choices if max(sizes) == lengths.max())
        assert padded(lengths, found.sizes) == least
        assert len(found.sizes) <= most


def test_each_example_is_in_the_least_bucket_that_holds_it():
    lengths = np.random.default_rng(0).integers(100, 10_000, 5000)
    found = buckets.deal(lengths, 5)
    sizes = np.array(found.sizes)
    assert len(sizes) == 5
    assert sizes[-1] == lengths.max()
    assert (sizes[found.of] >= lengths).all()
    assert (sizes[np.maximum(found.of - 1, 0)] < lengths)[found.of > 0].all()
    for length in (100, *found.sizes, lengths.max()):
        assert found.size(int(length)) == sizes[sizes >= length][0]


def test_lengths_that_are_all_alike_are_one_bucket():
    assert buckets.deal(np.full(30, 7), 4).sizes == (7,)
