import numpy as np
import pytest

from research.decoding import greedy


@pytest.mark.parametrize(
    ('path', 'expected'),
    [
        ([], []),
        ([0, 0], []),
        ([1, 1, 1], [1]),
        ([1, 0, 1], [1, 1]),
        ([0, 2, 2, 0, 0, 3, 2, 0], [2, 3, 2]),
    ],
)
def test_repeats_are_joined_and_blanks_removed(path: list[int], expected: list[int]):
    assert greedy.collapse(np.array(path, int)) == expected


def test_another_label_can_be_the_blank():
    assert greedy.collapse(np.array([0, 3, 0, 0, 1]), blank_id=3) == [0, 0, 1]


def test_wrong_length_and_nan_are_refused():
    frames = np.zeros((3, 4))
    frames[2, 0] = np.nan
    with pytest.raises(ValueError, match='length 4 of 3 frames'):
        greedy.valid_frames(frames, 4)
    with pytest.raises(ValueError, match='frame 2 holds a NaN'):
        greedy.valid_frames(frames, 3)
    assert len(greedy.valid_frames(frames, 2)) == 2
