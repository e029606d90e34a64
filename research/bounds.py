"""Ranges that travel with a field's type: `learning_rate: Positive` says what it may be.

The annotations change nothing at run time; research.overrides and research.codec read them when a
value comes from outside (a flag, a JSON file), so that a bad one is refused before anything starts.
"""

import dataclasses
import math
from typing import Annotated, Literal

from jaxtyping import Array, Float


@dataclasses.dataclass(frozen=True)
class Bounds:
    """An interval of numbers: `least` and `most` belong to it, `above` and `below` do not."""

    least: int | float = -math.inf
    most: int | float = math.inf
    above: int | float = -math.inf
    below: int | float = math.inf

    def admits(self, value: int | float) -> bool:
        return self.least <= value <= self.most and self.above < value < self.below

    def __str__(self) -> str:
        if self.above > -math.inf:
            return f'above {self.above:g}'
        if self.below < math.inf:
            return f'in [{self.least:g}, {self.below:g})'
        if self.most < math.inf:
            return f'in [{self.least:g}, {self.most:g}]'
        return f'at least {self.least:g}' if self.least > -math.inf else 'finite'


# Metadata of a field that came after runs were made: it is written where it is not at its default
# alone, so that they keep their places, which are hashes of what is written. That default may never
# change: what was not written would be read as another. It stands in research.later too.
LATER = {'later': True}

# A number, or in its place a traced scalar: see research.values.
Scalar = float | Float[Array, '']

Count = Annotated[int, Bounds(least=1)]
Index = Annotated[int, Bounds(least=0)]
Positive = Annotated[float, Bounds(above=0.0)]
Decay = Annotated[float, Bounds(least=0.0, below=1.0)]
Seed = Annotated[int, Bounds(least=0, most=2**32 - 1)]
Dtype = Literal['float32', 'bfloat16']
Recurrence = Literal['scan', 'cudnn']
PositiveValue = Annotated[Scalar, Bounds(above=0.0)]
NonNegativeValue = Annotated[Scalar, Bounds(least=0.0)]
FractionValue = Annotated[Scalar, Bounds(least=0.0, most=1.0)]
RateValue = Annotated[Scalar, Bounds(least=0.0, below=1.0)]
FiniteValue = Annotated[Scalar, Bounds()]
