"""Written scores to notes, by music21: MusicXML, ABC and Humdrum.

Ties are joined, grace notes and chord symbols are left out, repeats are played once. Pitches are
those that sound, whatever is written for a transposing instrument.
"""

import contextlib
import io
import re
import typing
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from data_prep.errors import Unreadable
from data_prep.notes import PERCUSSION, Notes, arrange, bounded

TICKS_PER_QUARTER = 10_080  # music21's own: whole for thirds, fifths, sevenths and 128th notes
MAX_BYTES = 16 * 2**20  # unpacked
PLAIN = 64  # velocity where a score has no dynamics


class Sounding(typing.NamedTuple):
    """A note as it sounds.

    Attributes:
        onset, length: in quarter notes, from the start of its part.
        pitch: MIDI pitch; percussion has that of its sound in General MIDI, where known.
        velocity: its own, as MIDI has it; 0 where it has none.
        percussion: it has no pitch.
    """

    onset: float
    length: float
    pitch: int
    velocity: int
    percussion: bool


def read(path: Path) -> Notes:
    """The notes of a score, or of a MIDI file as music21 reads it.

    Raises:
        Unreadable: music21 cannot read it, it has no notes, or more than `notes.bounded` allows.
    """
    if (size := _unpacked_bytes(path)) > MAX_BYTES:
        raise Unreadable(f'{size:,} bytes unpacked: at most {MAX_BYTES:,} are taken')
    if not size:
        raise Unreadable('empty file')
    return _read(lambda: parse(path))


def read_tune(text: str) -> Notes:
    """The notes of one tune in ABC; errors as those of `read`."""
    return _read(lambda: parse_tune(text))


def parse(path: Path) -> typing.Any:
    """The music21 stream of a file; raises whatever music21 raises."""
    from music21 import converter

    # Unless it is forced, music21 keeps pickles of what it parsed in a folder that anyone may
    # write to. Only its MIDI reader knows of quantizePost, which would move notes to a grid.
    return converter.parse(path, forceSource=True, quantizePost=False)


def parse_tune(text: str) -> typing.Any:
    """The music21 stream of one tune in ABC; raises whatever music21 raises."""
    from music21 import converter

    return converter.parse(text, format='abc')


def tunes(path: Path) -> tuple[str, list[str]]:
    """What an ABC file has in it: the fields that hold for all tunes, and the tunes.

    Each tune begins with a line 'X: number'.
    """
    content = path.read_text(encoding='utf-8', errors='replace')
    first, *found = re.split(r'^(?=X:)', content, flags=re.MULTILINE)
    return ''.join(re.findall(r'^[A-Za-z]:.*\n', first, flags=re.MULTILINE)), found


def parts(score: typing.Any) -> list[typing.Any]:
    """The parts of a music21 score; a stream without parts is one."""
    return list(getattr(score, 'parts', None) or [score])


def sounding(part: typing.Any) -> Iterator[Sounding]:
    """The notes of a music21 part, in no order."""
    from music21 import harmony

    held: dict[int, Sounding] = {}
    for written in part.flatten().notes:
        if written.duration.isGrace or isinstance(written, harmony.Harmony):
            continue
        begin = float(written.offset)
        end = begin + float(written.duration.quarterLength)
        goes_on = written.tie is not None and written.tie.type in ('start', 'continue')
        for each in getattr(written, 'notes', [written]):
            pitch, percussion = _pitch(each)
            velocity = int(each.volume.velocity or 0)
            new = Sounding(begin, end - begin, pitch, velocity, percussion)
            since = held.pop(pitch, None)
            if since is not None and abs(since.onset + since.length - begin) > 1e-6:
                yield since  # a tie that nothing answers
                since = None
            if since is not None:
                new = since._replace(length=end - since.onset)
            if goes_on:
                held[pitch] = new
            else:
                yield new
    yield from held.values()


def _pitch(written: typing.Any) -> tuple[int, bool]:
    if hasattr(written, 'pitch'):
        return written.pitch.midi, False
    sound = getattr(written.storedInstrument or written.getInstrument(), 'percMapPitch', None)
    return (written.displayPitch().midi if sound is None else sound), True


def _read(parsed: Callable[[], typing.Any]) -> Notes:
    said = io.StringIO()  # where music21 tells of notes that it could not read and left out
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(said):
            warnings.simplefilter('ignore')  # about engraving
            piece = _notes(parsed())
    except Unreadable:
        raise
    except Exception as error:  # its parsers raise whatever Python raises on a bad file
        why = ' '.join(str(error).split())[:200]
        raise Unreadable(f'music21 cannot read it ({type(error).__name__}: {why})') from error
    if left_out := said.getvalue().split('\n')[0][:200]:
        raise Unreadable(f'music21 cannot read all of it ({left_out})')
    return bounded(piece)


def _notes(score: typing.Any) -> Notes:
    from music21 import stream, tempo

    if isinstance(score, stream.Opus):
        raise Unreadable(f'{len(score.scores)} scores in one file: one is taken')
    if score.atSoundingPitch is not True:
        score.toSoundingPitch(inPlace=True)
    rows, names, programs = [], [], []
    for part in parts(score):
        notes = list(sounding(part))
        if not notes:
            continue
        marks = _dynamics(part)
        for note in notes:
            onset, end = _ticks(note.onset), _ticks(note.onset + note.length)
            velocity = note.velocity or marks[marks[:, 0] <= note.onset][-1, 1]
            rows.append((onset, note.pitch, end - onset, np.clip(velocity, 1, 127), len(names)))
        player = part.getInstrument(returnDefault=True)
        names.append(getattr(part, 'partName', None) or player.partName or '')
        percussion = any(note.percussion for note in notes)
        programs.append(PERCUSSION if percussion else player.midiProgram or 0)
    changes = [
        (_ticks(float(mark.getOffsetInHierarchy(score))), round(60e6 / quarters))
        for mark in score.recurse().getElementsByClass(tempo.MetronomeMark)
        if (quarters := mark.getQuarterBPM())
    ]
    return arrange(
        np.array(rows, np.int64).reshape(-1, 5),
        TICKS_PER_QUARTER,
        np.array(changes, np.int64).reshape(-1, 2),
        names,
        programs,
    )


def _dynamics(part: typing.Any) -> np.ndarray:
    """Offset in quarter notes and velocity of each dynamic mark, the first before all notes."""
    from music21 import dynamics

    marks = part.flatten().getElementsByClass(dynamics.Dynamic)
    found = [(float(mark.offset), round(127 * mark.volumeScalar)) for mark in marks]
    return np.array([(-1.0, PLAIN), *found])


def _ticks(quarters: float) -> int:
    return round(quarters * TICKS_PER_QUARTER)


def _unpacked_bytes(path: Path) -> int:
    if path.suffix.lower() != '.mxl' or not path.stat().st_size:
        return path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise Unreadable(f'not a compressed MusicXML file ({error})') from None
