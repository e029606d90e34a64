"""Settings that came after runs were made, with what they were before they came.

Such a field (see `bounds.LATER`) is not written where it is at its default, so that whoever reads
settings, not experiments, has to be told it. This table is apart from the classes that have the
fields, for tables are made without them and without jax.
"""

from typing import Any

# Kind, as codec writes it; field; default.
DEFAULTS: dict[str, dict[str, Any]] = {
    'LSTM': {'recurrence': 'scan'},
    'TokenLSTM': {'recurrence': 'scan'},
    'Transformer': {'period': 0},
}


def complete(written: Any) -> Any:
    """What codec wrote, or a part of it, with the settings that it left out behind the others."""
    if isinstance(written, dict):
        known = DEFAULTS.get(str(written.get('kind')), {})
        lacking = {name: value for name, value in known.items() if name not in written}
        return {name: complete(value) for name, value in written.items()} | lacking
    if isinstance(written, list):
        return [complete(each) for each in written]
    return written
