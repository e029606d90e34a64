"""Experiments to JSON and back, checked by their types; nothing is evaluated or imported by name.

A value whose field may hold one of several classes carries its class's name as `kind`.
"""

import dataclasses
import inspect
import types
import typing
from typing import Any

from research import augment, experiment, frontends, models, optimizers, tasks, tokens
from research.bounds import Bounds, Scalar
from research.errors import UserError, unknown

KINDS: dict[Any, tuple[str, dict[str, type]]] = {
    experiment.Inputs: ('front-end', frontends.KINDS | tokens.KINDS),
    experiment.Model: ('model', {name: getattr(models, name) for name in models.__all__}),
    tasks.Task: ('task', tasks.KINDS),
    augment.Augmentation: ('augmentation', augment.KINDS),
    optimizers.Optimizer: (
        'optimizer',
        {kind.__name__: kind for kind in typing.get_args(optimizers.Optimizer)},
    ),
}
NAMES = {
    int: 'a whole number',
    float: 'a number',
    Scalar: 'a number',
    bool: 'true or false',
    str: 'text',
}


def annotations(kind: type) -> dict[str, Any]:
    """Declared types of a dataclass's or a module's own fields, inherited ones first."""
    names = [f.name for f in dataclasses.fields(kind) if f.name not in ('parent', 'name')]
    if kind is experiment.Experiment:
        names.insert(0, 'name')
    declared: dict[str, Any] = {}
    for ancestor in reversed(kind.__mro__):
        declared |= inspect.get_annotations(ancestor)
    return {name: declared[name] for name in names}


def to_json(value: Any) -> Any:
    """Plain dicts, lists, numbers and strings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        unsaid = _unsaid(value)
        told = (name for name in annotations(type(value)) if name not in unsaid)
        fields = {name: to_json(getattr(value, name)) for name in told}
        plain = isinstance(value, experiment.Experiment | experiment.Data | experiment.StandIn)
        return fields if plain else {'kind': type(value).__name__} | fields
    if isinstance(value, tuple | list):
        return [to_json(each) for each in value]
    return value


def _unsaid(value: Any) -> set[str]:
    """Fields marked as bounds.LATER that are at their defaults, as they were before they came."""
    later = (field for field in dataclasses.fields(value) if 'later' in field.metadata)
    return {field.name for field in later if getattr(value, field.name) == field.default}


def from_json(payload: dict[str, Any]) -> experiment.Experiment:
    """The experiment that `to_json` wrote.

    Raises:
        UserError: names the field, what it holds and what is wanted.
    """
    return read(experiment.Experiment, payload, 'experiment')


def kinds(annotation: Any) -> tuple[str, dict[str, type]] | None:
    """What a field may hold, by name, where it may hold one of several classes."""
    if annotation in KINDS:
        return KINDS[annotation]
    members = typing.get_args(annotation)
    if members and all(dataclasses.is_dataclass(member) for member in members):
        return 'value', {member.__name__: member for member in members}
    return None


def read(annotation: Any, value: Any, where: str) -> Any:
    """`value` as the annotated type, or a UserError that names `where`."""
    choice = kinds(annotation)
    if choice:
        return _read_kind(*choice, value, where)
    origin, members = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        bounds = next(m for m in members if isinstance(m, Bounds))
        number = _read_plain(members[0], value, where, f'{NAMES[members[0]]} {bounds}')
        if not bounds.admits(number):
            raise _wrong(where, value, f'{NAMES[members[0]]} {bounds}')
        return number
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in members:
            return None
        [member] = [m for m in members if m is not type(None)]
        return read(member, value, where)
    if origin is typing.Literal:
        if value not in members:
            raise UserError(f'{where}: {unknown("choice", str(value), map(str, members))}')
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise _wrong(where, value, 'a list')
        return tuple(read(members[0], each, f'{where}.{i}') for i, each in enumerate(value))
    if dataclasses.is_dataclass(annotation):
        return _read_fields(typing.cast(type, annotation), value, where)
    return _read_plain(annotation, value, where, NAMES[annotation])


def _read_kind(what: str, known: dict[str, type], value: Any, where: str) -> Any:
    if type(value) in known.values():
        return value
    if not isinstance(value, dict) or 'kind' not in value:
        raise _wrong(where, value, f'one of {", ".join(sorted(known))}')
    if value['kind'] not in known:
        raise UserError(f'{where}: {unknown(what, str(value["kind"]), known)}')
    fields = {name: each for name, each in value.items() if name != 'kind'}
    return _read_fields(known[value['kind']], fields, where)


def _read_fields(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(where, value, f'the fields of {kind.__name__}')
    declared = annotations(kind)
    for name in value:
        if name not in declared:
            raise UserError(f'{where}: {unknown("field", name, declared)}')
    read_in = {name: read(declared[name], each, f'{where}.{name}') for name, each in value.items()}
    try:
        return kind(**read_in)
    except (TypeError, ValueError) as error:
        raise UserError(f'{where}: {error}') from error


def _read_plain(kind: Any, value: Any, where: str, wanted: str) -> Any:
    kind = float if kind == Scalar else kind
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise _wrong(where, value, wanted)
    return value


def _wrong(where: str, value: Any, wanted: str) -> UserError:
    return UserError(f'{where}={value!r}: {wanted} is wanted')
