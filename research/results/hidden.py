"""What a classifier makes of sound just before it names a class, and that laid out on a plane."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Shaped

from research import metrics
from research.experiment import Model
from research.results import Trained
from research.step import Weights

WIDEST = 4096  # numbers kept of a slice
PERPLEXITY = 30.0
LEAST_ITEMS = 5  # fewer make no map


def hidden(
    model: Model,
    weights: Weights,
    x: Shaped[Array, 'batch time *features'],
    lengths: Int[Array, ' batch'],
) -> Float[Array, 'batch _']:
    """What the dense layer that was called last was given: in a classifier, the last hidden layer.

    A model without a dense layer, as a forest, is known by its outputs. What is wider than 4,096
    is folded to that with random signs, which keeps distances on average (Charikar et al.,
    "Finding Frequent Items in Data Streams", 2002: the count sketch).
    """
    given = []

    def listen(call, args, kwargs, context):
        if isinstance(context.module, nn.Dense) and context.method_name == '__call__':
            given.append(args[0])
        return call(*args, **kwargs)

    variables = {'params': weights.params, 'batch_stats': weights.stats}
    with nn.intercept_methods(listen):
        outputs: Any = model.apply(variables, x, lengths, None)
    found = given[-1] if given else outputs
    found = found.reshape(len(found), -1).astype(jnp.float32)
    if found.shape[1] <= WIDEST:
        return found
    signs = jax.random.rademacher(jax.random.PRNGKey(0), found.shape[1:], jnp.float32)
    folds = -(-found.shape[1] // WIDEST)
    padded = jnp.pad(found * signs, ((0, 0), (0, folds * WIDEST - found.shape[1])))
    return padded.reshape(len(found), folds, WIDEST).sum(axis=1)


def of_items(trained: Trained, part: str) -> Float[np.ndarray, 'items _']:
    """Of each item of a part its slices' mean, in the order of `metrics.join_slices`."""
    model, evaluator = trained.experiment.model, trained.evaluators[part]
    ask = jax.jit(lambda weights, x, lengths: hidden(model, weights, x, lengths))
    found = evaluator.over(lambda x, lengths: ask(trained.weights, x, lengths))
    return metrics.join_slices(found, evaluator.truth['item'])[1]


def laid_out(vectors: Float[np.ndarray, 'items _']) -> Float[np.ndarray, 'items 2']:
    """A plane on which neighbours are neighbours: x and y in [0, 1], one scale for both.

    t-SNE (van der Maaten and Hinton, 2008) from the two principal components, by scikit-learn,
    always with the same seed.

    Raises:
        ValueError: fewer than five items.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if len(vectors) < LEAST_ITEMS:
        raise ValueError(f'{len(vectors)} items: a map wants {LEAST_ITEMS} or more')
    spread = float(vectors.std())
    if not spread:
        return np.full((len(vectors), 2), 0.5)
    scaled = (vectors - vectors.mean(axis=0)) / spread
    if scaled.shape[1] == 1:
        scaled = np.pad(scaled, ((0, 0), (0, 1)))
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    # One thread: sums in one order, and no threads that wait for one another on a busy machine.
    with threadpool_limits(1):
        plane = TSNE(perplexity=perplexity, init='pca', random_state=0).fit_transform(scaled)
    plane = plane - (plane.min(axis=0) + plane.max(axis=0)) / 2
    return plane / (2 * float(np.abs(plane).max())) + 0.5
