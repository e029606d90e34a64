"""A grown forest: its nodes as arrays, and its file."""

from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from research import manifests
from research.experiment import Experiment
from research.runs import Run, RunError
from research.step import Weights

# The only type in the file that skops asks about. Numbers are read from it; scikit-learn, which
# would follow a wrong one anywhere, is not asked again.
TRUSTED = ['sklearn.tree._tree.Tree']
FILE = 'forest.skops'


def save(place: Run, grown: Any) -> None:
    """Keeps a forest in checkpoints/forest/, its hash beside it.

    Raises:
        OSError: the disk is full.
    """
    from skops import io

    folder = place.checkpoints / 'forest'
    manifests.remove(folder)
    folder.mkdir(parents=True)
    io.dump(grown, folder / FILE)
    manifests.seal(folder)


def load(place: Run, bound: Experiment) -> Weights:
    """The forest that a run kept, as `Forest.apply` takes it; nothing is unpickled.

    Raises:
        RunError: it is not there, not what was written, or not what this version reads.
    """
    from skops import io

    folder = place.checkpoints / 'forest'
    anew = 'move the run away and train it again'
    if damage := manifests.damage(folder):
        raise RunError(f'{folder} is damaged ({damage}): {anew}')
    try:
        grown = io.load(folder / FILE, trusted=TRUSTED)
    except Exception as error:  # each type of a file raises its own
        reason = ' '.join(str(error).split())[:200]
        raise RunError(
            f'{folder / FILE} is whole, but cannot be read ({reason}): {anew}'
        ) from error
    return Weights(arrays(grown, bound.model.outputs), {})


def arrays(grown: Any, outputs: int) -> dict[str, np.ndarray]:
    """A forest's nodes as `models.forest.mean_vote` takes them, trees filled up to one size."""
    trees = [estimator.tree_ for estimator in grown.estimators_]
    shape = len(trees), max(tree.node_count for tree in trees)
    classes = getattr(grown, 'classes_', None)
    itself = np.broadcast_to(np.arange(shape[1], dtype=np.int32), shape)
    found = {
        'statistic': np.zeros(shape, np.int32),
        'threshold': np.zeros(shape, np.float32),
        'left': itself.copy(),
        'right': itself.copy(),
        'value': np.zeros((*shape, 1 if classes is None else max(outputs, 2)), np.float32),
    }
    for row, tree in enumerate(trees):
        [split] = np.nonzero(tree.children_left >= 0)
        found['statistic'][row, split] = tree.feature[split]
        found['threshold'][row, split] = _rounded_down(tree.threshold[split])
        found['left'][row, split] = tree.children_left[split]
        found['right'][row, split] = tree.children_right[split]
        values = tree.value[:, 0]
        if classes is None:
            found['value'][row, : len(values)] = values
        else:
            shares = values / values.sum(axis=1, keepdims=True)
            found['value'][row, : len(values), classes] = shares.T
    return found | {'depth': np.array(max(tree.max_depth for tree in trees), np.int32)}


def size(weights: Weights) -> int:
    """Numbers that a forest goes by: a statistic and a threshold a split, and a leaf's values."""
    trees, nodes, width = weights.params['value'].shape
    splits = int((weights.params['left'] != np.arange(nodes)).sum())
    return 2 * splits + (splits + trees) * width


def _rounded_down(thresholds: Float[np.ndarray, ' splits']) -> Float32[np.ndarray, ' splits']:
    """The greatest float32 not above: a float32 is at most the one where at most the other."""
    nearest = thresholds.astype(np.float32)
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)
