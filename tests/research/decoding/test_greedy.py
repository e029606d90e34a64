import numpy as np
import pytest

from research.decoding import greedy


def frames(path: list[int], labels: int = 4) -> np.ndarray:
    """Log-probabilities whose best path is this one."""
    return np.log(np.where(np.eye(labels)[path] > 0, 0.7, 0.1))


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
    assert greedy.decode(frames(path), len(path)) == expected


def test_another_label_can_be_the_blank():
    assert greedy.decode(frames([0, 3, 0, 0, 1]), 5, blank_id=3) == [0, 0, 1]


def test_batch_reads_no_frame_past_a_length():
    batch = np.stack([frames([1, 2, 3]), frames([3, 3, 2])])
    batch[1, 2] = np.nan
    assert greedy.decode_batch(batch, np.array([3, 2])) == [[1, 2, 3], [3]]


def test_wrong_length_and_nan_are_refused():
    with pytest.raises(ValueError, match='length 4 of 3 frames'):
        greedy.decode(frames([1, 2, 3]), 4)
    broken = frames([1, 2, 3])
    broken[1, 0] = np.nan
    with pytest.raises(ValueError, match='frame 1 holds a NaN'):
        greedy.decode(broken, 3)
