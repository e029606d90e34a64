"""Files that a report is written to: none of the user's is lost, and none is half written."""

import contextlib
import glob
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from types import TracebackType
from typing import IO

from research.errors import UserError


def refuse(paths: Sequence[Path], force: bool, own: Set[tuple[str, str]] = frozenset()) -> None:
    """Asks before the work begins what would go wrong after it.

    Args:
        paths: files and folders that will be written.
        force: whether those that are there may be replaced.
        own: names and hashes of those that may be replaced in any case.

    Raises:
        UserError: one is there already, its folder is not, or that may not be written.
    """
    for path in paths:
        try:
            if path.is_dir() and path.suffix != '.labels':
                raise UserError(f'{path} is a folder: a file is wanted, such as {path}/out.csv')
            if path.exists() and not force and not (own and (path.name, digest(path)) in own):
                raise UserError(f'{path} is there already: --force replaces it')
            if not path.parent.is_dir():
                raise UserError(f'{path.parent} is no folder: {path.name} cannot be written there')
            tempfile.TemporaryFile(dir=path.parent).close()
            with contextlib.suppress(FileNotFoundError):
                os.lstat(_draft(path))  # its name is the longest: too long for the disk?
        except OSError as error:
            raise unwritable(path, error) from None


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to; what is there takes its place when the block ends, else nothing does.

    Raises:
        UserError: the disk refuses; names path and reason.
    """
    temporary = _draft(path)
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


class Drafts:
    """Files and folders that take their places together, once all of them are whole."""

    def __init__(self) -> None:
        self._drafts: dict[Path, Path] = {}

    @contextlib.contextmanager
    def file(self, target: Path) -> Iterator[IO[str]]:
        """A text file to write to.

        Raises:
            UserError: the disk refuses; names path and reason.
        """
        draft = self._drafts[target] = _draft(target)
        try:
            with draft.open('x', encoding='utf-8', newline='') as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(target, error) from error

    def folder(self, target: Path) -> Path:
        """A folder to write to, which is made by whoever does."""
        draft = self._drafts[target] = _draft(target)
        return draft

    def hashes(self) -> dict[str, str]:
        """Of all that have been written, by the names that they will have."""
        drafts = self._drafts.items()
        return {target.name: digest(draft) for target, draft in drafts if draft.exists()}

    def place(self) -> None:
        """Replaces what is there; of a folder, the files of the same names.

        Raises:
            UserError: the disk refuses.
        """
        for target, draft in self._drafts.items():
            try:
                if draft.is_dir() and target.is_dir():
                    for path in _files(draft):
                        end = target / path.relative_to(draft)
                        end.parent.mkdir(parents=True, exist_ok=True)
                        path.replace(end)
                elif draft.exists():
                    draft.replace(target)
            except OSError as error:
                raise unwritable(target, error) from error

    def __enter__(self) -> 'Drafts':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for draft in self._drafts.values():
            _remove(draft)


def sweep(targets: Sequence[Path]) -> None:
    """Removes what a killed process left of its drafts of these files and folders."""
    for target in targets:
        for draft in target.parent.glob(_draft(Path(glob.escape(target.name)), '?' * 8).name):
            _remove(draft)


def digest(path: Path) -> str:
    """A hash of a file, or of the names and contents of all files in a folder."""
    try:
        if not path.is_dir():
            with path.open('rb') as file:
                return hashlib.file_digest(file, 'sha256').hexdigest()
        found = hashlib.sha256()
        for each in _files(path):
            found.update(os.fsencode(each.relative_to(path)) + b'\0' + digest(each).encode())
        return found.hexdigest()
    except OSError as error:
        raise UserError(f'{path} cannot be read ({error.strerror or error})') from error


def journal(out: Path) -> Path:
    """Where answers are kept until all of them are there."""
    return out.with_name(f'{out.name}.journal')


def beside(out: Path, ending: str) -> Path:
    """'calls.csv' and 'review.csv' to 'calls.review.csv'."""
    return out.with_name(f'{out.stem}.{ending}')


def unwritable(path: Path, error: OSError) -> UserError:
    """The one line for a path that the file system refuses."""
    return UserError(f'{path} cannot be written ({error.strerror or error})')


def _draft(path: Path, mark: str | None = None) -> Path:
    return path.with_name(f'.{path.name}.{mark or secrets.token_hex(4)}.tmp')


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob('*') if path.is_file())


def _remove(draft: Path) -> None:
    with contextlib.suppress(OSError):
        draft.unlink()
    shutil.rmtree(draft, ignore_errors=True)
