"""Fetching of a corpus's archive: resumed where it broke off, and held against its checksum."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from data_prep.cards import Archive
from data_prep.errors import PrepError
from data_prep.progress import progress

_BLOCK = 2**20
_TRIES = 5
_TIMEOUT_S = 30.0


def fetch(
    archive: Archive, folder: Path, command: str, report: Callable[[str], object] = print
) -> Path:
    """Fetches an archive into `folder`; what lies there whole, put there by hand or not, is kept.

    A broken download stays as `<filename>.part` and goes on from there.

    Args:
        archive: what to fetch.
        folder: where to.
        command: what the user should type once the file is there.
        report: takes lines of progress.

    Raises:
        PrepError: no network, or the file is not the published one; says what to do by hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / archive.filename
    if not path.exists():
        part = path.with_name(path.name + '.part')
        _fill(archive, part, command, report)
        _check(archive, part, command)
        part.rename(path)
    else:
        _check(archive, path, command)
    return path


def _fill(archive: Archive, part: Path, command: str, report: Callable[[str], object]) -> None:
    """Appends to `part` until it has as many bytes as the server declares."""
    reason = ''
    for _ in range(_TRIES):
        before = part.stat().st_size if part.exists() else 0
        try:
            if _append(archive, part, report):
                return
            reason = 'the connection broke off'
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, 'reason', '') or error)
        if not part.exists() or part.stat().st_size == before:
            break  # no byte came: another try would do no better
        report(f'{archive.filename}: {reason}, going on at byte {part.stat().st_size}')
    raise PrepError(
        f'cannot fetch {archive.url} ({reason}): get it by hand ({archive.size_bytes / 1e9:.2f} '
        f'GB), put it at {part.with_suffix("")}, then run: {command}'
    )


def _append(archive: Archive, part: Path, report: Callable[[str], object]) -> bool:
    """One connection's worth; True when the file has all its bytes."""
    have = part.stat().st_size if part.exists() else 0
    headers = {'User-Agent': 'data_prep'} | ({'Range': f'bytes={have}-'} if have else {})
    request = urllib.request.Request(archive.url, headers=headers)
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            # Nothing lies beyond the end of a file that is all there; its MD5 will tell.
            if error.code == 416 and have:
                return True
            raise
    with response:
        resumed = response.status == 206
        have = have if resumed else 0
        total = have + int(response.headers.get('Content-Length', 0))

        def blocks() -> Iterator[bytes]:
            while block := response.read(_BLOCK):
                yield block

        with part.open('ab' if resumed else 'wb') as file:
            shown = progress(blocks(), total, archive.filename, report, size=len)
            for block in shown:
                file.write(block)
                have += len(block)
    return have >= total


def _check(archive: Archive, path: Path, command: str) -> None:
    with path.open('rb') as file:
        found = hashlib.file_digest(file, 'md5').hexdigest()
    if found != archive.md5:
        raise PrepError(
            f'{path} has the MD5 {found}, not the published {archive.md5}: '
            f'remove it and run again: {command}'
        )
