import collections
import itertools

import numpy as np
import pytest

from research import buckets, order


def test_each_example_comes_once_an_epoch_and_none_is_dropped():
    stream = order.indices(seed=3, step=0, steps=10, batch_size=7, examples=14).ravel()
    for epoch in np.split(stream, 5):
        assert sorted(epoch.tolist()) == list(range(14))


def test_a_later_step_sees_what_it_would_have_seen_from_the_start():
    whole = order.indices(seed=1, step=0, steps=40, batch_size=5, examples=13)
    for step, steps in ((0, 1), (3, 4), (17, 23), (39, 1)):
        part = order.indices(seed=1, step=step, steps=steps, batch_size=5, examples=13)
        np.testing.assert_array_equal(part, whole[step : step + steps])


def test_a_batch_larger_than_the_corpus_goes_round_it():
    [batch] = order.indices(seed=0, step=2, steps=1, batch_size=10, examples=4)
    counts = collections.Counter(batch.tolist())
    assert set(counts) == set(range(4))
    assert max(counts.values()) - min(counts.values()) <= 2


def test_seeds_and_epochs_are_ordered_differently():
    first = order.indices(seed=0, step=0, steps=2, batch_size=100, examples=100)
    other = order.indices(seed=1, step=0, steps=1, batch_size=100, examples=100)
    assert (first[0] != first[1]).mean() > 0.9
    assert (first[0] != other[0]).mean() > 0.9


def test_every_place_is_equally_likely():
    first = np.array(
        [
            order.indices(seed=s, step=0, steps=1, batch_size=1, examples=5)[0, 0]
            for s in range(2000)
        ]
    )
    counts = np.bincount(first, minlength=5)
    chi_square = ((counts - 400) ** 2 / 400).sum()
    assert chi_square < 18.5  # 99.9% of a chi-square with four degrees of freedom


def test_the_order_is_the_one_that_was_published():
    # Whoever changes these breaks the resume of every run that is under way.
    first = order.indices(seed=0, step=0, steps=1, batch_size=8, examples=8)
    later = order.indices(seed=3, step=5, steps=1, batch_size=8, examples=20)
    assert first.tolist() == [[0, 2, 1, 5, 4, 3, 6, 7]]
    assert later.tolist() == [[18, 11, 14, 19, 17, 8, 15, 12]]


@pytest.fixture(scope='module')
def dealt():
    lengths = np.random.default_rng(0).integers(10, 1000, 103)
    return lengths, buckets.deal(lengths, 4)


@pytest.mark.parametrize('batch_size', [1, 5, 8, 103, 150])
def test_with_buckets_each_example_still_comes_once_an_epoch(dealt, batch_size):
    _, own = dealt
    steps = 5 * 103 // batch_size
    stream = order.indices(2, 0, steps, batch_size, 103, own).ravel()
    for epoch in range(len(stream) // 103):
        assert sorted(stream[epoch * 103 : (epoch + 1) * 103].tolist()) == list(range(103))


def test_with_buckets_a_later_step_sees_what_it_would_have_seen_from_the_start(dealt):
    _, own = dealt
    whole = order.indices(1, 0, 60, 8, 103, own)
    for step, steps in ((0, 1), (12, 2), (13, 30), (59, 1)):
        np.testing.assert_array_equal(
            order.indices(1, step, steps, 8, 103, own), whole[step:][:steps]
        )


def test_steps_within_an_epoch_are_of_one_bucket_but_for_one_at_each_bound(dealt):
    _, own = dealt
    found = own.of[order.indices(4, 0, 12, 8, 103, own)]  # the thirteenth is of two epochs
    mixed = found.min(axis=1) < found.max(axis=1)
    assert mixed.sum() <= len(own.sizes) - 1
    assert (np.diff(found.max(axis=1)) < 0).any()  # short ones do not all come first


def test_with_buckets_epochs_and_companions_differ(dealt):
    _, own = dealt
    first, second = (order.indices(0, 0, 24, 8, 103, own)[i : i + 12] for i in (0, 12))
    together = [
        {frozenset(pair) for row in half.tolist() for pair in itertools.pairwise(row)}
        for half in (first, second)
    ]
    assert len(together[0] & together[1]) < 10
    assert (order.indices(1, 0, 12, 8, 103, own) != first).mean() > 0.8
