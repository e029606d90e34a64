"""The numbers of an experiment that are values, not shapes.

Learning rate, weight decay, label smoothing, dropout and augmentation strengths enter the compiled
step as scalars: changing one compiles nothing anew, and runs that differ in nothing else can be
trained as one program.
"""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any

from jaxtyping import Array, Float

from research import codec
from research.bounds import Scalar
from research.experiment import Experiment
from research.overrides import replace


def extract(experiment: Experiment) -> dict[str, float]:
    """Dotted path to number, in a fixed order."""
    found: dict[str, float] = {}
    _walk(Experiment, experiment, '', found)
    return dict(sorted(found.items()))


def bind(experiment: Experiment, values: Mapping[str, Float[Array, ''] | float]) -> Experiment:
    """The experiment with traced scalars in place of its numbers; for use inside a program."""
    for path, value in values.items():
        experiment = _put(experiment, path.split('.'), value)
    return experiment


def _walk(annotation: Any, value: Any, path: str, found: dict[str, float]) -> None:
    if typing.get_args(annotation)[:1] == (Scalar,):
        found[path] = float(value)
    elif isinstance(value, tuple):
        for position, each in enumerate(value):
            _walk(type(each), each, f'{path}.{position}', found)
    elif dataclasses.is_dataclass(value):
        for name, declared in codec.annotations(type(value)).items():
            _walk(declared, getattr(value, name), f'{path}.{name}'.lstrip('.'), found)


def _put(value: Any, path: list[str], leaf: Any) -> Any:
    if not path:
        return leaf
    if isinstance(value, tuple):
        position = int(path[0])
        return (*value[:position], _put(value[position], path[1:], leaf), *value[position + 1 :])
    return replace(value, **{path[0]: _put(getattr(value, path[0]), path[1:], leaf)})
