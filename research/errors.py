"""What a user can mend, told in one line."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """A mistake of the user's: launch.py prints the line and exits with 2, without a traceback."""


def unknown(what: str, given: str, known: Iterable[str]) -> str:
    """One line: what was given, what is known, and the nearest of it."""
    known = sorted(known)
    lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(given.lower(), lower, n=1, cutoff=0.4)
    hint = f"did you mean '{lower[close[0]]}'? " if close else ''
    return f"unknown {what} '{given}': {hint}known: {', '.join(known) or 'none'}"


def refused(error: OSError) -> str:
    """One line on what the system refused, with the file's name where there is one."""
    told = error.strerror or str(error)
    if error.filename is None:
        return f'the system refused: {told}'
    return f'{error.filename} cannot be used ({told})'
