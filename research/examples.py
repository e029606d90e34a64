"""Slices of records as columns."""

import dataclasses
from typing import Any

import jax
import numpy as np


@dataclasses.dataclass(frozen=True)
class Examples:
    """Slices of records, as columns of one length.

    Attributes:
        record: position in the corpus.
        slice: number of the slice within its record.
        start: first sample, at the front-end's rate; of notes, first token.
        samples: valid samples (tokens); fewer than a slice's length where the record is shorter.
        item: the record's name.
        group: what the split may not tear apart: near copies are of one group where it joins them.
        target: a tree of columns, what the task's loss is given.
    """

    record: np.ndarray
    slice: np.ndarray
    start: np.ndarray
    samples: np.ndarray
    item: np.ndarray
    group: np.ndarray
    target: Any = ()

    def __len__(self) -> int:
        return len(self.record)

    def where(self, mask: np.ndarray) -> 'Examples':
        """Those at which the mask is True."""
        columns = {c.name: getattr(self, c.name) for c in dataclasses.fields(self)}
        return Examples(**jax.tree.map(lambda column: column[mask], columns))
