"""A map over processes that keeps the order and holds few results at a time."""

import collections
import concurrent.futures.process
import itertools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from data_prep.errors import Stopped

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
        Stopped: a process died.
    """
    if jobs == 1:
        yield from map(function, items)
        return
    # Not fork: whoever asks for a corpus may already hold threads of a numerical library.
    context = multiprocessing.get_context('spawn')
    end, lifeline = context.Pipe(duplex=False)
    pool = concurrent.futures.ProcessPoolExecutor(jobs, context, _live_with, (end,))
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
        raise Stopped(
            'a worker process died, killed or out of memory: the same command goes on from what '
            'is finished, with --jobs=1 in less memory'
        ) from None
    finally:
        if waiting:  # a failure, or nobody wants the rest: what is under way is not waited for
            lifeline.close()
        pool.shutdown(cancel_futures=True)
        lifeline.close()
        end.close()


def _live_with(end: multiprocessing.connection.Connection) -> None:
    """Ends this worker with its parent, which alone knows of a stop, or with the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        end.poll(None)  # until the other end is closed, by its owner or by its owner's death
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
