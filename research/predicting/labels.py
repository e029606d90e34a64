"""Calls as label files for Raven and Audacity, one a sound file."""

from collections.abc import Sequence
from pathlib import Path

from research.decoding.annotations import Annotation, write_audacity, write_raven
from research.predicting.answers import Reported
from research.predicting.outputs import unwritable, whole
from research.predicting.places import stems

ENDINGS = {'raven': '.raven.txt', 'audacity': '.audacity.txt'}


def write(folder: Path, kind: str, reported: Sequence[Reported], label: str, high_hz: float):
    """A file for each that was heard, also for those without a call.

    Args:
        folder: made where there is none; below it files lie as the sound files do below the folder
            that holds them all.
        kind: 'raven' or 'audacity'.
        reported: with events that have `start_s`, `end_s` and `probability`.
        label: of every call.
        high_hz: the band in which Raven shows them ends here.

    Raises:
        UserError: the disk refuses.
    """
    names = stems([each.place for each in reported])
    for name, each in zip(names, reported, strict=True):
        if each.error:
            continue
        target = folder / f'{name}{ENDINGS[kind]}'
        calls = [Annotation(e['start_s'], e['end_s'], label, e['probability']) for e in each.events]
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(target.parent, error) from error
        with whole(target) as path:
            if kind == 'raven':
                write_raven(path, calls, high_hz)
            else:
                write_audacity(path, calls)
