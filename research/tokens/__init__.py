"""Views of notes as tokens: what takes the place of a front-end where a corpus holds notes."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Array

from data_prep.notes import Notes
from research.meaning import Meaning
from research.tokens.events import Events
from research.tokens.names import Names
from research.tokens.rolls import Rolls
from research.tokens.voices import Voices

KINDS: dict[str, type] = {kind.__name__: kind for kind in (Events, Names, Rolls, Voices)}

__all__ = ['KINDS', 'Events', 'Names', 'Rolls', 'Transposable', 'View', 'Voices']


@runtime_checkable
class View(Protocol):
    """Notes as a sequence of tokens, cut into windows. A frozen dataclass, as front-ends are.

    Windows begin every `window - context` tokens. Every token from `first` on is judged in exactly
    one window, with `context` tokens before it at least, but for those of a piece's first window.

    Attributes:
        fields: numbers a token.
        dtype: 'int32' or 'float32', of a token's numbers.
    """

    fields: ClassVar[int]
    dtype: ClassVar[str]

    @property
    def window(self) -> int:
        """Tokens of an example."""
        ...

    @property
    def context(self) -> int:
        """Tokens at the beginning of a window, after a piece's first, that are only heard."""
        ...

    @property
    def first(self) -> int:
        """The first token of a piece that is judged."""
        ...

    def encode(self, notes: Notes) -> Any:
        """A piece in the view's own words: texts, or rows of numbers."""
        ...

    def meaning(self, train: Sequence[Any]) -> Meaning:
        """Which token each output stands for, learnt from encoded pieces of the training part."""
        ...

    def rows(self, encoded: Any, meaning: Meaning) -> np.ndarray:
        """An encoded piece as numbers [tokens, fields]."""
        ...

    def decode(self, rows: np.ndarray, meaning: Meaning) -> Notes:
        """Notes of which `encode` and `rows` give these numbers; what those lose is made up."""
        ...


@runtime_checkable
class Transposable(View, Protocol):
    """A view whose tokens can be moved to another key, on the device."""

    def transposed(self, x: Array, length: Array, semitones: Array) -> Array:
        """The tokens [window, fields] of one window, of which `length` are valid, moved alike.

        By fewer semitones, where one of them would leave its bounds.
        """
        ...
