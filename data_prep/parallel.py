"""A map over processes that keeps the order and holds few results at a time."""

import collections
import concurrent.futures.process
import itertools
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from data_prep.errors import PrepError

In = TypeVar('In')
Out = TypeVar('Out')


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ordered_map(function: Callable[[In], Out], items: Iterable[In], jobs: int) -> Iterator[Out]:
    """Yields `function(item)` in the order of `items`, with at most `4 * jobs` under way.

    Args:
        function: picklable, unless `jobs` is 1.
        items: picklable.
        jobs: processes; 1 stays in this one.

    Raises:
        PrepError: a process died.
    """
    if jobs == 1:
        yield from map(function, items)
        return
    # Not fork: whoever asks for a corpus may already hold threads of a numerical library.
    context = multiprocessing.get_context('spawn')
    with concurrent.futures.ProcessPoolExecutor(jobs, context, _die_with_parent) as pool:
        waiting = collections.deque()
        items = iter(items)
        try:
            for item in itertools.islice(items, 4 * jobs):
                waiting.append(pool.submit(function, item))
            while waiting:
                yield waiting.popleft().result()
                for item in itertools.islice(items, 1):
                    waiting.append(pool.submit(function, item))
        except concurrent.futures.process.BrokenProcessPool:
            raise PrepError(
                'a worker process died, killed or out of memory: try --jobs=1'
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _die_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
