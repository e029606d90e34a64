"""Colours and shapes that tell up to 56 classes apart, for any kind of eye."""

import numpy as np
from jaxtyping import Float

# Okabe and Ito's palette, "Color Universal Design" (2008), grey in place of its black, which a dark
# page hides, and of its yellow, which a light one does.
COLOURS = ('#0072B2', '#E69F00', '#009E73', '#D55E00', '#56B4E9', '#CC79A7', '#777777')


def shape(number: int) -> Float[np.ndarray, 'corners 2']:
    """The outline of a class's mark within [-1, 1], y upwards; as many shapes as there are, eight.

    Seven colours and eight shapes turn at different rates, so that no pair returns before 56.
    """
    return SHAPES[number % len(SHAPES)]


def colour(number: int) -> str:
    """The colour of a class's mark."""
    return COLOURS[number % len(COLOURS)]


def _round(corners: int, inner: float = 1.0, turn: float = 0.0) -> Float[np.ndarray, 'corners 2']:
    """A regular polygon, or a star whose every other corner lies further in."""
    angle = 2 * np.pi * (np.arange(corners) + turn) / corners + np.pi / 2
    radius = np.where(np.arange(corners) % 2, inner, 1.0)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


_RIGHT = np.array([[0, -1], [1, 0]])
_TURNS = [np.linalg.matrix_power(_RIGHT, times) for times in range(4)]
_QUARTER = np.array([[3, 9], [3, 3], [9, 3]]) / 9
_CROSS = np.concatenate([_QUARTER @ turn for turn in _TURNS])
_TURNED = _CROSS @ np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
SHAPES = (
    0.85 * _round(24),
    1.1 * _round(4, turn=0.5),
    1.1 * _round(3),
    1.05 * _round(4),
    _CROSS,
    1.1 * _round(3, turn=1.5),
    _TURNED,
    1.15 * _round(10, inner=0.5),
)
