"""Labels of frames, collapsed (Graves et al., "Connectionist Temporal Classification", 2006)."""

import numpy as np
from jaxtyping import Float, Integer


def collapse(path: Integer[np.ndarray, ' frames'], blank_id: int = 0) -> list[int]:
    """A label a frame without its repeats, and then without blanks: B in section 3.1.

    Of the most probable label of each frame it makes the best path decoded (section 3.2).

    Args:
        path: a label a frame.
        blank_id: the label that stands for none, as in `optax.ctc_loss`.
    """
    first = np.append(True, path[1:] != path[:-1])[: len(path)]
    return path[first & (path != blank_id)].tolist()


def valid_frames(
    log_probs: Float[np.ndarray, 'frames labels'], length: int
) -> Float[np.ndarray, 'valid labels']:
    """The frames in [0, length).

    Raises:
        ValueError: `length` is not in [0, frames], or one of them holds a NaN.
    """
    if not 0 <= length <= len(log_probs):
        raise ValueError(f'length {length} of {len(log_probs)} frames: 0 to that many are wanted')
    valid = log_probs[:length]
    if len(wrong := np.flatnonzero(np.isnan(valid).any(axis=1))):
        raise ValueError(f'frame {wrong[0]} holds a NaN: log-probabilities are wanted')
    return valid
