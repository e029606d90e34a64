"""What is reported of a part: each score's direction, what it is counted by, and its units."""

import dataclasses
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

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
        """The score; 0 where there is nothing to take a share of."""
        over = float(self.denominator.sum())
        return float(self.numerator.sum()) / over if over else 0.0


@dataclasses.dataclass(frozen=True)
class Score:
    """How a score is read.

    Attributes:
        per: what its denominator counts.
        lowest: whether the lowest is the best.
        share: whether it is written in percent.
    """

    per: str
    lowest: bool = False
    share: bool = True


SCORES = {
    'slice_accuracy': Score('slices'),
    'item_accuracy': Score('items'),
    'precision': Score('calls found'),
    'recall': Score('calls'),
    'f1': Score('calls'),
    'average_precision': Score('items'),
    'event_precision': Score('calls found'),
    'event_recall': Score('calls'),
    'event_f1': Score('calls'),
    'count_error': Score('recordings', lowest=True, share=False),
    'mae': Score('items', lowest=True, share=False),
    'rmse': Score('items', lowest=True, share=False),
    'within_4': Score('items'),
    'within_4_octaves': Score('items'),
    'wer': Score('words', lowest=True),
    'cer': Score('characters', lowest=True),
    'wer_lm': Score('words', lowest=True),
    'nll': Score('tokens', lowest=True, share=False),
    'note_nll': Score('notes', lowest=True, share=False),
    'step_nll': Score('time steps', lowest=True, share=False),
    'ece': Score('items', lowest=True),
    'loss': Score('slices', lowest=True, share=False),
}


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
