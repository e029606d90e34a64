"""What is reported of a part: each score's direction, what it is counted by, and its units."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped

from research import measures
from research.errors import UserError, unknown


class Units(NamedTuple):
    """A score as the sum of numerators over the sum of denominators, one entry a unit.

    An accuracy has 1 where right over 1; a word error rate an utterance's edits over its words.

    Attributes:
        unit: distinct names of the units.
        numerator, denominator: of each; finite, denominators not negative.
        group: what is resampled whole.
    """

    unit: Shaped[np.ndarray, ' units']
    numerator: Float[np.ndarray, ' units']
    denominator: Float[np.ndarray, ' units']
    group: Shaped[np.ndarray, ' units']

    @property
    def value(self) -> float:
        """The score; NaN where there is nothing to take a share of."""
        over = float(self.denominator.sum())
        return float(self.numerator.sum()) / over if over else float('nan')


class Ranked(NamedTuple):
    """A score as the average precision of units by their probability.

    Attributes:
        unit: distinct names of the units.
        target: whether each is to be found.
        probability: that it is, as a model has it; finite.
        group: what is resampled whole.
    """

    unit: Shaped[np.ndarray, ' units']
    target: Bool[np.ndarray, ' units']
    probability: Float[np.ndarray, ' units']
    group: Shaped[np.ndarray, ' units']

    @property
    def value(self) -> float:
        """The score; NaN where no unit is to be found."""
        return measures.value(measured([self]))


# What has an interval.
Counted = Units | Ranked


def measured(seeds: Sequence[Counted]) -> measures.Measure:
    """One score over seeds, of which each has units of the same names in the same order.

    Raises:
        ValueError: no seeds or units, or numbers that are no such score's.
    """
    _, one, other, _ = (np.stack(column) for column in zip(*seeds, strict=True))
    kind = measures.Ranking if isinstance(seeds[0], Ranked) else measures.Ratio
    return kind(one, other, seeds[0].group)


@dataclasses.dataclass(frozen=True)
class Score:
    """How a score is read.

    Attributes:
        per: what is counted.
        lowest: whether the lowest is the best.
        share: whether it is written in percent.
        units: what keeps it for intervals and tables; None: nothing does.
    """

    per: str
    lowest: bool = False
    share: bool = True
    units: type[Counted] | None = Units


SCORES = {
    'slice_accuracy': Score('slices'),
    'item_accuracy': Score('items'),
    'precision': Score('calls found'),
    'recall': Score('calls'),
    'f1': Score('calls there and found'),
    'average_precision': Score('items', units=Ranked),
    'event_precision': Score('calls found'),
    'event_recall': Score('calls'),
    'event_f1': Score('calls there and found'),
    'count_error': Score('recordings', lowest=True, share=False),
    'mae': Score('items', lowest=True, share=False),
    'rmse': Score('items', lowest=True, share=False, units=None),
    'r2': Score('items', share=False, units=None),
    'within_4': Score('items'),
    'within_4_octaves': Score('items'),
    'wer': Score('words', lowest=True),
    'cer': Score('characters', lowest=True),
    'wer_beam': Score('words', lowest=True),
    'cer_beam': Score('characters', lowest=True),
    'wer_lm': Score('words', lowest=True),
    'cer_lm': Score('characters', lowest=True),
    'nll': Score('tokens', lowest=True, share=False),
    'note_nll': Score('notes', lowest=True, share=False),
    'step_nll': Score('time steps', lowest=True, share=False),
    'ece': Score('items', lowest=True, units=None),
    'ece_scaled': Score('items', lowest=True, units=None),
    'loss': Score('slices', lowest=True, share=False, units=None),
}


# What each task selects its checkpoints by; detectors have accuracies as well.
MAIN = ('average_precision', 'item_accuracy', 'mae', 'wer', 'note_nll', 'step_nll', 'nll')


def main(known: Collection[str]) -> str:
    """Of the scores that a run has, the one that it was selected by; else any."""
    return next((name for name in MAIN if name in known), next(iter(known), 'item_accuracy'))


def of(name: str) -> Score:
    """How the score of that name is read.

    Raises:
        UserError: there is none; lists those there are and the nearest.
    """
    if name not in SCORES:
        raise UserError(unknown('score', name, SCORES))
    return SCORES[name]


def better(name: str, value: float) -> float:
    """A number that is the greater the better the value is; NaN is worse than any."""
    if np.isnan(value):
        return float('-inf')
    return -value if of(name).lowest else value


def plain(
    names: Shaped[np.ndarray, ' units'],
    values: Shaped[np.ndarray, ' units'],
    group: Shaped[np.ndarray, ' units'],
) -> Units:
    """Units of a score that is a mean of values."""
    numerator = values.astype(np.float64)
    return Units(names, numerator, np.ones(len(values)), group)


def per_slice(
    items: Shaped[np.ndarray, ' slices'], slices: Shaped[np.ndarray, ' slices']
) -> Shaped[np.ndarray, ' slices']:
    """A distinct name for each slice: its item's and its number."""
    return np.array([f'{item} {number}' for item, number in zip(items, slices, strict=True)])
