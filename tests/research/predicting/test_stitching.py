import numpy as np
import pytest

from research.predicting.stitching import Stitcher

WINDOW, HOP = 60, 48


def stitched(windows, hop=HOP):
    stitcher = Stitcher(hop)
    found = [stretch for window in windows for stretch in stitcher.add(window)]
    return np.concatenate([*found, *stitcher.end()])


def cut(frames, edge=None):
    """Windows as a listener cuts them; `edge` spoils frames that lie near a border of two."""
    windows = []
    for start in range(0, max(len(frames) - (WINDOW - HOP), 1), HOP):
        window = frames[start : start + WINDOW].copy()
        if edge and start:
            window[:edge] = np.log(1e-3)
        if edge and start + WINDOW < len(frames):
            window[-edge:] = np.log(1e-3)
        windows.append(window)
    return windows


@pytest.mark.parametrize('frames', [1, 30, 60, 61, 108, 109, 500])
def test_windows_of_one_sequence_give_that_sequence_back(frames):
    log_probs = np.log(np.random.default_rng(frames).dirichlet(np.ones(5), frames))
    np.testing.assert_array_equal(stitched(cut(log_probs)), log_probs)


def test_what_is_told_near_a_window_s_end_is_not_believed():
    log_probs = np.log(np.random.default_rng(0).dirichlet(np.ones(5), 500))
    spoilt = cut(log_probs, edge=(WINDOW - HOP) // 4)
    np.testing.assert_array_equal(stitched(spoilt), log_probs)


def test_windows_meet_where_both_are_surest_of_silence():
    frames = np.tile(np.log([0.1, 0.9]), (108, 1))
    frames[HOP + 7] = np.log([0.95, 0.05])  # within the middle half of the overlap of 12
    stitcher = Stitcher(HOP)
    first, second = cut(frames)
    assert list(stitcher.add(first)) == []
    [told] = stitcher.add(second)
    assert len(told) == HOP + 7
