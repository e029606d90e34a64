"""Answers kept beside --out until all are there, so that what stops a command loses none of them.

    genres.csv.journal   JSON lines: what the answers hang on, then one for each file that has one

A line is appended in one piece as soon as a file has its answer, and bears a checksum of itself.
What a killed writer left of a line, or a disk made of it, is passed over, and that file is asked
about again. So is a file whose size or time is no more what it was, and one that had no answer: the
reason may be gone.
"""

import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

from research.errors import UserError
from research.predicting import outputs
from research.predicting.answers import Reported, Row
from research.predicting.places import Place

FORMAT = 1


class Kept(NamedTuple):
    """The answer to a file as it was.

    Attributes:
        stamp: its size and the time of its last change, in nanoseconds.
        row, events, slot: as `Reported` has them.
    """

    stamp: tuple[int, int]
    row: Row
    events: list[Row]
    slot: int


class Journal:
    """The answers to some files; a context in which they are asked for.

    An error that leaves the context bears a note of what is kept.

    Args:
        out: that the answers are for.
        run: what people call whose answers they are.
        about: all that answers hang on beside the files, as names and plain values.
        places: the files.
        force: throw away what hangs on something else.

    Attributes:
        path: of the journal.
        changed: how many files had an answer, but have changed since.
        own: outputs that processes before were about to put in their places, and their hashes.

    Raises:
        UserError: there is a journal of something else, and no `force`; or it cannot be read.
    """

    def __init__(
        self,
        out: Path,
        run: str,
        about: Mapping[str, Any],
        places: Sequence[Place],
        force: bool = False,
    ):
        self.path = outputs.journal(out)
        self._header = {'format': FORMAT, 'run': run, 'about': dict(about)}
        self._kept: dict[str, Kept] = {}
        self.own: set[tuple[str, str]] = set()
        self._goes_on = self.path.exists() and self._read(force)
        # Before anything is read of a file: what changes while it is heard is a change.
        self._stamps = {_key(place): _stamp(place) for place in places}
        self.total, self.done = len(places), sum(map(self.holds, places))
        self.changed = sum(_key(place) in self._kept for place in places) - self.done
        self._file: BinaryIO | None = None

    def holds(self, place: Place) -> bool:
        """Whether there is an answer to the file as it is."""
        kept = self._kept.get(_key(place))
        return kept is not None and kept.stamp == self._stamps[_key(place)]

    def take(self, place: Place) -> Reported:
        """An answer that it holds, which it then holds no more: no two copies in memory."""
        kept = self._kept.pop(_key(place))
        return Reported(place, kept.row, kept.events, '', kept.slot)

    def add(self, reported: Reported) -> None:
        """Keeps an answer; an error is none.

        Raises:
            UserError: the disk refuses.
        """
        stamp = self._stamps[_key(reported.place)]
        if not reported.error and stamp is not None:
            answer = {'row': dict(reported.row), 'events': list(map(dict, reported.events))}
            place = {'file': _key(reported.place), 'stamp': stamp}
            self._append({**place, **answer, 'slot': reported.slot})
            self.done += 1

    def replacing(self, hashes: Mapping[str, str]) -> None:
        """Tells a process that comes after which outputs, of which bytes, are this command's own.

        Raises:
            UserError: the disk refuses.
        """
        self._append({'replaces': dict(hashes)})

    def remove(self) -> None:
        """All answers are elsewhere."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> 'Journal':
        if not self._goes_on:
            with outputs.whole(self.path) as path:
                path.write_bytes(_line(self._header))
        try:
            self._file = self.path.open('a+b', buffering=0)
            end = self._file.seek(0, os.SEEK_END)
            self._file.seek(end - 1)
            if self._file.read(1) != b'\n':
                self._file.write(b'\n')  # parts a torn line from those that follow
        except OSError as error:
            raise outputs.unwritable(self.path, error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._file is not None
        self._file.close()
        if error is None:
            return
        if not self.done:
            self.remove()
            error.add_note('no file has an answer yet; the same command begins anew')
        else:
            kept = f'{self.done} of {self.total} files are kept in {self.path}'
            error.add_note(f'{kept}; the same command goes on from there')

    def _append(self, record: Mapping[str, Any]) -> None:
        assert self._file is not None
        line = _line(record)
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError as error:
            raise outputs.unwritable(self.path, error) from error

    def _read(self, force: bool) -> bool:
        """Whether what stands there can be gone on with."""
        try:
            with self.path.open('rb') as file:
                header = _record(file.readline()) or {}
                records = list(_records(file)) if header.get('format') == FORMAT else None
        except OSError as error:
            raise UserError(f'{self.path} cannot be read ({error.strerror or error})') from error
        if records is None:
            if force and self.path.is_file():
                return False
            raise UserError(
                f'{self.path} is no journal of this version: move it away, or --force replaces it'
            )
        kept, wanted = header['about'], self._header['about']
        differing = [
            f'{name} {kept.get(name)} there, {wanted.get(name)} here'
            for name in {**kept, **wanted}
            if kept.get(name) != wanted.get(name)
        ]
        if not differing:
            for record in records:
                self.own |= record.get('replaces', {}).items()
                if 'file' in record:
                    stamp, slot = tuple(record['stamp']), record['slot']
                    answer = Kept(stamp, record['row'], record['events'], slot)
                    self._kept[record['file']] = answer
        elif records and not force:
            raise UserError(
                f'{self.path} keeps answers of {header["run"]} with other settings '
                f'({"; ".join(differing)}): the command that it is of goes on with them, '
                '--force throws them away'
            )
        return not differing


def _records(file: BinaryIO) -> Iterator[dict[str, Any]]:
    return filter(None, map(_record, file))


def _line(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, allow_nan=False)
    return f'{{"crc": {zlib.crc32(text.encode())}, {text[1:]}\n'.encode()


def _record(line: bytes) -> dict[str, Any] | None:
    """What `_line` wrote; None: it did not write this."""
    try:
        record = json.loads(line)
        crc = record.pop('crc')
        whole = zlib.crc32(json.dumps(record).encode()) == crc
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return record if whole else None


def _key(place: Place) -> str:
    return os.path.abspath(place.path)


def _stamp(place: Place) -> tuple[int, int] | None:
    try:
        about = os.stat(place.path)
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns
