"""What a task has to say of files: the contract between the modules of the tasks and the rest."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from research.errors import UserError
from research.predicting.places import Place

# A line of a report: numbers and texts by column.
Row = Mapping[str, Any]
# How much of a file has been read, in [0, 1], and how many seconds that is.
Watch = Callable[[Place, float, float], None]


@dataclasses.dataclass(frozen=True)
class Options:
    """What the user asked for; None: nothing, and then a task does what suits it.

    Attributes:
        slices: 'all' of a recording, or those that 'training' would hear.
        review: probability below which a person shall look.
        hop_s: from the start of a window to that of the next.
        labels: label files for 'raven' or 'audacity'.
        lm: 'auto' or 'off': the language model of a run that has one.
    """

    slices: str | None = None
    review: float | None = None
    hop_s: float | None = None
    labels: str | None = None
    lm: str | None = None

    def only(self, task: object, *names: str) -> None:
        """Refuses what a task has no use for.

        Raises:
            UserError: names the flag and those that the task takes.
        """
        for field in dataclasses.fields(self):
            if getattr(self, field.name) is not None and field.name not in names:
                known = ', '.join(f'--{name}' for name in names) or 'none'
                raise UserError(
                    f'--{field.name} says nothing to a run of {type(task).__name__}; '
                    f'of the flags for single tasks it takes: {known}'
                )


class Reported(NamedTuple):
    """What is told of one file.

    Attributes:
        place: the file.
        row: by `columns`; empty where there is an error.
        events: by `event_columns`.
        error: why there is no answer; '' where there is one.
        slot: of a batch, at which what comes after the file begins.
    """

    place: Place
    row: Row
    events: Sequence[Row]
    error: str
    slot: int = 0

    def finite(self) -> 'Reported':
        """Itself, or an error: numbers that are none are no answer."""
        for each in (self.row, *self.events):
            for column, value in each.items():
                if isinstance(value, float) and not math.isfinite(value):
                    why = f'the model gives {value} as {column}'
                    return self._replace(row={}, events=[], error=why)
        return self


class How(NamedTuple):
    """By what a model's outputs became answers, where that is a choice.

    Attributes:
        line: for people.
        facts: the same as values, for a report.
    """

    line: str
    facts: Mapping[str, float | str]


@runtime_checkable
class Answers(Protocol):
    """What a run says of files.

    Attributes:
        suffixes: of the files that it takes from folders.
        columns: of a file's line, without `file` and `error`.
        event_columns: of lines below it; none: there are no such lines.
        event: what such a line is.
        how: temperature of classes, thresholds of calls or the decoder of speech; None: there is
            nothing to choose.
    """

    suffixes: tuple[str, ...]
    columns: tuple[str, ...]
    event_columns: tuple[str, ...]
    event: str
    how: How | None

    def ask(self, places: Sequence[Place], watch: Watch, slot: int = 0) -> Iterator[Reported]:
        """An answer, or the reason why not, for each place, in order.

        Args:
            places: files.
            watch: told how far a file has been read.
            slot: of a batch, at which the first file begins. Not every device need give a window
                the same last bits at every slot, so who goes on after a file begins where it ended.
        """
        ...
