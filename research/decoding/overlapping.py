"""Calls of a recording that was heard in windows that overlap, and the most that these can tell."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Num

from research.decoding import events
from research.decoding.events import ROUNDING_S, Call

HOP_S = 0.5  # from the start of a window to that of the next
IDEAL = {'enter': 0.5, 'leave': 0.5}


def decoded(
    probability: Float[np.ndarray, ' windows'],
    starts_s: Float[np.ndarray, ' windows'],
    window_s: float,
    until_s: float,
    tuned: Mapping[str, float],
) -> list[Call]:
    """Calls in a recording.

    Training takes a window for a call where it holds half of one or more. So the windows of a call
    that is no longer than they are have their centres within half a window of its middle, and those
    of a longer one between its ends: either way a run of centres, a window long or longer. Of what
    is not half as long most windows over it knew nothing: it is dropped. One window (at the usual
    hop) that falls below `enter`, but not below `leave`, ends no run.

    The borders are those of the run: right for a long call; for a short one they lie a window apart
    around its middle, and no window's probability tells how much shorter it was. A run of several
    calls is divided evenly (see `how_many`).

    Args:
        probability, starts_s: of each window.
        window_s: length of each.
        until_s: length of the recording.
        tuned: `enter` and `leave`, the two thresholds.
    """
    return events.calls(
        probability,
        starts_s,
        window_s,
        enter=tuned['enter'],
        leave=tuned['leave'],
        merge_s=HOP_S,
        least_s=window_s / 2,
        until_s=until_s,
        count=lambda length_s: how_many(length_s, window_s),
    )


def how_many(length_s: float, window_s: float) -> int:
    """Calls in a run of windows, which the way between their middles makes longer than a window.

    Calls of one run that can be told apart follow one another at half a window to a whole one (with
    more between them there are two runs), three quarters in the mean: n calls make a run of n times
    that and a quarter. So there is a call for each whole three quarters. Two whose middles are
    nearer than half a window count as one; a call as long as a window and a half counts as two: a
    window is to be as long as most calls.
    """
    return max(1, int((length_s + ROUNDING_S) / (0.75 * window_s)))


def ideal(
    truth: Num[np.ndarray, 'calls 2'],
    starts_s: Float[np.ndarray, ' windows'],
    window_s: float,
    until_s: float,
) -> list[Call]:
    """What would be found of the calls there are if no window were ever wrong.

    Each says what training tells it: 1 where it holds half of a call, or is half call, else 0. So
    scores of these calls are a ceiling, and what they lack of 1 is not the detector's fault: calls
    that overlap, above all.

    Args:
        truth: start and end of each call in seconds, half-open.
        starts_s: of each window.
        window_s: length of each; less at the recording's end.
        until_s: length of the recording.
    """
    held_s = np.minimum(window_s, until_s - starts_s)
    holds = np.zeros(len(starts_s))
    for start, end in truth:
        shared_s = np.minimum(starts_s + window_s, end) - np.maximum(starts_s, start)
        holds[shared_s >= np.minimum(end - start, held_s) / 2 - ROUNDING_S] = 1.0
    return decoded(holds, starts_s, window_s, until_s, IDEAL)
