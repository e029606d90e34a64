"""A finished run asked about sound files: `python -m research.predict RUN FILES_OR_FOLDERS`."""

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from research.errors import UserError, refused
from research.predicting import outputs
from research.predicting.stopping import Signals, Stopped
from research.runs import RunError

USAGE = """Asks a finished run what it makes of files.

    python -m research.predict genre_cnn1d songs/ --out=genres.csv
    python -m research.predict runs/genre_cnn1d/gtzan-s0-1a2b3c4d5e a.mp3 b.flac --format=json

RUN is a run's directory, or a name under --runs_dir, of which the run that finished last is taken.
Files are wav, au, flac, ogg or mp3 of any length, rate and number of channels (MIDI for runs on
notes); folders are taken with all that is below them, each file once. Files are read block by
block: a day of sound takes no more memory than a minute. Standard error tells to which temperature
probabilities are brought, by which thresholds calls are found and by which decoder speech is read,
and so does JSON, under `how`.

A file that cannot be read is a line with the reason under `error`, and the others go on.
With --out, answers are kept in NAME.csv.journal until all are there: after a kill, Ctrl-C or a full
disk the same command goes on where it stopped. Files that have changed by then are done again.

Exit code: 0 where all files have an answer, 1 where some have none, 2 for a mistake in the command
or a disk that refuses, 130 after Ctrl-C, 143 after SIGTERM.

flags:
"""
FORCE = 'replace files of earlier answers, and throw away what is kept of another command'


def main(argv: Sequence[str]) -> int:
    """Writes the answers to --out or to standard output, and all else to standard error.

    Returns:
        The exit code, as `USAGE` has it.
    """
    try:
        with Signals() as signals:
            code = _main(argv, signals)
            sys.stdout.flush()
            return code
    except (flags.Error, UserError, RunError) as error:
        print(f'error: {_told(error)}', file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(': '.join(filter(None, ('stopped', _told(stop)))), file=sys.stderr)
        return stop.exit_code if isinstance(stop, Stopped) else 130
    except BrokenPipeError:  # whoever read standard output has gone
        sys.stderr.close()
        return 1
    except OSError as error:
        print(f'error: {refused(error)}', file=sys.stderr)
        return 2


def _main(argv: Sequence[str], signals: Signals) -> int:
    own = _flags()
    named = own(argv)[1:]
    if own.help:
        print(USAGE + own.get_help(include_special_flags=False).partition(':\n')[2])
        return 0
    if len(named) < 2:
        raise UserError('a run and files or folders are wanted; --help shows how')
    if own.hop_s is not None and not 0 < own.hop_s < math.inf:
        raise UserError(f'--hop_s={own.hop_s:g}: a number of seconds above 0 is wanted')
    if own.review is not None and not 0 <= own.review <= 1:
        raise UserError(f'--review={own.review:g}: a probability from 0 to 1 is wanted')
    missing = [text for text in named[1:] if not os.path.exists(text)]
    if missing:
        raise UserError(f'{missing[0]}: there is no such file or folder')
    if own.out is not None:
        out = Path(own.out)
        # What stands there may be this command's own: only its journal tells.
        journal = outputs.journal(out)
        outputs.refuse([out, journal], own.force or os.path.exists(journal))
    # Imported where it is used: a mistake is told before jax is there.
    from research.predicting import command

    return command.run(named[0], named[1:], own, signals)


def _told(error: BaseException) -> str:
    """Its message and its notes, in one line."""
    said = [str(error), *getattr(error, '__notes__', [])]
    return ' '.join('; '.join(filter(None, said)).splitlines())


def _flags() -> flags.FlagValues:
    own = flags.FlagValues()

    def add(define, *about):
        define(*about, flag_values=own)

    add(flags.DEFINE_string, 'out', None, 'file for the answers: NAME.csv or NAME.json')
    add(flags.DEFINE_enum, 'format', None, ['csv', 'json'], 'default: as --out ends, else csv')
    add(
        flags.DEFINE_float,
        'review',
        None,
        'classes: also writes NAME.review.csv, the files whose best probability is below this',
    )
    add(
        flags.DEFINE_enum,
        'slices',
        None,
        ['all', 'training'],
        'classes, numbers: hear all of a file (the default), or what training would hear of it',
    )
    add(
        flags.DEFINE_float,
        'hop_s',
        None,
        'calls: seconds from the start of a window to that of the next',
    )
    add(
        flags.DEFINE_enum,
        'labels',
        None,
        ['raven', 'audacity'],
        'calls: also writes NAME.labels/, a label file for each sound file',
    )
    add(
        flags.DEFINE_enum,
        'lm',
        None,
        ['auto', 'off'],
        "speech: with the run's language model where it has one (the default), or without",
    )
    add(flags.DEFINE_integer, 'batch', None, 'windows at once; default: what memory is spared for')
    add(flags.DEFINE_boolean, 'force', False, FORCE)
    add(flags.DEFINE_string, 'runs_dir', 'runs', 'folder of the runs')
    add(flags.DEFINE_boolean, 'help', False, 'show this')
    return own


if __name__ == '__main__':
    sys.exit(main(sys.argv))
