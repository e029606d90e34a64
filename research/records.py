"""A record of a prepared corpus as what it holds: see data_prep.contents."""

import io
import json
from typing import Any

import numpy as np
from jaxtyping import Int16

from data_prep.notes import Notes


def samples(found: Any) -> Int16[np.ndarray, ' samples']:
    """Of a record of sound, decoded where it is FLAC."""
    if 'flac' not in found:
        return found['audio']
    import soundfile

    return soundfile.read(io.BytesIO(found['flac'].tobytes()), dtype='int16')[0]


def notes(found: Any) -> Notes:
    """Of a record of notes."""
    parts = tuple(json.loads(found['parts']))
    ticks_per_quarter = int(found['ticks_per_quarter'])
    return Notes(found['notes'], ticks_per_quarter, found['tempi'], parts, found['programs'])
