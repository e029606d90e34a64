"""A grid on disk: which runs it has, and how far each of them is.

`<runs_dir>/grids/<name>.json` lists the members and where their runs are; how far a run is stands
in its own directory alone. A run may belong to several grids.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from research import claims
from research.runs import Run, read_json, write_json

FOLDER = 'grids'
LAST_LINES = 3


@dataclasses.dataclass(frozen=True)
class Entry:
    """A member of a grid as its ledger has it.

    Attributes:
        label: tells it from the others, but for the seed.
        change: assignments that were applied to its experiment.
        run: its directory.
    """

    label: str
    change: tuple[str, ...]
    run: Run


@dataclasses.dataclass(frozen=True)
class State:
    """How far a run is: 'done', 'running', 'failed', 'stopped' (begun, and nobody is at it) or
    'waiting', and in words where, since when or why.
    """

    word: str
    more: str = ''


def path(runs_dir: Path, name: str) -> Path:
    return Path(runs_dir) / FOLDER / f'{name}.json'


def write(runs_dir: Path, name: str, entries: Sequence[Entry]) -> Path:
    """Writes the ledger, or writes it anew; runs stay as they are."""
    file = path(runs_dir, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    members = [
        {
            'label': each.label,
            'change': list(each.change),
            'run': str(each.run.directory.relative_to(runs_dir)),
        }
        for each in entries
    ]
    write_json(file, {'name': name, 'members': members})
    return file


def read(runs_dir: Path, name: str) -> list[Entry]:
    """The members of a grid.

    Raises:
        RunError: the file is none of ours.
        FileNotFoundError: there is no such ledger.
    """
    return [
        Entry(each['label'], tuple(each['change']), Run(Path(runs_dir) / each['run']))
        for each in read_json(path(runs_dir, name))['members']
    ]


def state(run: Run) -> State:
    """How far a run is, from its directory."""
    status = run.status()
    if status == 'finished':
        return State('done')
    holder = claims.holder(run.directory)
    if holder:
        return State('running', f'process {holder["pid"]} {holder["where"]}, {holder["since"]}')
    if status == 'failed':
        return State('failed', str(read_json(run.failure)['reason']))
    return State('stopped' if status == 'started' else 'waiting')


def counted(states: Sequence[State]) -> str:
    """How many are done, running and so on, as in '3 done, 1 waiting'."""
    counts = Counter(each.word for each in states)
    return ', '.join(f'{counts[word]} {word}' for word in WORDS if counts[word])


def lines(name: str, entries: Sequence[Entry]) -> list[str]:
    """The grid for people: counts, and a line for each run that is not done."""
    states = [state(each.run) for each in entries]
    found = [f'{name}: {len(entries)} runs: {counted(states)} ({time.strftime("%H:%M:%S")})']
    for entry, own in zip(entries, states, strict=True):
        if own.word != 'done':
            said = f'{own.word:8} {entry.label} {_seed(entry)}  {entry.run.directory}'
            found.append(f'{said}{": " if own.more else ""}{own.more}')
            found += [f'         {line}' for line in _last_lines(entry.run, own)]
    return found


def waiting(name: str, count: int, runs_dir: Path, why: str) -> list[str]:
    """The grid for people where its corpus, and so its runs' names, are not known.

    Args:
        name: of the grid.
        count: of its members.
        runs_dir: where a ledger lies if the grid was ever begun.
        why: the corpus is not known.
    """
    if path(runs_dir, name).is_file():
        return [f'as the grid was last begun ({why}):', *lines(name, read(runs_dir, name))]
    return [f'{name}: {count} runs: {count} waiting; {why}: the training prepares it']


WORDS = ('done', 'running', 'failed', 'stopped', 'waiting')


def _seed(entry: Entry) -> str:
    return next((each for each in entry.change if each.startswith('seed=')), '')


def _last_lines(run: Run, own: State) -> list[str]:
    """The end of the traceback of an error that nobody foresaw."""
    if own.word != 'failed' or not run.trace.is_file():
        return []
    return (
        run.trace.read_text(encoding='utf-8', errors='replace').rstrip().splitlines()[-LAST_LINES:]
    )
