import numpy as np

from research import memory


def test_what_was_taken_and_given_back_is_in_the_peak():
    taken = np.ones(100_000_000, np.uint8)
    first = memory.peak_bytes()['host']
    assert first > taken.nbytes
    del taken
    assert memory.peak_bytes()['host'] >= first
    # Far above is another unit.
    assert first < 2**40
