import numpy as np
import pytest
import scipy.stats

from research import aggregates


def test_the_interquartile_mean_is_scipys_and_forgets_the_ends():
    assert aggregates.interquartile_mean(np.array([[-1e9, 1.0, 2.0, 1e9]])) == [1.5]
    for seeds in (1, 3, 5, 8, 11):
        drawn = np.random.default_rng(seeds).normal(size=(4, seeds))
        expected = scipy.stats.trim_mean(drawn, 0.25, axis=1)
        assert aggregates.interquartile_mean(drawn) == pytest.approx(expected)


def test_the_interquartile_mean_of_seeds_of_which_one_is_undefined_is_undefined():
    assert np.isnan(aggregates.interquartile_mean(np.array([[0.1, np.nan, 0.3, 0.2]]))).all()
