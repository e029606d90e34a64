"""Which windows of a piece are examples, and which of their tokens are judged."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from research.errors import UserError
from research.tokens import View


class Windows(NamedTuple):
    """Windows of pieces, as columns of one length.

    Attributes:
        piece: position of the piece.
        start: its first token.
        length: how many tokens it has, at most the view's window.
    """

    piece: Int[np.ndarray, ' windows']
    start: Int[np.ndarray, ' windows']
    length: Int[np.ndarray, ' windows']


def cut(tokens: Int[np.ndarray, ' pieces'], view: View) -> Windows:
    """The windows of pieces of so many tokens; those without a judged token are left out.

    Raises:
        UserError: the view's windows would not advance.
    """
    stride = view.window - view.context
    if stride < 1:
        raise UserError(
            f'frontend.context (={view.context}) must be less than frontend.window '
            f'(={view.window}): windows begin every window - context tokens'
        )
    counts = np.maximum(-(-(tokens - view.context) // stride), 1)
    piece = np.repeat(np.arange(len(tokens)), counts)
    number = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    start = number * stride
    length = np.minimum(tokens[piece] - start, view.window)
    kept = first(start, view) < length
    return Windows(piece[kept], start[kept], length[kept])


def first(start: Int[np.ndarray, ' windows'], view: View) -> Int[np.ndarray, ' windows']:
    """The first token that is judged of windows that begin there, counted from their start.

    Those after it are as well.
    """
    return np.maximum(np.where(start > 0, view.context, 0), view.first - start)


def earliest(view: View) -> int:
    """The first position of a window at which a token may be judged."""
    return min(view.first, view.context)


def fill(
    rows: list[np.ndarray],
    piece: Int[np.ndarray, ' windows'],
    start: Int[np.ndarray, ' windows'],
    length: Int[np.ndarray, ' windows'],
    view: View,
) -> np.ndarray:
    """The tokens of windows [windows, view.window, view.fields], zero past their lengths.

    Args:
        rows: of each piece, [tokens, fields].
        piece, start, length: as in Windows.
        view: of the tokens.
    """
    tokens = np.zeros((len(piece), view.window, view.fields), view.dtype)
    for row, (own, begin, size) in enumerate(zip(piece, start, length, strict=True)):
        tokens[row, :size] = rows[own][begin : begin + size]
    return tokens
