"""From the probabilities of windows to calls: where each begins and ends."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

# Sums of window starts miss a border by rounding; no sound is this exact.
ROUNDING_S = 1e-6


class Call(NamedTuple):
    """Seconds [start_s, end_s) of a recording, and the highest probability of its windows."""

    start_s: float
    end_s: float
    probability: float


def calls(
    probability: Float[np.ndarray, ' windows'],
    starts_s: Float[np.ndarray, ' windows'],
    window_s: float,
    enter: float,
    leave: float,
    merge_s: float = 0.0,
    least_s: float = 0.0,
    until_s: float = math.inf,
    count: Callable[[float], int] = lambda length_s: 1,
) -> list[Call]:
    """Calls in one recording, by two thresholds.

    A run is windows of at least `enter`, and dips between them that are short and do not fall below
    `leave`: hysteresis (Canny, "A computational approach to edge detection", 1986) that ends with
    `merge_s`, for what goes on and on above `leave` alone is noise. It is the same in either
    direction of time; with leave = enter or merge_s = 0 a single threshold is left.

    A window speaks for what lies nearer to its centre than to any other's, and for nothing outside
    itself: two that overlap meet half way between their centres, so that one window above the
    threshold gives a run as long as the hop; windows that do not overlap keep their own borders,
    and a hole between them ends a run. The first window begins, and the last one ends, with
    itself.

    Args:
        probability: one a window.
        starts_s: of the windows, in seconds, increasing.
        window_s: length of each.
        enter: windows of a run have at least this.
        leave: those of a dip at least this.
        merge_s: longest dip, in seconds.
        least_s: shorter runs are dropped.
        until_s: length of the recording, where its last window is padded: calls end there.
        count: of a run's length in seconds (where it reaches an end of the recording, without what
            only the window there speaks for) to how many calls it holds: it is cut into as many
            equal pieces, each with the highest probability of the windows centred in it (of the
            one nearest to its middle, where there is none).

    Returns:
        In order of time; they do not overlap.

    Raises:
        ValueError: `leave` above `enter`, starts that do not increase, a NaN, or `window_s` not
            positive.
    """
    _judge(probability, starts_s, window_s, enter, leave)
    ends_s = starts_s + window_s
    middles_s = (starts_s[1:] + ends_s[:-1]) / 2
    lows_s = np.append(starts_s[:1], np.maximum(starts_s[1:], middles_s))
    highs_s = np.append(np.minimum(ends_s[:-1], middles_s), ends_s[-1:])
    parted = np.append(True, starts_s[1:] > ends_s[:-1] + ROUNDING_S)[: len(starts_s)]
    runs: list[tuple[int, int]] = []
    for first, last in _runs(probability >= enter, parted):
        if runs:
            before = runs[-1][1]
            short = lows_s[first] - highs_s[before] <= merge_s + ROUNDING_S
            stays = not (probability[before:first] < leave).any()
            if short and stays and not parted[before + 1 : first + 1].any():
                first = runs.pop()[0]
        runs.append((first, last))
    centres_s, found = starts_s + window_s / 2, []
    for first, last in runs:
        start_s, end_s = float(lows_s[first]), min(float(highs_s[last]), until_s)
        if start_s < until_s and end_s - start_s >= least_s - ROUNDING_S:
            pieces = count(_length(first, last, centres_s, start_s, end_s))
            borders_s, own = np.linspace(start_s, end_s, pieces + 1), slice(first, last + 1)
            found += _pieces(borders_s, centres_s[own], probability[own])
    return found


def _length(first: int, last: int, centres_s: np.ndarray, start_s: float, end_s: float) -> float:
    """Seconds of a run, of which the ends of the recording are no more than of other windows."""
    if first == 0 and len(centres_s) > 1:
        start_s = max(start_s, centres_s[0] - (centres_s[1] - centres_s[0]) / 2)
    if last == len(centres_s) - 1 > 0:
        end_s = min(end_s, centres_s[-1] + (centres_s[-1] - centres_s[-2]) / 2)
    return float(end_s - start_s)


def _pieces(
    borders_s: Float[np.ndarray, ' borders'],
    centres_s: Float[np.ndarray, ' windows'],
    probability: Float[np.ndarray, ' windows'],
) -> list[Call]:
    """A call between each two borders, with the highest of the windows centred there."""
    piece, found = np.searchsorted(borders_s[1:-1], centres_s, 'right'), []
    spans = zip(borders_s[:-1].tolist(), borders_s[1:].tolist(), strict=True)
    for number, (start_s, end_s) in enumerate(spans):
        nearest = np.argmin(np.abs(centres_s - (start_s + end_s) / 2))
        highest = probability[piece == number].max(initial=probability[nearest])
        found.append(Call(start_s, end_s, float(highest)))
    return found


def _runs(
    on: Bool[np.ndarray, ' windows'], parted: Bool[np.ndarray, ' windows']
) -> list[tuple[int, int]]:
    """First and last window of each run of `on`; one begins anew where it is parted from before."""
    before, after = np.append(False, on[:-1]), np.append(on[1:], False)
    begins = np.flatnonzero(on & (~before | parted))
    ends = np.flatnonzero(on & (~after | np.append(parted[1:], True)))
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def _judge(
    probability: np.ndarray, starts_s: np.ndarray, window_s: float, enter: float, leave: float
) -> None:
    if not leave <= enter:
        raise ValueError(f'leave (={leave}) must not be above enter (={enter})')
    if not window_s > 0:
        raise ValueError(f'window_s (={window_s}) must be positive')
    if np.isnan(probability).any():
        raise ValueError(f'the probability of window {np.isnan(probability).argmax()} is NaN')
    if not np.all(np.diff(starts_s) > 0):
        where = int(np.argmin(np.diff(starts_s) > 0))
        raise ValueError(
            f'windows {where} and {where + 1} start at {starts_s[where]} and '
            f'{starts_s[where + 1]} s: starts that increase are wanted'
        )
