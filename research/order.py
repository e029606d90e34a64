"""Which examples a step sees: a function of seed and step alone.

Numpy's bit generators promise the same stream in every version, its shuffles do not; so an order is
the rank of raw random bits.
"""

import functools

import numpy as np


def indices(seed: int, step: int, steps: int, batch_size: int, examples: int) -> np.ndarray:
    """Examples of `steps` steps from `step` on.

    The stream of examples is one permutation of all after the other: nothing is dropped at an
    epoch's end, each example comes exactly once an epoch.

    Returns:
        int32 [steps, batch_size], each in [0, examples).
    """
    first, last = step * batch_size, (step + steps) * batch_size
    epochs = range(first // examples, -(-last // examples))
    stream = np.concatenate([_permutation(seed, epoch, examples) for epoch in epochs])
    start = first - epochs.start * examples
    return stream[start : start + last - first].reshape(steps, batch_size)


@functools.lru_cache(maxsize=4)  # of a large corpus it takes longer than to read a step
def _permutation(seed: int, epoch: int, examples: int) -> np.ndarray:
    bits = np.random.Philox(key=[seed, epoch]).random_raw(examples)
    return np.argsort(bits, kind='stable').astype(np.int32)
