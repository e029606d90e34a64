"""The head of a command of its own, python -m research.NAME: flags, help, mistakes in one line."""

import sys
from collections.abc import Callable, Sequence

from absl import flags

from data_prep.errors import PrepError
from research.errors import UserError, refused
from research.runs import RunError

# Flags that are defined here are told among those of the command that asks for them.
flags.disclaim_key_flags()


def own() -> flags.FlagValues:
    """Flags of one call, --runs_dir and --help; no others of the program see them."""
    values = flags.FlagValues()
    flags.DEFINE_string('runs_dir', 'runs', 'folder of the runs', flag_values=values)
    flags.DEFINE_boolean('help', False, 'show this', flag_values=values)
    return values


def run(
    argv: Sequence[str],
    usage: str,
    asked: flags.FlagValues,
    body: Callable[[Sequence[str], flags.FlagValues], int],
    failures: tuple[type[Exception], ...] = (),
) -> int:
    """Reads the flags and does what they ask for, or shows how to ask.

    Args:
        argv: name of the program, flags and places.
        usage: what --help says before the flags.
        asked: flags, as `own` has them and more.
        body: takes the places and the flags; gives the exit code.
        failures: errors that are no mistake of the user's; they are told in one line too.

    Returns:
        The exit code: that of the body, 2 for a mistake of the user's or what the system refused, 1
        for a failure.
    """
    try:
        places = asked(argv)[1:]
        if asked.help:
            print(usage + asked.get_help(include_special_flags=False).partition(':\n')[2])
            code = 0
        else:
            code = body(places, asked)
        # What cannot be written is told here, not by the interpreter as it ends.
        sys.stdout.flush()
        return code
    except failures as error:
        return _told(error, 1)
    except (flags.Error, UserError, RunError, PrepError) as error:
        return _told(error, 2)
    except OSError as error:
        return _told(refused(error), 2)


def _told(what: object, code: int) -> int:
    print(f'error: {" ".join(str(what).splitlines())}', file=sys.stderr)
    return code
