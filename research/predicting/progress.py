"""How far the files have been read: a bar on a terminal, a few plain lines anywhere else."""

import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO, cast

from data_prep.building.progress import duration
from research.loggers.console import BAR_INTERVAL_S, PLAIN_INTERVAL_S, Stream
from research.predicting.places import Place


class Progress:
    """Counted in bytes of files, of which all are known before the first is opened.

    Args:
        places: all that will have been read.
        done: those of them that have been already.
        stream: where to; None: standard error, so that standard output holds answers alone.
        clock: seconds, never backwards.
    """

    def __init__(
        self,
        places: list[Place],
        stream: Stream | None = None,
        clock: Callable[[], float] = time.monotonic,
        done: Sequence[Place] = (),
    ):
        self._sizes = {place.name: _size(place) for place in places}
        self._total = sum(self._sizes.values())
        self._stream: Stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._begun_s = clock()
        self._shown_s = self._begun_s
        self._before = sum(self._sizes[place.name] for place in done)
        self._read, self._heard_s, self._files = float(self._before), 0.0, len(done)
        self._current: tuple[str, float, float] = '', 0.0, 0.0
        terminal = self._stream.isatty() and os.environ.get('TERM') != 'dumb'
        self._bar = _Bar(self._stream) if terminal else None

    def watch(self, place: Place, share: float, seconds: float) -> None:
        """So much of a file has been read."""
        if place.name != self._current[0]:
            self._close()
        self._current = place.name, share, seconds
        interval_s = BAR_INTERVAL_S if self._bar else PLAIN_INTERVAL_S
        if self._clock() - self._shown_s >= interval_s:
            self._show()

    def close(self) -> None:
        """Gives the terminal back."""
        if self._bar:
            self._bar.close()

    def _close(self) -> None:
        name, _, seconds = self._current
        if name:
            self._files += 1
            self._read += self._sizes[name]
            self._heard_s += seconds

    def _show(self) -> None:
        now_s = self._clock()
        self._shown_s = now_s
        name, share, seconds = self._current
        read = self._read + share * self._sizes.get(name, 0)
        spent_s, heard_s = now_s - self._begun_s, self._heard_s + seconds
        done = read / self._total if self._total else 1.0
        own = read - self._before
        left_s = spent_s * (self._total - read) / own if own else math.inf
        left = f'  {duration(left_s)} left' if math.isfinite(left_s) else ''
        line = (
            f'file {min(self._files + 1, len(self._sizes))}/{len(self._sizes)}  {done:.0%}'
            f'{left}  {duration(heard_s)} heard, {heard_s / max(spent_s, 1e-9):,.0f} x real time'
        )
        if self._bar:
            self._bar.show(done, line)
        else:
            print(line, file=self._stream, flush=True)


class _Bar:
    def __init__(self, stream: Stream):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(file=cast(IO[str], stream), highlight=False, force_terminal=True)
        text = TextColumn('{task.description}', markup=False)
        self._progress = Progress(
            BarColumn(bar_width=None), text, console=console, expand=True, auto_refresh=False
        )
        self._task = self._progress.add_task('', total=1.0)
        self._progress.start()

    def show(self, done: float, line: str) -> None:
        self._progress.update(self._task, completed=done, description=line, refresh=True)

    def close(self) -> None:
        self._progress.stop()


def _size(place: Place) -> int:
    try:
        return 0 if place.error else os.path.getsize(place.path)
    except OSError:
        return 0
