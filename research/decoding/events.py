"""From the scores of windows to calls: where each begins and ends."""

import itertools
import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

# Sums of window starts miss a border by rounding; no sound is this exact.
_ROUNDING_S = 1e-6


class Call(NamedTuple):
    """Seconds [start_s, end_s) of a recording, and the highest score of its windows."""

    start_s: float
    end_s: float
    score: float


def calls(
    scores: Float[np.ndarray, ' windows'],
    starts_s: Float[np.ndarray, ' windows'],
    window_s: float,
    enter: float,
    leave: float,
    merge_s: float = 0.0,
    least_s: float = 0.0,
    until_s: float = math.inf,
) -> list[Call]:
    """Calls in one recording, by two thresholds.

    A call is a run of windows of at least `leave`, one of which has at least `enter`: Canny's
    hysteresis ("A computational approach to edge detection", 1986), the same in either
    direction of time. With leave = enter a single threshold is left.

    A window speaks for what lies nearer to its centre than to any other's, and for nothing outside
    itself: two that overlap meet half way between their centres, so that one window above the
    threshold gives a call as long as the hop; windows that do not overlap keep their own borders,
    and a hole between them ends a call. The first window begins, and the last one ends, with
    itself.

    Args:
        scores: one a window.
        starts_s: of the windows, in seconds, increasing.
        window_s: length of each.
        enter: a call has a window of at least this score.
        leave: and none below this one.
        merge_s: calls parted by at most this are joined, before `least_s` is asked.
        least_s: shorter calls are dropped.
        until_s: length of the recording, where its last window is padded: calls end there.

    Returns:
        In order of time; they do not overlap.

    Raises:
        ValueError: `leave` above `enter`, starts that do not increase, a NaN, or `window_s` not
            positive.
    """
    _judge(scores, starts_s, window_s, enter, leave)
    ends_s = starts_s + window_s
    middles_s = (starts_s[1:] + ends_s[:-1]) / 2
    lows_s = np.append(starts_s[:1], np.maximum(starts_s[1:], middles_s))
    highs_s = np.append(np.minimum(ends_s[:-1], middles_s), ends_s[-1:])
    on = scores >= leave
    begins = on.copy()
    begins[1:] &= ~on[:-1] | (starts_s[1:] > ends_s[:-1] + _ROUNDING_S)
    run = np.cumsum(begins) * on
    found = []
    for _, windows in itertools.groupby(np.flatnonzero(on), key=run.__getitem__):
        windows = list(windows)
        start_s, end_s = float(lows_s[windows[0]]), min(float(highs_s[windows[-1]]), until_s)
        if scores[windows].max() >= enter and start_s < until_s:
            found.append(Call(start_s, end_s, float(scores[windows].max())))
    merged: list[Call] = []
    for call in found:
        if merged and call.start_s - merged[-1].end_s <= merge_s + _ROUNDING_S:
            before = merged.pop()
            call = Call(before.start_s, call.end_s, max(before.score, call.score))
        merged.append(call)
    return [call for call in merged if call.end_s - call.start_s >= least_s - _ROUNDING_S]


def _judge(
    scores: np.ndarray, starts_s: np.ndarray, window_s: float, enter: float, leave: float
) -> None:
    if not leave <= enter:
        raise ValueError(f'leave (={leave}) must not be above enter (={enter})')
    if not window_s > 0:
        raise ValueError(f'window_s (={window_s}) must be positive')
    if np.isnan(scores).any():
        raise ValueError(f'the score of window {np.isnan(scores).argmax()} is NaN')
    if not np.all(np.diff(starts_s) > 0):
        where = int(np.argmin(np.diff(starts_s) > 0))
        raise ValueError(
            f'windows {where} and {where + 1} start at {starts_s[where]} and '
            f'{starts_s[where + 1]} s: starts that increase are wanted'
        )
