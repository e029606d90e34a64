"""Mixup: training on what lies between two examples."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, Shaped, UInt32

from research.bounds import NonNegativeValue

# A loss or a hit per example, of targets.
Judge = Callable[[Any], Float[Array, ' batch']]


@dataclasses.dataclass(frozen=True)
class Mixup:
    """Blends an example with its neighbour in the batch: features, and the loss of outputs.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018, section 2. To blend losses is
    to blend targets wherever a loss is linear in its target, as cross-entropy is. The greater share
    is the example's own, as in the half of the draws in which the neighbour is called the first.

    Attributes:
        alpha: of the Beta(alpha, alpha) that shares are drawn from; 0: nothing is blended.
    """

    alpha: NonNegativeValue = 0.2

    domain: ClassVar[str] = 'batch'

    def share(self, key: Key[Array, ''] | UInt32[Array, '2']) -> Float[Array, '']:
        """What an example keeps of itself, in [1/2, 1]."""
        alpha = jnp.where(self.alpha > 0, self.alpha, 1.0)
        drawn = jax.random.beta(key, alpha, alpha)
        return jnp.where(self.alpha > 0, jnp.maximum(drawn, 1 - drawn), 1.0)


def blend(
    changes: Sequence[Any],
    keys: UInt32[Array, 'batch 2'],
    x: Shaped[Array, 'batch time *features'],
    lengths: Int[Array, ' batch'],
    targets: Any,
) -> tuple[Shaped[Array, 'batch time *features'], Callable[[Judge], Float[Array, ' batch']]]:
    """Carries out each Mixup among `changes`.

    Neighbours are the first and the second of the batch, the third and the fourth, and so on: the
    order of the data is random, and devices with an even share of the batch hold both. An odd last
    one stays as it is. Only frames that both have are blended; lengths stay.

    Returns:
        The features; and a function that takes a loss per example, of targets, and gives it blended
        as they are.
    """
    mixups = [(i, each) for i, each in enumerate(changes) if isinstance(each, Mixup)]
    if not mixups:
        return x, lambda judge: judge(targets)
    other = np.minimum(np.arange(len(x)) ^ 1, len(x) - 1)
    both = jnp.arange(x.shape[1]) < jnp.minimum(lengths, lengths[other])[:, None]
    kept = jnp.ones(len(x))
    for position, mixup in mixups:
        share = jax.vmap(mixup.share)(jax.vmap(jax.random.fold_in, (0, None))(keys, position))
        mixed = x + (1 - share)[:, None, None] * (x[other] - x)
        x = jnp.where(both[:, :, None], mixed, x)
        kept = share * kept + (1 - share) * (1 - kept[other])

    def judged(judge: Judge) -> Float[Array, ' batch']:
        others = jax.tree.map(lambda column: column[other], targets)
        return kept * judge(targets) + (1 - kept) * judge(others)

    return x, judged
