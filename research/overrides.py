"""`--set=a.b=value`: strict and typed changes of an experiment."""

import dataclasses
import json
import types
import typing
from collections.abc import Iterable
from typing import Any

from research import codec
from research.errors import UserError, unknown
from research.experiment import Experiment

# Bound by the task or by the mesh, not chosen.
BOUND = {'outputs', 'batch_axis', 'sizes', 'standin'}


def apply(experiment: Experiment, assignments: Iterable[str]) -> Experiment:
    """The experiment with each `a.b=value` applied in turn.

    Values are written as in JSON or bare: `3e-4`, `true`, `none`, `512,256`, `LogMel`. A class's
    name puts that class with its defaults in place; fields that both classes have are kept.

    Raises:
        UserError: an unknown name (with the valid ones and the nearest), a value of a wrong type or
            out of range (with the type wanted).
    """
    for assignment in assignments:
        path, equals, text = assignment.partition('=')
        if not equals or not path:
            raise UserError(f"--set={assignment}: 'name=value' is wanted, as in model.dropout=0.3")
        experiment = _set(experiment, path.split('.'), text.strip(), path)
    return experiment


def replace(value: Any, **changes: Any) -> Any:
    """dataclasses.replace, for Linen modules too."""
    return (
        value.clone(**changes) if hasattr(value, 'clone') else dataclasses.replace(value, **changes)
    )


def _set(value: Any, path: list[str], text: str, whole: str) -> Any:
    name, rest = path[0], path[1:]
    if isinstance(value, tuple):
        if not name.isdigit() or int(name) >= len(value):
            raise UserError(
                f'{whole}: {len(value)} entries, counted from 0; {name} is none of them'
            )
        position = int(name)
        changed = _set(value[position], rest, text, whole) if rest else None
        if changed is None:
            raise UserError(f'{whole}: name one field of {type(value[position]).__name__}')
        return (*value[:position], changed, *value[position + 1 :])
    if not dataclasses.is_dataclass(value):
        raise UserError(f'{whole}: {value!r} has no fields')
    declared = {k: v for k, v in codec.annotations(type(value)).items() if k not in BOUND}
    if isinstance(value, Experiment):
        declared.pop('name')
    if name not in declared:
        inside = f' in {type(value).__name__}'
        raise UserError(f'{whole}: {unknown("field" + inside, name, declared)}')
    if rest:
        return replace(value, **{name: _set(getattr(value, name), rest, text, whole)})
    return replace(value, **{name: _parse(declared[name], text, whole, getattr(value, name))})


def _parse(annotation: Any, text: str, where: str, current: Any) -> Any:
    choice = codec.kinds(annotation)
    if choice:
        if text not in choice[1]:
            raise UserError(f'{where}: {unknown(choice[0], text, choice[1])}')
        return _convert(choice[1][text], current)
    origin, members = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        if text.lower() == 'none':
            return None
        [annotation] = [member for member in members if member is not type(None)]
        return _parse(annotation, text, where, current)
    if origin is tuple:
        parts = [] if text.lower() in ('', 'none', '[]') else text.strip('[]()').split(',')
        return tuple(_parse(members[0], part.strip(), where, None) for part in parts if part)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        raise UserError(
            f'{where}: name one of its fields: {", ".join(codec.annotations(annotation))}'
        )
    return codec.read(annotation, _literal(annotation, text), where)


def _literal(annotation: Any, text: str) -> Any:
    if annotation is str or typing.get_origin(annotation) is typing.Literal:
        return text
    try:
        return json.loads(text.lower() if text.lower() in ('true', 'false') else text)
    except json.JSONDecodeError:
        return text


def _convert(kind: type, current: Any) -> Any:
    if current is None:
        return kind()
    shared = codec.annotations(kind).keys() & codec.annotations(type(current)).keys()
    return kind(**{name: getattr(current, name) for name in shared})
