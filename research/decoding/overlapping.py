"""Calls of a recording that was heard in windows that overlap, and the most that these can tell."""

import math
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
    is not half as long most windows over it knew nothing: it is dropped.

    The borders are those of the run: right for a long call; for a short one they lie a window apart
    around its middle, and no window's probability tells how much shorter it was.

    Where it is known how long calls are, a run of several is divided evenly (see `how_many`), and
    of dips below `enter`, but not below `leave`, only those of one window (at the usual hop) end no
    run: it is the run's length that is to count calls. Where it is not known each run is one call,
    and dips may be long.

    Args:
        probability, starts_s: of each window.
        window_s: length of each.
        until_s: length of the recording.
        tuned: `enter` and `leave`, the two thresholds, and `call_s`, the length of most calls, if
            the training part told it.
    """
    known = 'call_s' in tuned
    one_s = max(window_s, tuned['call_s']) if known else math.inf
    return events.calls(
        probability,
        starts_s,
        window_s,
        enter=tuned['enter'],
        leave=tuned['leave'],
        merge_s=HOP_S if known else math.inf,
        least_s=window_s / 2,
        until_s=until_s,
        count=lambda length_s: how_many(length_s, one_s),
    )


def how_many(length_s: float, one_s: float) -> int:
    """Calls in a run of windows, which the way between their middles makes longer than that of one.

    Of calls no longer than a window, those of one run that can be told apart follow one another at
    half a window to a whole one (with more between them there are two runs), three quarters in the
    mean: n calls make a run of n times that and a quarter. So there is a call for each whole three
    quarters. Two whose middles are nearer than half a window count as one, and what is as long as a
    window and a half counts as two. Of longer calls the same is taken to hold of their own length.

    Args:
        length_s: of the run.
        one_s: of a run of one call: a window, or the length of most calls if that is more.
    """
    return max(1, int((length_s + ROUNDING_S) / (0.75 * one_s)))


def ideal(
    truth: Num[np.ndarray, 'calls 2'],
    starts_s: Float[np.ndarray, ' windows'],
    window_s: float,
    until_s: float,
    tuned: Mapping[str, float],
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
        tuned: as for `decoded`; of it only `call_s` is taken.
    """
    held_s = np.minimum(window_s, until_s - starts_s)
    holds = np.zeros(len(starts_s))
    for start, end in truth:
        shared_s = np.minimum(starts_s + window_s, end) - np.maximum(starts_s, start)
        holds[shared_s >= np.minimum(end - start, held_s) / 2 - ROUNDING_S] = 1.0
    return decoded(holds, starts_s, window_s, until_s, {**tuned, **IDEAL})
