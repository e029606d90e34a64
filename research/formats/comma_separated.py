"""A table as comma-separated values, numbers in full."""

import csv
import dataclasses
import io
from collections.abc import Sequence

from research.cells import Cell
from research.formats.layout import Cells


def write(cells: Cells, rows: Sequence[str], columns: Sequence[str]) -> str:
    """One line a cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow([*rows, *columns, *(field.name for field in dataclasses.fields(Cell))])
    for (row, column), cell in cells.items():
        writer.writerow([*row, *column, *dataclasses.astuple(cell)])
    return text.getvalue().rstrip('\n')
