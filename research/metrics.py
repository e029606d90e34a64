"""Scores of predictions in numpy: over a whole split, on the host."""

import numpy as np
from jaxtyping import Float, Integer, Shaped

# A float32 softmax underflows to zero; below its smallest normal number it says nothing.
LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)


def confusion_matrix(
    targets: Integer[np.ndarray, ' examples'],
    predictions: Integer[np.ndarray, ' examples'],
    classes: int,
) -> Integer[np.ndarray, 'classes classes']:
    """Counts: row = the true class, column = the predicted one.

    Raises:
        ValueError: a class outside [0, classes).
    """
    for name, values in (('target', targets), ('prediction', predictions)):
        if values.size and (values.min() < 0 or values.max() >= classes):
            raise ValueError(
                f'{name}s span [{values.min()}, {values.max()}]: '
                f'indices in [0, {classes}) are wanted for {classes} classes'
            )
    cells = targets.astype(np.int64) * classes + predictions
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def cross_entropy(
    probabilities: Float[np.ndarray, 'examples classes'],
    targets: Integer[np.ndarray, ' examples'],
) -> float:
    """Mean over the examples of -log p(target), in nats.

    A probability below the smallest normal float32 counts as that number: 87.3 nats at most.

    Raises:
        ValueError: there are no examples.
    """
    _refuse_empty(targets)
    chosen = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return float(-np.mean(np.log(np.maximum(chosen, LEAST_PROBABILITY))))


def join_slices(
    probabilities: Float[np.ndarray, 'slices classes'], items: Shaped[np.ndarray, ' slices']
) -> tuple[Shaped[np.ndarray, ' items'], Float[np.ndarray, 'items classes']]:
    """Predictions of slices joined per item (a track, a recording).

    Args:
        probabilities: of each slice, in any order.
        items: the item that each slice was cut from.

    Returns:
        The items in sorted order, and the mean of each one's slices in float64: the sum rule of
        Kittler et al., "On Combining Classifiers" (1998), section 2.2.
    """
    names, index, counts = np.unique(items, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), probabilities.shape[1]))
    np.add.at(sums, index, probabilities)
    return names, sums / counts[:, None]


def per_item(
    values: Shaped[np.ndarray, ' slices'], items: Shaped[np.ndarray, ' slices']
) -> Shaped[np.ndarray, ' items']:
    """What an item's slices agree on (target, group), in the order of `join_slices`.

    Raises:
        ValueError: two slices of one item differ; names the item.
    """
    names, first, index = np.unique(items, return_index=True, return_inverse=True)
    torn = np.flatnonzero(values != values[first][index])
    if len(torn):
        slice_ = torn[0]
        raise ValueError(
            f'slices of item {names[index[slice_]]} carry both {values[first][index][slice_]} and '
            f'{values[slice_]}: one value for an item is wanted; are its names unique?'
        )
    return values[first]


def _refuse_empty(targets: Integer[np.ndarray, ' examples']) -> None:
    if not len(targets):
        raise ValueError('0 examples were given: a score wants at least one')
