"""What a score comes to where groups are drawn again: the statistics of a bootstrap, in numpy."""

import copy
import math
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Shaped

from research.aggregates import Aggregate, mean


@runtime_checkable
class Measure(Protocol):
    """A score of one or more seeds, tested on the same items of the same groups."""

    @property
    def seeds(self) -> int: ...

    @property
    def resampled(self) -> Bool[np.ndarray, ' groups']:
        """The groups that the score can hang on: the others are never drawn."""
        ...

    @property
    def trials(self) -> int:
        """Groups with something to be right about; of two kinds, the fewer."""
        ...

    @property
    def size(self) -> float:
        """What is counted, of one seed."""
        ...

    @property
    def cells(self) -> int:
        """Numbers that are held for each draw."""
        ...

    def __call__(
        self, times: Float[np.ndarray, 'draws groups']
    ) -> Float[np.ndarray, 'draws seeds']:
        """The score where each group stands so many times; NaN where it is not defined."""
        ...

    def beside(self, other: Any) -> 'Measure':
        """Of two systems on the same items: a score over the groups of both, this one's first.

        Where the systems have unlike numbers of seeds, those of each are repeated until they match.
        """
        ...


class Ratio:
    """A ratio of sums over items: a word error rate is edits over words.

    It is not defined where the denominators are 0. A group whose denominators are 0 for every seed
    says nothing of it: the recall of a recording without a call.

    Args:
        numerators: of each item, for each seed, if there is such an axis.
        denominators: of each item; not negative.
        groups: the group of each item.

    Raises:
        ValueError: no seeds or items, a number that is not finite, or a denominator below 0.
    """

    def __init__(
        self,
        numerators: Float[np.ndarray, '*seeds items'],
        denominators: Float[np.ndarray, '*seeds items'],
        groups: Shaped[np.ndarray, ' items'],
    ):
        self.over, self.under = of_groups(numerators, groups), of_groups(denominators, groups)
        if self.over.shape != self.under.shape or np.any(denominators < 0):
            raise ValueError(
                f'sums of shapes {self.over.shape} and {self.under.shape}: like ones are wanted, '
                'and no denominator below 0'
            )

    @property
    def seeds(self) -> int:
        return len(self.over)

    @property
    def resampled(self) -> Bool[np.ndarray, ' groups']:
        return np.any(self.under > 0, axis=0)

    @property
    def trials(self) -> int:
        return int(self.resampled.sum())

    @property
    def size(self) -> float:
        return float(self.under.sum()) / self.seeds

    @property
    def cells(self) -> int:
        return self.over.shape[1]

    def __call__(
        self, times: Float[np.ndarray, 'draws groups']
    ) -> Float[np.ndarray, 'draws seeds']:
        # In one product, for `times` is what takes long to be read.
        sums = times @ np.concatenate([self.over, self.under]).T
        over, under = np.split(sums, 2, axis=1)
        return over / np.where(under > 0, under, np.nan)

    def beside(self, other: 'Ratio') -> 'Ratio':
        both = copy.copy(self)
        both.over = _side_by_side(self.over, other.over)
        both.under = _side_by_side(self.under, other.under)
        return both


class Ranking:
    """Average precision of items by their scores, as research.detections has it.

    It is not defined without an item that is to be found.

    Args:
        targets: whether an item is to be found, for each seed, if there is such an axis.
        scores: of each item, for each seed; those that are equal move together.
        groups: the group of each item.

    Raises:
        ValueError: no seeds or items, or a score that is not finite.
    """

    def __init__(
        self,
        targets: Bool[np.ndarray, '*seeds items'],
        scores: Float[np.ndarray, '*seeds items'],
        groups: Shaped[np.ndarray, ' items'],
    ):
        _refuse(scores)
        index = np.unique(groups, return_inverse=True)[1]
        self._given = np.atleast_2d(targets), np.atleast_2d(scores), index
        self._groups = int(index.max()) + 1
        called = np.atleast_2d(targets).any(axis=0)
        self._of_kinds = [len(np.unique(index[kind])) for kind in (called, ~called) if kind.any()]
        self._items = len(index)
        self._ranked = []
        for target, score in zip(np.atleast_2d(targets), np.atleast_2d(scores), strict=True):
            order = np.argsort(-score, kind='stable')
            falling = score[order]
            last = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(falling) - 1)
            self._ranked.append((index[order], target[order].astype(np.float64), last))

    @property
    def seeds(self) -> int:
        return len(self._ranked)

    @property
    def resampled(self) -> Bool[np.ndarray, ' groups']:
        return np.ones(self._groups, bool)

    @property
    def trials(self) -> int:
        return min(self._of_kinds)

    @property
    def size(self) -> float:
        return float(self._items)

    @property
    def cells(self) -> int:
        return self._items

    def __call__(
        self, times: Float[np.ndarray, 'draws groups']
    ) -> Float[np.ndarray, 'draws seeds']:
        found = []
        for index, target, last in self._ranked:
            weights = times[:, index]
            count = np.cumsum(weights, axis=1)[:, last]
            hits = np.cumsum(weights * target, axis=1)[:, last]
            # Where nothing is counted yet there are no hits either.
            area = np.sum(hits / np.maximum(count, 1) * np.diff(hits, axis=1, prepend=0), axis=1)
            total = hits[:, -1]
            found.append(area / np.where(total > 0, total, np.nan))
        return np.stack(found, axis=1)

    def beside(self, other: 'Ranking') -> 'Ranking':
        """Places in either ranking stand for its scores, whose scales need not be the same."""
        from scipy.stats import rankdata

        (targets, scores, index), (their_targets, their_scores, their_index) = (
            self._given,
            other._given,
        )
        return Ranking(
            _side_by_side(targets, their_targets),
            _side_by_side(rankdata(scores, axis=-1), rankdata(their_scores, axis=-1)),
            np.concatenate([index, their_index + self._groups]),
        )


def of_seeds(measure: Measure) -> Float[np.ndarray, ' seeds']:
    """The score of each seed; NaN where it is not defined."""
    return measure(np.ones((1, len(measure.resampled))))[0]


def value(measure: Measure, aggregate: Aggregate = mean) -> float:
    """The score itself, one over all seeds; NaN where it is not defined for one of them."""
    return float(aggregate(of_seeds(measure)[None])[0])


def _side_by_side(
    one: Shaped[np.ndarray, 'seeds columns'], other: Shaped[np.ndarray, 'others more']
) -> Shaped[np.ndarray, 'most all']:
    most = math.lcm(len(one), len(other))
    return np.concatenate([np.repeat(each, most // len(each), axis=0) for each in (one, other)], 1)


def of_groups(
    values: Float[np.ndarray, '*seeds items'], groups: Shaped[np.ndarray, ' items']
) -> Float[np.ndarray, 'seeds groups']:
    """Sums over each group's items, a row a seed.

    Raises:
        ValueError: no values, or one that is not finite.
    """
    _refuse(values)
    index = np.unique(groups, return_inverse=True)[1]
    return np.stack([np.bincount(index, weights=row) for row in np.atleast_2d(values)])


def _refuse(values: np.ndarray) -> None:
    if not values.size or not np.isfinite(values).all():
        raise ValueError(f'values of shape {values.shape}: at least one, all finite, is wanted')
