"""What a model's outputs stand for: learnt from the training part, kept with the run."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from research.runs import RunError, write_json


@dataclasses.dataclass(frozen=True)
class Meaning:
    """Names and scales of outputs. What a task or a view of notes has no use for stays as it is.

    Attributes:
        labels: names of outputs in their order: classes, characters (the first is CTC's blank, an
            empty text), words.
        sizes: how many values each field of a token may have.
        centre: of a number to be told: mean over the training part, in the target's own unit.
        scale: of that number: its standard deviation there.
    """

    labels: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    centre: float = 0.0
    scale: float = 1.0

    def write(self, path: Path) -> None:
        """As JSON, whole or not at all."""
        write_json(path, dataclasses.asdict(self))


def read(path: Path) -> Meaning:
    """What `write` wrote.

    Raises:
        RunError: the file is missing or holds something else; names it.
    """
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding='utf-8'))
        return Meaning(
            labels=tuple(map(str, found['labels'])),
            sizes=tuple(map(int, found['sizes'])),
            centre=float(found['centre']),
            scale=float(found['scale']),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f'{path} cannot be read ({error}): train the run anew') from error
