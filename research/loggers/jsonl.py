"""metrics.jsonl: one strict JSON object a line; the truth about a run's course."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from research.errors import UserError

# JSON has no such numbers; a strict reader (jq, a browser) takes them as text.
NON_FINITE = {'nan': 'NaN', 'inf': 'Infinity', '-inf': '-Infinity'}


class MetricsFile:
    """Records of one run, in the order they were appended.

    A record is flat: names to numbers and text. Floats come back bit for bit, NaN and the
    infinities too (they stand in the file as the texts 'NaN', 'Infinity', '-Infinity').
    One process appends; any number may read meanwhile.
    """

    def __init__(self, path: Path):
        self.path = path

    def append(self, record: Mapping[str, Any]) -> None:
        """Writes one line and hands it to the operating system before it returns.

        What a killed writer left of a line is cut off first.

        Raises:
            OSError: the disk is full or gone; the file then ends with its last whole line.
        """
        line = (_encode(record) + '\n').encode()
        with open(self.path, 'a+b', buffering=0) as file:
            end = _cut_torn_line(file)
            try:
                written = 0
                while written < len(line):
                    written += file.write(line[written:])
            except OSError as error:
                if os.fstat(file.fileno()).st_size > end:
                    file.truncate(end)
                raise _unwritten(self.path, error) from error

    def records(self) -> list[dict[str, Any]]:
        """All records; none where there is no file. A last line without its end is left out.

        Raises:
            UserError: a line is no JSON object; names the file and the line.
        """
        return [record for _, record in self._lines()]

    def truncate_after(self, step: int) -> None:
        """Drops records of later steps, atomically: for a run that resumes from `step`.

        Raises:
            OSError: the disk is full or gone; the file is then as it was.
        """
        if not self.path.exists():
            return
        kept = b''.join(line for line, record in self._lines() if record['step'] <= step)
        draft = self.path.with_name(self.path.name + '.tmp')
        try:
            with open(draft, 'wb') as file:
                file.write(kept)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise _unwritten(self.path, error) from error

    def _lines(self) -> list[tuple[bytes, dict[str, Any]]]:
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b'\n'):
            lines.pop()
        return [(line, self._decode(line, number)) for number, line in enumerate(lines, start=1)]

    def _decode(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise UserError(
                f'{self.path}, line {number}: no JSON object but {line[:60]!r}; a killed run tears '
                'the last line only, so the file was damaged: put back a copy or start the run anew'
            )
        return {name: _restored(value) for name, value in record.items()}


def _encode(record: Mapping[str, Any]) -> str:
    return json.dumps({name: _strict(value) for name, value in record.items()}, allow_nan=False)


def _strict(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return NON_FINITE[repr(value)]
    return value


def _restored(value: Any) -> Any:
    return float(value) if value in NON_FINITE.values() else value


def _cut_torn_line(file: Any) -> int:
    """Cuts what follows the last line end; the length that is left."""
    end = file.seek(0, os.SEEK_END)
    if not end:
        return end
    file.seek(end - 1)
    if file.read(1) != b'\n':
        file.seek(0)
        end = file.read().rfind(b'\n') + 1
        file.truncate(end)
    return end


def _unwritten(path: Path, error: OSError) -> OSError:
    return OSError(
        error.errno,
        f'cannot write ({error.strerror}); what stands in it is whole: '
        'free some space and start the same command again',
        str(path),
    )
