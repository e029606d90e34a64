"""Notes to a MIDI file; `data_prep.sources.midi` reads it back."""

from pathlib import Path
from typing import Any

import numpy as np

from data_prep.notes import DURATION, ONSET, PART, PERCUSSION, PITCH, VELOCITY, Notes
from research.predicting import outputs


def write(path: Path, notes: Notes) -> None:
    """Writes a piece as MIDI of format 1, a track a part.

    Onsets, pitches, durations, velocities, tempi, programs and names come back as they are, with
    two bounds that are MIDI's own: a part without notes does not come back, and of notes of one
    pitch that overlap in one part, the first to begin comes back as the first to end.

    Raises:
        UserError: the file cannot be written; names it.
    """
    data = to_bytes(notes)
    with outputs.whole(path) as temporary:
        temporary.write_bytes(data)


def to_bytes(notes: Notes) -> bytes:
    """What `write` writes."""
    import symusic

    # Any: symusic picks classes by the unit of time, which its declared types leave open.
    score: Any = symusic.Score(notes.ticks_per_quarter)
    for tick, us_per_quarter in notes.tempi.tolist():
        score.tempos.append(symusic.Tempo(tick, mspq=us_per_quarter, ttype='tick'))
    for part, (name, program) in enumerate(zip(notes.parts, notes.programs.tolist(), strict=True)):
        events = notes.events[notes.events[:, PART] == part]
        drums = program == PERCUSSION
        track: Any = symusic.Track(name, 0 if drums else program, drums, ttype='tick')
        track.notes = symusic.Note.from_numpy(
            time=events[:, ONSET].astype(np.int32),
            duration=events[:, DURATION].astype(np.int32),
            pitch=events[:, PITCH].astype(np.int8),
            velocity=events[:, VELOCITY].astype(np.int8),
            ttype='tick',
        )
        score.tracks.append(track)
    return score.dumps_midi()
