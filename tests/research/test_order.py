import collections

import numpy as np

from research import order


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
