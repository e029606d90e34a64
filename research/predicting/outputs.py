"""Files that a report is written to: none of the user's is lost, and none is half written."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from research.errors import UserError


def refuse(paths: Sequence[Path], force: bool) -> None:
    """Asks before the work begins what would go wrong after it.

    Args:
        paths: files and folders that will be written.
        force: whether those that are there may be replaced.

    Raises:
        UserError: one is there already, its folder is not, or that may not be written.
    """
    for path in paths:
        if path.is_dir() and path.suffix != '.labels':
            raise UserError(f'--out={path} is a folder: a file is wanted, such as {path}/out.csv')
        if path.exists() and not force:
            raise UserError(f'{path} is there already: --force replaces it')
        if not path.parent.is_dir():
            raise UserError(f'{path.parent} is no folder: {path.name} cannot be written there')
        try:
            tempfile.TemporaryFile(dir=path.parent).close()
        except OSError as error:
            raise unwritable(path, error) from None


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to; what is there takes its place when the block ends, else nothing does.

    Raises:
        UserError: the disk refuses; names path and reason.
    """
    temporary = path.with_name(f'.{path.name}.{secrets.token_hex(4)}.tmp')
    try:
        yield temporary
        with temporary.open('rb') as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def beside(out: Path, ending: str) -> Path:
    """'calls.csv' and 'review.csv' to 'calls.review.csv'."""
    return out.with_name(f'{out.stem}.{ending}')


def unwritable(path: Path, error: OSError) -> UserError:
    """The one line for a path that the file system refuses."""
    return UserError(f'{path} cannot be written ({error.strerror or error})')
