"""Which examples a step sees: a function of seed and step alone.

Numpy's bit generators promise the same stream in every version, its shuffles do not; so an order is
the rank of raw random bits.
"""

import functools

import numpy as np

from research.buckets import Buckets


def indices(
    seed: int,
    step: int,
    steps: int,
    batch_size: int,
    examples: int,
    buckets: Buckets | None = None,
) -> np.ndarray:
    """Examples of `steps` steps from `step` on.

    The stream of examples is one permutation of all after the other: nothing is dropped at an
    epoch's end, each example comes exactly once an epoch. With buckets, the steps that lie within
    an epoch are dealt its examples bucket by bucket and then shuffled: where a bucket's examples
    do not fill its last step, the next longer ones do. A step that two epochs share is dealt what
    comes, of any length.

    Returns:
        int32 [steps, batch_size], each in [0, examples).
    """
    first, last = step * batch_size, (step + steps) * batch_size
    epochs = range(first // examples, -(-last // examples))
    if buckets is None:
        found = [_permutation(seed, epoch, examples) for epoch in epochs]
    else:
        found = [_by_bucket(seed, epoch, batch_size, examples, buckets) for epoch in epochs]
    stream = np.concatenate(found)
    start = first - epochs.start * examples
    return stream[start : start + last - first].reshape(steps, batch_size)


@functools.lru_cache(maxsize=64)  # of a large corpus it takes longer than to read a step
def _permutation(seed: int, epoch: int, examples: int) -> np.ndarray:
    bits = np.random.Philox(key=[seed, epoch]).random_raw(examples)
    return np.argsort(bits, kind='stable').astype(np.int32)


@functools.lru_cache(maxsize=64)
def _by_bucket(
    seed: int, epoch: int, batch_size: int, examples: int, buckets: Buckets
) -> np.ndarray:
    """An epoch's permutation, its whole steps regrouped."""
    stream = _permutation(seed, epoch, examples)
    head = min(-epoch * examples % batch_size, examples)
    steps = (examples - head) // batch_size
    tail = head + steps * batch_size
    inside = stream[head:tail]
    alike = inside[np.argsort(buckets.of[inside], kind='stable')].reshape(steps, batch_size)
    # Bits past those that made the permutation.
    bits = np.random.Philox(key=[seed, epoch]).random_raw(examples + steps)[examples:]
    shuffled = alike[np.argsort(bits, kind='stable')].ravel()
    return np.concatenate([stream[:head], shuffled, stream[tail:]])
