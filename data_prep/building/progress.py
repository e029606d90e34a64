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
    """Passes `items` on and shows how much of `total` has passed.

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
    last = time.monotonic()
    for item in items:
        yield item
        done += size(item)
        if time.monotonic() - last >= QUIET_S:
            last = time.monotonic()
            report(f'{what}: {done} of {total} ({done / max(total, 1):.0%})')
