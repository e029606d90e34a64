"""How far a long piece of work has come: a bar on a terminal, else a line now and then."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar('T')
QUIET_S = 10.0  # off a terminal, at most a line in so many seconds


def progress(
    items: Iterable[T],
    total: int,
    what: str,
    report: Callable[[str], object] = print,
    size: Callable[[T], int] = lambda _: 1,
    done: int = 0,
) -> Iterator[T]:
    """Passes `items` on and shows how much of `total` has passed, and what time is left.

    Args:
        items: what is worked on.
        total: the sum of all sizes.
        what: names the work.
        report: takes a line, off a terminal.
        size: how much of the total an item is.
        done: how much had passed before.
    """
    if sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(desc=what, total=total, initial=done, unit_scale=total > 100_000) as bar:
            for item in items:
                yield item
                bar.update(size(item))
        return
    begun_s = last_s = time.monotonic()
    before = done
    for item in items:
        yield item
        done += size(item)
        now_s = time.monotonic()
        if now_s - last_s >= QUIET_S:
            last_s = now_s
            line = f'{what}: {done} of {total} ({done / max(total, 1):.0%})'
            if done > before:
                left_s = (now_s - begun_s) * max(total - done, 0) / (done - before)
                line += f'  {duration(left_s)} left'
            report(line)


def duration(seconds: int | float) -> str:
    """'0:07', '12:34' or '3:00:05': hours only where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02}:{rest:02}' if hours else f'{minutes}:{rest:02}'
