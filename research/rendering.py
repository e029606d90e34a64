"""Notes to a sound file, by the embedded synthesiser."""

from pathlib import Path

import numpy as np

from data_prep.notes import Notes
from data_prep.synthesis.play import play
from research.errors import UserError
from research.predicting import outputs

RATE_HZ = 22_050
LONGEST_S = 3600.0


def write(path: Path, notes: Notes) -> float:
    """Plays a piece into a WAV file of 16 bits, one channel, 22,050 Hz.

    Returns:
        Seconds of sound.

    Raises:
        UserError: the piece is longer than an hour, or the file cannot be written; names it.
    """
    import soundfile

    if (seconds := notes.seconds()) > LONGEST_S:
        raise UserError(
            f'{path}: {seconds:,.0f} s of sound, at most {LONGEST_S:,.0f} are rendered: '
            'take fewer --notes, or leave --wav out'
        )
    sound = play(notes, RATE_HZ)
    samples = np.rint(sound * np.iinfo(np.int16).max).astype(np.int16)
    # Opened here, so that a refusal names its reason as the system does.
    with outputs.whole(path) as temporary, temporary.open('wb') as file:
        soundfile.write(file, samples, RATE_HZ, format='WAV', subtype='PCM_16')
    return len(samples) / RATE_HZ
