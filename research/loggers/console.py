"""Progress for a person: a bar on a terminal, a few plain lines anywhere else."""

import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Protocol, cast, runtime_checkable

from data_prep.building.progress import duration
from research.scores import SCORES

PLAIN_INTERVAL_S = 10.0
BAR_INTERVAL_S = 0.1
UNITS = ('slices', 'items', 'groups')
# What a record has beside its figures, or has as one of several scores.
ASIDE = ('step', 'split', 'time_s', 'loss', 'grad_norm', 'examples_per_s')


@runtime_checkable
class Stream(Protocol):
    """What can be printed to: standard output, an open file, a string buffer."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...
    def isatty(self) -> bool: ...


class Console:
    """Shows records of metrics.jsonl as they come.

    On a terminal: a bar with step of steps, loss, accuracy, examples a second, time left and the
    last validation. Elsewhere: the same as a line, at most one in 10 s, no control characters;
    the first and the last record are always told.

    Args:
        total_steps: steps of the whole run, those before a resume included.
        selects_by: the score of a validation that is shown: that which picks the checkpoint.
        stream: where to; None: standard output as it is when the console is made.
        clock: seconds, never backwards.
    """

    def __init__(
        self,
        total_steps: int,
        selects_by: str = 'loss',
        stream: Stream | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.total_steps, self.selects_by = total_steps, selects_by
        self.stream: Stream = sys.stdout if stream is None else stream
        self.clock = clock
        self._origin: tuple[int, float] | None = None
        self._step = 0
        self._shown_s = -math.inf
        self._validation = ''
        self._train: Mapping[str, Any] = {}
        self._pending = False
        terminal = self.stream.isatty() and os.environ.get('TERM') != 'dumb'
        self._bar = _Bar(total_steps, self.stream) if terminal else None

    def log(self, record: Mapping[str, Any]) -> None:
        """Shows a record: {'step': 40, 'split': 'train', 'loss': 1.2, ...}."""
        if self._origin is None:
            self._origin = record['step'], self.clock()
        self._step = record['step']
        if record['split'] == 'train':
            self._train = record
        else:
            score = record.get(self.selects_by)
            value = '' if score is None else f'{self.selects_by} {score:.3f} '
            self._validation = f'{record["split"]} {value}at {record["step"]}'
        self._pending = True
        interval_s = BAR_INTERVAL_S if self._bar else PLAIN_INTERVAL_S
        if self.clock() - self._shown_s >= interval_s:
            self._show()

    def say(self, line: str) -> None:
        """A line of its own, above the bar."""
        if self._bar:
            self._bar.say(line)
        else:
            print(line, file=self.stream, flush=True)

    def close(self) -> None:
        """Shows the last record if that was held back, and gives the terminal back."""
        if self._pending:
            self._show()
        if self._bar:
            self._bar.close()

    def _show(self) -> None:
        self._shown_s, self._pending = self.clock(), False
        course, figures = self._course(), self._figures()
        if self._bar:
            self._bar.show(self._step, course, figures)
        else:
            print(f'{course}  {figures}', file=self.stream, flush=True)

    def _course(self) -> str:
        """Where the run is and how long it will take, counted from the first record on: what came
        before that was compilation.
        """
        done = f'step {self._step}/{self.total_steps}'
        assert self._origin is not None
        first, since_s = self._origin
        if self._step == first:
            return done
        step_s = (self.clock() - since_s) / (self._step - first)
        return f'{done}  {duration(step_s * (self.total_steps - self._step))} left'

    def _figures(self) -> str:
        train = self._train
        shown = ['loss', *(name for name in train if name not in ASIDE)]
        figures = [f'{name} {train[name]:.3f}' for name in shown if name in train]
        if 'examples_per_s' in train:
            figures.append(f'{train["examples_per_s"]:.0f} examples/s')
        if self._validation:
            figures.append(self._validation)
        return '  '.join(figures)


class _Bar:
    """The terminal's form: two lines redrawn in place, no thread."""

    def __init__(self, total_steps: int, stream: Stream):
        from rich.console import Console as RichConsole
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn

        self.progress = Progress(
            BarColumn(bar_width=None), TextColumn('{task.description}', markup=False), expand=True
        )
        self.task = self.progress.add_task(f'step 0/{total_steps}', total=total_steps)
        console = RichConsole(file=cast(IO[str], stream), highlight=False, force_terminal=True)
        self.live = Live(self.progress, console=console, auto_refresh=False)
        self.live.start()

    def show(self, step: int, course: str, figures: str) -> None:
        from rich.console import Group
        from rich.text import Text

        self.progress.update(self.task, completed=step, description=course)
        rows = Group(self.progress, Text(figures, no_wrap=True, overflow='ellipsis'))
        self.live.update(rows, refresh=True)

    def say(self, line: str) -> None:
        self.live.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        self.live.stop()


def summary(result: Mapping[str, Any]) -> list[str]:
    """The end of a run as lines of a table: both parts' scores with intervals and counts.

    Args:
        result: what result.json holds.
    """
    lines = [
        f'best step {result["best_step"]} of {result["steps"]}; '
        f'{result["parameters"]:,} parameters; {duration(result["seconds"])} of training'
    ]
    for part in ('valid', 'test'):
        found = result[part]
        counts = ', '.join(_counted(found[unit], unit) for unit in UNITS if unit in found)
        lines.append(f'{part}: {counts}')
        for name, value in found.items():
            if value is None:
                lines.append(f'  {name:14} undefined')
            if isinstance(value, float):
                low, high = found.get(f'{name}_interval', (None, None))
                interval = '' if low is None else f'  [{low:.3f}, {high:.3f}]'
                lines.append(f'  {name:14} {value:.3f}{interval}')
    lines += result.get('caveats', [])
    return [*lines, _meant([result['valid'], result['test']])]


def _meant(parts: Sequence[Mapping[str, Any]]) -> str:
    """What brackets are, and why scores of a single group have others or none."""
    alone = {
        name: f'{name}_interval' in part
        for part in parts
        for name, value in part.items()
        if part.get('groups') == 1 and isinstance(value, float)
        if name in SCORES and SCORES[name].units
    }
    meant = 'in brackets: 95% intervals, groups resampled whole'
    if any(alone.values()):
        meant += "; of a single group Wilson's, with one trial"
    if without := [name for name, there in alone.items() if not there]:
        meant += f"; none of {', '.join(without)}: one group cannot be resampled, and Wilson's "
        meant += 'interval is of shares up to 100%'
    return meant


def _counted(count: int, unit: str) -> str:
    return f'{count} {unit.removesuffix("s") if count == 1 else unit}'
