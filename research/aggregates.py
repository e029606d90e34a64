"""What one number is made of the scores of several seeds."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

# NaN where one of the seeds is not defined.
Aggregate = Callable[[Float[np.ndarray, 'draws seeds']], Float[np.ndarray, ' draws']]


def mean(scores: Float[np.ndarray, 'draws seeds']) -> Float[np.ndarray, ' draws']:
    return np.mean(scores, axis=-1)


def interquartile_mean(scores: Float[np.ndarray, 'draws seeds']) -> Float[np.ndarray, ' draws']:
    """Mean of the middle half of the seeds, a quarter of them cut off at either end.

    Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice", 2021,
    section 4.3. Quarters are rounded down: with fewer than four seeds nothing is cut.
    """
    cut = scores.shape[-1] // 4
    # NaN is sorted to the end, where it would be cut off unseen.
    undefined = np.isnan(scores).any(axis=-1)
    middle = np.sort(scores, axis=-1)[..., cut : scores.shape[-1] - cut]
    return np.where(undefined, np.nan, middle.mean(axis=-1))


AGGREGATES: dict[str, Aggregate] = {'mean': mean, 'iqm': interquartile_mean}
