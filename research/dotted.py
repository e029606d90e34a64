"""Nested dictionaries as flat ones with dotted names."""

from collections.abc import Mapping
from typing import Any


def flatten(tree: Mapping[str, Any], separator: str = '.') -> dict[str, Any]:
    """{'a': {'b': 1}, 'c': [{'d': 2}]} as {'a.b': 1, 'c.0.d': 2}.

    Lists of plain values are leaves; so are empty dictionaries and lists.
    """
    flat: dict[str, Any] = {}
    for name, value in keyed(tree).items():
        if isinstance(value, Mapping) and value:
            inside = flatten(value, separator)
            flat |= {f'{name}{separator}{path}': leaf for path, leaf in inside.items()}
        else:
            flat[name] = value
    return flat


def keyed(value: Any) -> Any:
    """{'c': [{'d': 2}], 'e': [1]} as {'c': {'0': {'d': 2}}, 'e': [1]}: no lists of dictionaries."""
    if isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
        value = {str(position): each for position, each in enumerate(value)}
    if isinstance(value, Mapping):
        return {name: keyed(each) for name, each in value.items()}
    return value
