"""One process trains a run. Who it is stands in files, so it holds on shared disks too.

Claims are numbered files in `<run>/claim/`: N.json is held, N.free was given back, and the last
one counts. The next number is taken by O_EXCL, so of any number of takers one wins, however long
the others slept between looking and taking. (Moving a stale claim aside does not give that: a
taker that slept would move the fresh claim of the one that was quicker.) No lock is used: on some
shared disks locks do nothing. No time is compared between hosts: a holder rewrites a counter, and
another host watches by its own clock whether the counter moves.
"""

import contextlib
import json
import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from research.runs import RunError, unwritable


class Claimed(RunError):
    """Another process holds the run."""


class Claim:
    """A held claim; a context manager that gives it back.

    A thread rewrites the counter until then. A process that was frozen may have been taken for
    dead by another host: ask `lost` before anything is written into the run.
    """

    def __init__(self, file: Path, record: dict[str, Any], beat_s: float):
        self._file, self._record, self._beat_s = file, record, beat_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f'claim {file}', daemon=True)
        self._thread.start()

    def lost(self) -> bool:
        """True where somebody took the run over or removed the claim: stop, write nothing."""
        return _newest(self._file.parent) != self._file or _read(self._file) != self._record

    def release(self) -> None:
        """Stops the counter and leaves the run free. A second call does nothing."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        # Renamed, not removed: a number must not be given out twice. Where even that fails, the
        # next to ask finds this process dead.
        with contextlib.suppress(OSError):
            if not self.lost():
                self._file.rename(self._file.with_suffix('.free'))
                _counter(self._file).unlink()

    def __enter__(self) -> 'Claim':
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _beat(self) -> None:
        count = 0
        while not self._stop.wait(self._beat_s):
            count += 1
            # In place and never longer, so that it moves on a full disk too. A beat that fails
            # all the same costs at worst the claim, and that is what `lost` is for.
            with contextlib.suppress(OSError), _counter(self._file).open('r+b') as file:
                file.write(_digits(count))


def claim(directory: Path, lease_s: float = 30.0, report: Callable[[str], None] = print) -> Claim:
    """Takes the run in `directory`, which is made where there is none.

    A holder on this machine is looked up among its processes, at once. A holder elsewhere (another
    host, another container, or this machine before it was started anew) is dead when its counter
    stands still for `lease_s` seconds, the same figure on all hosts; the wait is reported.

    Raises:
        Claimed: somebody alive holds it; one line with who, since when and what to do.
        RunError: the folder cannot be written.
    """
    folder = Path(directory) / 'claim'
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            newest = _newest(folder)
            if newest is not None:
                _await_free(newest, lease_s, report)
            mine = _take(folder, 1 if newest is None else int(newest.stem) + 1)
            if mine is not None:
                return Claim(*mine, beat_s=lease_s / 6)
            time.sleep(0.02)  # a shared disk may show its old listing for a while
    except OSError as error:
        raise unwritable(folder, error) from error


def holder(directory: Path) -> dict[str, Any] | None:
    """Who holds the run: `pid`, `here`, `where` and `since`; None where nobody does.

    Looks once and takes nothing: a holder on another machine may be dead, which only a second look
    would tell.
    """
    newest = _newest(Path(directory) / 'claim')
    record = _read(newest) if newest is not None and newest.suffix == '.json' else {}
    if not record:
        return None
    here = record.get('host') == _host()
    if here and not _alive(record['pid'], record['started']):
        return None
    where = 'on this machine' if here else 'on another machine or in another container'
    return {'pid': record['pid'], 'here': here, 'where': where, 'since': f'since {record["since"]}'}


def _take(folder: Path, number: int) -> tuple[Path, dict[str, Any]] | None:
    """Makes the claim of that number; None where somebody was quicker."""
    file = folder / f'{number:06d}.json'
    record = {
        'host': _host(),
        'pid': os.getpid(),
        'started': _started(os.getpid()),
        'since': time.strftime('%Y-%m-%d %H:%M:%S %z'),
        'token': secrets.token_hex(8),
    }
    try:
        with file.open('x', encoding='utf-8') as new:
            json.dump(record, new)
    except FileExistsError:
        return None
    if _newest(folder) != file:
        # Its number was given out, given back and cleared away while this taker slept.
        file.unlink(missing_ok=True)
        return None
    _counter(file).write_bytes(_digits(0))
    for old in _claims(folder)[:-1]:
        for leftover in (old, _counter(old)):
            leftover.unlink(missing_ok=True)
    return file, record


def _await_free(file: Path, lease_s: float, report: Callable[[str], None]) -> None:
    """Returns when the claim in `file` was given back, is dead, or is no longer the newest.

    Raises:
        Claimed: its holder lives.
    """
    seen, deadline = None, time.monotonic() + lease_s
    while file.suffix != '.free' and _newest(file.parent) == file and time.monotonic() < deadline:
        record = _read(file)
        if record.get('host') == _host():
            if _alive(record['pid'], record['started']):
                raise Claimed(_refusal(file, record, 'on this machine'))
            return
        counter = _text(_counter(file))
        if record and seen is None:
            seen = counter
            report(
                f'{file.parent.parent} was held by process {record.get("pid")} on another machine '
                f'or in another container: watching for up to {lease_s:g} s whether it lives'
            )
        elif record and counter != seen:
            raise Claimed(_refusal(file, record, 'on another machine or in another container'))
        time.sleep(min(0.1, lease_s / 20))


def _refusal(file: Path, record: dict[str, Any], where: str) -> str:
    return (
        f'{file.parent.parent} is held by process {record.get("pid")} {where} since '
        f'{record.get("since")}: wait for it, or end it, and ask again'
    )


def _claims(folder: Path) -> list[Path]:
    """All claims, oldest first; a claim given back comes after its own held form."""
    try:
        names = [Path(name) for name in os.listdir(folder)]
    except FileNotFoundError:
        return []
    claims = [n for n in names if n.stem.isdigit() and n.suffix in ('.json', '.free')]
    return [folder / n for n in sorted(claims, key=lambda n: (int(n.stem), n.suffix == '.free'))]


def _newest(folder: Path) -> Path | None:
    claims = _claims(folder)
    return claims[-1] if claims else None


def _counter(file: Path) -> Path:
    return file.with_suffix('.beat')


def _digits(count: int) -> bytes:
    return f'{count:020d}'.encode()


def _read(file: Path) -> dict[str, Any]:
    """What a claim says; empty where it is gone, torn, or not yet written."""
    try:
        record = json.loads(_text(file))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _text(path: Path) -> str:
    """The text of a small file; empty where it cannot be read."""
    try:
        return path.read_text(encoding='utf-8').strip()
    except OSError:
        return ''


def _host() -> list[str]:
    """What process numbers belong to: machine, its start, and the container's own numbering."""
    boot = _text(Path('/proc/sys/kernel/random/boot_id'))
    machine = _text(Path('/etc/machine-id')) or ('' if boot else f'{uuid.getnode():x}')
    try:
        numbering = os.readlink('/proc/self/ns/pid')
    except OSError:
        numbering = ''  # no Linux: one numbering for all
    return [machine, boot, numbering]


def _stat(pid: int) -> list[str]:
    """Fields of proc(5) stat from the third, the state, on; empty without /proc."""
    return _text(Path(f'/proc/{pid}/stat')).rpartition(')')[2].split()


def _started(pid: int) -> str | None:
    """Start of a process in clock ticks since boot (field 22 of stat)."""
    return next(iter(_stat(pid)[19:]), None)


def _alive(pid: int, started: str | None) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's, so there is one
    stat = _stat(pid)
    # Z, X: killed, and its parent has not looked yet.
    return not stat or (stat[0] not in 'ZX' and stat[19] == started)
