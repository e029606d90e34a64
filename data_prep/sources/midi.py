"""MIDI files to notes, by symusic: fast, and refused before a file can take more than it should.

Of notes of one pitch that overlap in one channel, the first to begin is the first to end. A note
that never ends is left out. A part is what one track plays on one channel with one program.
"""

import os
import stat
import struct
import typing
from collections.abc import Iterator

import numpy as np

from data_prep.errors import Unreadable
from data_prep.notes import PERCUSSION, Notes, arrange, bounded

MAX_BYTES = 8 * 2**20
_COUNTER = 2**31  # where symusic's ticks wrap


def read(path: str | os.PathLike) -> Notes:
    """The notes of a MIDI file.

    Raises:
        Unreadable: it is none, is cut short, has no notes, or more than `notes.bounded` allows.
        OSError: the system refuses to read it.
    """
    import symusic

    # A pipe would wait for ever, and a device may never end.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Unreadable('no regular file')
    with open(path, 'rb') as file:
        data = file.read(MAX_BYTES + 1)  # whatever size it declares
    if len(data) > MAX_BYTES:
        size = max(os.path.getsize(path), len(data))
        raise Unreadable(f'{size:,} bytes: at most {MAX_BYTES:,} are taken')
    if data[:4] == b'RIFF' and data[8:16] == b'RMIDdata':
        data = data[20:]
    for track in _tracks(data):
        if _at_most(track) >= _COUNTER and _ticks(track) >= _COUNTER:
            raise Unreadable('more than 2^31 ticks long')
    try:
        score: typing.Any = symusic.Score.from_midi(data)
    except (RuntimeError, ValueError) as error:
        raise Unreadable(f'broken MIDI ({str(error).splitlines()[0]})') from None
    events = [np.zeros((0, 5), np.int32)]
    for part, track in enumerate(score.tracks):
        facts = track.notes.numpy()
        columns = [facts[name] for name in ('time', 'pitch', 'duration', 'velocity')]
        events.append(np.stack([*columns, np.full(len(columns[0]), part)], 1, dtype=np.int32))
    changes = score.tempos.numpy()
    return bounded(
        arrange(
            np.concatenate(events),
            score.ticks_per_quarter,
            np.stack([changes['time'], changes['mspq']], 1),
            [track.name for track in score.tracks],
            [PERCUSSION if track.is_drum else track.program for track in score.tracks],
        )
    )


def _tracks(data: bytes) -> Iterator[bytes]:
    """The tracks as the chunks of the file declare them (MIDI 1.0, Standard MIDI Files)."""
    if not data:
        raise Unreadable('empty file')
    if data[:4] != b'MThd':
        raise Unreadable(f'not MIDI: it begins with {data[:4]!r}')
    if len(data) < 14:
        raise Unreadable('cut short in its header')
    length, kind, count, division = struct.unpack('>IHHH', data[4:14])
    if kind > 1:
        raise Unreadable(f'MIDI of format {kind}: 0 and 1 are taken')
    if not 0 < division < 0x8000:
        raise Unreadable('its times are not in parts of a quarter note')
    at, found = 8 + length, 0
    while found < count and at + 8 <= len(data):
        (length,) = struct.unpack('>I', data[at + 4 : at + 8])
        end = at + 8 + length
        if end > len(data):
            raise Unreadable(f'cut short: {end - len(data):,} bytes are missing')
        if data[at : at + 4] == b'MTrk':
            yield data[at + 8 : end]
            found += 1
        at = end
    if found < count:
        raise Unreadable(f'cut short: {found} of {count} tracks are there')


def _at_most(track: bytes) -> int:
    """A bound on the ticks of a track, from how many bytes with the top bit stand in a row.

    A delta of four bytes has three of them and is below 2^28, one of three has two; an event
    takes two bytes or more.
    """
    top = np.frombuffer(track, np.uint8) >= 0x80
    two = top[1:] & top[:-1]
    three = int((two[1:] & two[:-1]).sum())
    return (three << 28) + (int(two.sum()) << 21) + (len(track) // 2 << 14)


def _ticks(track: bytes) -> int:
    """The sum of the deltas of a track, byte by byte: slow."""
    at, status, total = 0, 0, 0

    def number() -> int:
        nonlocal at
        value, more = 0, True
        while more:
            value = value << 7 | track[at] & 0x7F
            more = track[at] >= 0x80
            at += 1
        return value

    try:
        while at < len(track):
            total += number()
            if track[at] >= 0x80:
                status = track[at]
                at += 1
            if status == 0xFF:
                at += 1  # the type of a meta event; its length follows
            if status >= 0xF0:
                length = number()
                at += length
            else:
                at += 1 if status & 0xE0 == 0xC0 else 2
    except IndexError:
        return total  # cut short within an event: the parser says what is wrong
    return total
