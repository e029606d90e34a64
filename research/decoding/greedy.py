"""The most probable label of each frame, collapsed."""

import numpy as np
from jaxtyping import Float, Integer


def decode(
    log_probs: Float[np.ndarray, 'frames labels'], length: int, blank_id: int = 0
) -> list[int]:
    """Best path decoding (Graves et al., "Connectionist Temporal Classification", 2006, 3.2).

    Args:
        log_probs: of each label in each frame; logits do as well.
        length: valid frames; those from there on are not read.
        blank_id: the label that stands for none, as in `optax.ctc_loss`.

    Returns:
        The labels of the best path, repeats joined, blanks removed.

    Raises:
        ValueError: `length` is not in [0, frames], or a valid frame holds a NaN.
    """
    return collapse(np.argmax(valid_frames(log_probs, length), axis=1), blank_id)


def decode_batch(
    log_probs: Float[np.ndarray, 'batch frames labels'],
    lengths: Integer[np.ndarray, ' batch'],
    blank_id: int = 0,
) -> list[list[int]]:
    """`decode` of each example."""
    return [decode(x, int(length), blank_id) for x, length in zip(log_probs, lengths, strict=True)]


def collapse(path: Integer[np.ndarray, ' frames'], blank_id: int = 0) -> list[int]:
    """A label a frame without its repeats, and then without blanks: B in section 3.1 there."""
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
