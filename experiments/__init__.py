"""Experiments and grids by name, functions that return an `Experiment` or a `Grid`.

The docstring is the card. Names and cards are read from the source, so that listing them imports no
model and no jax.
"""

import ast
import functools
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from research.experiment import Experiment
    from research.grid import Grid


@functools.cache
def cards(kind: str = 'Experiment') -> dict[str, tuple[str, str]]:
    """Name of an experiment, or of a 'Grid', to the module that defines it and its docstring."""
    found = {}
    for path in sorted(Path(__file__).parent.glob('[!_]*.py')):
        for node in ast.parse(path.read_text(encoding='utf-8')).body:
            if (
                isinstance(node, ast.FunctionDef)
                and not node.name.startswith('_')
                and isinstance(node.returns, ast.Name)
                and node.returns.id == kind
            ):
                found[node.name] = (path.stem, ast.get_docstring(node) or '')
    return found


def build(name: str) -> 'Experiment':
    """The experiment of that name.

    Raises:
        UserError: there is none; lists the names there are and the nearest.
    """
    from research.errors import UserError, unknown

    if name not in cards():
        raise UserError(unknown('experiment', name, cards()))
    return getattr(importlib.import_module(f'experiments.{cards()[name][0]}'), name)()


def build_grid(name: str) -> 'Grid':
    """The grid of that name.

    Raises:
        UserError: there is none; lists the names there are and the nearest.
    """
    from research.errors import UserError, unknown

    if name not in cards('Grid'):
        raise UserError(unknown('grid', name, cards('Grid')))
    return getattr(importlib.import_module(f'experiments.{cards("Grid")[name][0]}'), name)()
