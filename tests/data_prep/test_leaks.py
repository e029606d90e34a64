import numpy as np
import pytest

from data_prep import leaks


def test_the_share_of_leaked_test_rows_is_counted_by_hand():
    columns = {'item': ['i0', 'i1', 'i2', 'i3'], 'piece': ['x', 'x', 'y', '']}
    parts = np.array(['train', 'test', 'test', 'test'])
    assert leaks.share(columns, 'piece', parts) == pytest.approx(1 / 3)
