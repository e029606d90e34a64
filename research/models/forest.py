"""Random forests: grown by scikit-learn (`research.forests`), asked on the device."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from research.bounds import Bounds, Count, Index
from research.errors import UserError

# A probability of nothing would be a logarithm of minus infinity.
LEAST = float(np.finfo(np.float32).tiny)

Fraction = Annotated[float, Bounds(least=0.0, most=1.0)]


@dataclasses.dataclass(frozen=True)
class Forest:
    """A random forest on statistics of an example's frames.

    Breiman, "Random Forests" (Machine Learning, 2001). What it hears of each feature is its mean,
    standard deviation and quantiles over the valid frames: the statistics of a "texture window" in
    Tzanetakis and Cook, "Musical Genre Classification of Audio Signals" (2002), section III-A. In
    those the order of the frames is lost. `lags` adds the autocorrelation of the spectral flux, in
    which Percival and Tzanetakis, "Streamlined Tempo Estimation Based on Autocorrelation and
    Cross-correlation With Pulses" (2014), look for the beat.

    Attributes:
        outputs: bound to the corpus by the task.
        trees: how many; of several numbers a search takes one.
        depth: levels of splits below a tree's root, at most; of several a search takes one.
        folds: of the search, at most: whole groups of the training part are left out in turn.
        leaf: examples that a leaf holds, at least.
        tried: statistics tried at each split, as a share of all; None: their square root.
        moments: whether mean and standard deviation are heard.
        quantiles: which are heard.
        lags: frames of the longest lag of the flux that is heard; 0: none is.

    Raises:
        UserError: no number of trees or depth, or nothing to be heard.
    """

    labels: ClassVar[str] = 'recording'

    outputs: Index = 0
    trees: tuple[Count, ...] = (100, 300)
    depth: tuple[Count, ...] = (2, 4, 8, 16)
    folds: Annotated[int, Bounds(least=2)] = 5
    leaf: Count = 1
    tried: Annotated[float, Bounds(above=0.0, most=1.0)] | None = None
    moments: bool = True
    quantiles: tuple[Fraction, ...] = (0.1, 0.5, 0.9)
    lags: Index = 0

    def __post_init__(self):
        for name in ('trees', 'depth'):
            if not getattr(self, name):
                raise UserError(f'model.{name} is empty: one number, or several to choose among')
        if not (self.moments or self.quantiles or self.lags):
            raise UserError('the forest hears nothing: set moments, quantiles or lags')

    def statistics(
        self, x: Float[Array, 'batch time features'], lengths: Int[Array, ' batch']
    ) -> Float[Array, 'batch statistics']:
        """Mean, standard deviation, each quantile (all features of one, then of the next), lags.

        Frames past an example's length count for nothing; zeros where there is no frame.
        """
        frames = jnp.maximum(lengths, 1)[:, None]
        valid = (jnp.arange(x.shape[1]) < lengths[:, None])[..., None]
        heard = jnp.where(valid, x, 0)
        found = []
        if self.moments:
            mean = heard.sum(1) / frames
            apart = jnp.where(valid, x - mean[:, None], 0)
            found += [mean, jnp.sqrt((apart**2).sum(1) / frames)]
        if self.quantiles:
            ordered = jnp.sort(jnp.where(valid, x, jnp.inf), axis=1)
            ordered = jnp.where(lengths[:, None, None] > 0, ordered, 0)
            found += [_quantile(ordered, frames, share) for share in self.quantiles]
        if self.lags:
            found.append(periodicity(heard, lengths, self.lags))
        return jnp.concatenate(found, axis=-1)

    def apply(
        self,
        variables: Mapping[str, Any],
        x: Float[Array, 'batch time features'],
        lengths: Int[Array, ' batch'],
        keys: None = None,
    ) -> Float[Array, 'batch {self.outputs}']:
        """What a network's `apply` gives; `variables['params']` is what `research.forests` grew."""
        votes = mean_vote(variables['params'], self.statistics(x, lengths))
        return as_outputs(votes, self.outputs)


def periodicity(
    x: Float[Array, 'batch time features'], lengths: Int[Array, ' batch'], lags: int
) -> Float[Array, 'batch {lags}']:
    """Autocorrelation of the spectral flux at lags of 1 to `lags` frames, over that at none.

    Flux: the sum over features of what each grew by since the frame before, less its mean.

    Args:
        x: zero past the lengths.
    """
    frames = x.shape[1]
    inside = jnp.arange(frames - 1) < lengths[:, None] - 1
    flux = jnp.where(inside, jnp.maximum(x[:, 1:] - x[:, :-1], 0).sum(-1), 0)
    mean = flux.sum(1, keepdims=True) / jnp.maximum(lengths[:, None] - 1, 1)
    flux = jnp.where(inside, flux - mean, 0)
    # Zeros enough that no lag wraps around.
    power = jnp.abs(jnp.fft.rfft(flux, n=frames + lags)) ** 2
    correlation = jnp.fft.irfft(power, n=frames + lags)[:, : lags + 1]
    return correlation[:, 1:] / jnp.maximum(correlation[:, :1], LEAST)


def mean_vote(
    grown: Mapping[str, Array], statistics: Float[Array, 'batch statistics']
) -> Float[Array, 'batch values']:
    """The mean over the trees of the value of the leaf that each example comes to.

    Args:
        grown: of each tree and node `statistic` and `threshold` (at most it: to `left`, else to
            `right`; a leaf leads to itself) and `value`; and `depth`, of the deepest tree.
        statistics: of each example.
    """
    trees = jnp.arange(grown['statistic'].shape[0])
    rows = jnp.arange(statistics.shape[0])[:, None]

    def descend(_, node):
        low = statistics[rows, grown['statistic'][trees, node]] <= grown['threshold'][trees, node]
        return jnp.where(low, grown['left'][trees, node], grown['right'][trees, node])

    root = jnp.zeros((statistics.shape[0], len(trees)), jnp.int32)
    leaf = jax.lax.fori_loop(0, grown['depth'], descend, root)
    return grown['value'][trees, leaf].mean(1)


def as_outputs(
    votes: Float[Array, 'batch values'] | Float[np.ndarray, 'batch values'], outputs: int
) -> Float[Array, 'batch {outputs}']:
    """Votes as a network would give them: logarithms of shares, log odds, or the number itself.

    Args:
        votes: the share of each class, or one number.
        outputs: classes; 1: of two classes the log odds of the last.
    """
    if votes.shape[1] == 1:
        return jnp.asarray(votes)
    logs = jnp.log(jnp.maximum(jnp.asarray(votes), LEAST))
    return logs[:, 1:] - logs[:, :1] if outputs == 1 else logs


def _quantile(
    ordered: Float[Array, 'batch time features'], frames: Int[Array, 'batch 1'], share: float
) -> Float[Array, 'batch features']:
    """Of the first `frames`, between two neighbours as numpy does (Hyndman and Fan's type 7)."""
    place = share * (frames - 1).astype(jnp.float32)
    below = jnp.floor(place).astype(jnp.int32)
    above = jnp.minimum(below + 1, frames - 1)
    low, high = (
        jnp.take_along_axis(ordered, each[..., None], axis=1)[:, 0] for each in (below, above)
    )
    return low + (place - below) * (high - low)
