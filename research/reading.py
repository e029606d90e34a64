"""Reading ahead in threads, by Grain; and whether data must be read at all."""

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple, TypeVar

import jax

from research.errors import UserError

# Decoding and reading let the interpreter go; more than a few threads wait for one another.
THREADS = max(2, min(8, os.cpu_count() or 1))
# Of the free memory that resident data may take; loading them takes as much again, and then there
# are the model and its activations.
SHARE = 1 / 3
MIB = 2**20
READ, RESIDENT = 'read from disk as they are needed', 'on the device'

Loaded = TypeVar('Loaded')


def ahead(
    numbers: range, load: Callable[[int], Loaded], buffer: int, threads: int = THREADS
) -> Generator[Loaded, None, None]:
    """`load` of each number, in order, called in threads before it is asked for.

    Whatever `load` raises is raised here, at its number.

    Args:
        numbers: what to load; consecutive.
        load: safe to be called by several threads.
        buffer: how many may be loaded or under way at a time.
        threads: that load.
    """
    import grain  # takes seconds, and a resident run has no use for it

    def attempt(number: int) -> Loaded | _Failed:
        try:
            return load(number)
        except Exception as error:  # raised below: Grain would add its own lines to what it says
            return _Failed(error)

    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=buffer)
    dataset = grain.MapDataset.range(numbers.start, numbers.stop).map(attempt)
    found = iter(dataset.to_iter_dataset(options))
    try:
        for loaded in found:
            if isinstance(loaded, _Failed):
                raise loaded.error
            yield loaded
    finally:
        found.close()


class _Failed(NamedTuple):
    error: Exception


class Choice(NamedTuple):
    """Whether data are streamed, and a line on why."""

    streamed: bool
    line: str


def choose(wish: str, needed_bytes: int, begun: bool | None, alike: bool) -> Choice:
    """What `--stream` comes to.

    Args:
        wish: 'on', 'off', or 'auto': as the run began, else by the memory there is.
        needed_bytes: that resident data would take.
        begun: whether the run's data were streamed when it began; None: it has not.
        alike: streamed and resident data are the same to the bit.

    Raises:
        UserError: a run would go on with data that are not those it began with.
    """
    if wish != 'auto':
        if begun not in (None, wish == 'on') and not alike:
            raise UserError(
                f'--stream={wish}: the run began with its data {READ if begun else RESIDENT}, '
                'and the bits differ: --stream=auto goes on so, --force begins anew'
            )
        return Choice(wish == 'on', READ if wish == 'on' else RESIDENT)
    if begun is not None:
        return Choice(begun, f'{READ if begun else RESIDENT}, as the run began')
    free = free_bytes()
    needed = f'{needed_bytes / MIB:,.0f} MiB'
    if needed_bytes <= SHARE * free:
        return Choice(False, RESIDENT)
    return Choice(
        True,
        f'{READ}: {needed} are more than a third of the {free / MIB:,.0f} MiB '
        'that are free (--stream=off keeps them on the device)',
    )


def free_bytes() -> int:
    """Free memory of the fullest device; where a device does not tell, of this machine."""
    stats = [device.memory_stats() or {} for device in jax.local_devices()]
    if all('bytes_limit' in each for each in stats):
        return min(each['bytes_limit'] - each.get('bytes_in_use', 0) for each in stats)
    known = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    for path in ('/proc/meminfo', '/sys/fs/cgroup/memory.max'):
        if os.path.exists(path):
            known = min(known, _stated(Path(path).read_text(), known))
    return known


def _stated(text: str, otherwise: int) -> int:
    """Bytes of MemAvailable in meminfo, or of a control group's limit."""
    if text.strip().isdigit():
        return int(text)
    for line in text.splitlines():
        if line.startswith('MemAvailable:'):
            return int(line.split()[1]) * 1024
    return otherwise
