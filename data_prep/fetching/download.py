"""Fetching of a corpus's archive: resumed where it broke off, and held against its checksum."""

import errno
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from data_prep.building.progress import progress
from data_prep.cards import Archive, Card
from data_prep.errors import PrepError
from data_prep.fetching.archives import extract

_BLOCK = 2**20
_TRIES = 5
_TIMEOUT_S = 30.0
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)  # no fault of the network


def fetch_subsets(
    name: str,
    card: Card,
    wanted: bool | Sequence[str],
    folder: Path,
    report: Callable[[str], object] = print,
) -> Path:
    """Fetches and unpacks archives of a corpus, unless they are; returns the folder of them all.

    Args:
        name: of the corpus, as the user typed it.
        card: with its archives; each goes to `folder/<corpus>/<subset>`.
        wanted: subsets; True where there is but one archive.
        folder: of all downloads.
        report: takes lines of progress.

    Raises:
        PrepError: nothing to fetch, an unknown subset, no network, no room on the disk, or not
            the published file.
    """
    if not card.archives:
        raise PrepError(f'{card.name} has no archive to download')
    subsets = list(wanted) if isinstance(wanted, Sequence) else ['']
    for subset in subsets:
        if subset not in card.archives:
            there = ', '.join(
                f'{known} ({each.size_bytes / 1e9:.2f} GB)'
                for known, each in card.archives.items()
                if known
            )
            what = f"has no subset '{subset}'" if subset else 'is fetched by subset'
            how = f'say --download --subsets=NAME,...: {there}' if there else 'say --download alone'
            raise PrepError(f'{card.name} {what}: {how}')
    chosen = f' --subsets={",".join(subsets)}' if any(subsets) else ''
    command = f'python -m data_prep {name} --download{chosen} --data_dir={folder.parent}'
    home = folder / card.name
    for subset in subsets:
        unpacked = home / subset
        if not unpacked.is_dir():
            archive = fetch(card.archives[subset], folder, command, report)
            report(f'{card.name}: unpacking {archive}')
            extract(archive, unpacked)
    others = [each for each in card.archives if (home / each).is_dir() and each not in subsets]
    if others:
        report(f'{card.name}: also taken, as it was fetched before: {", ".join(others)}')
    return home


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
        PrepError: no network, no room on the disk, or the file is not the published one; says
            what to do.
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
            if isinstance(error, OSError) and error.errno in _DISK:
                have = part.stat().st_size if part.exists() else 0
                raise PrepError(
                    f'cannot write {part} ({error.strerror}): {have} of {archive.size_bytes} '
                    f'bytes are there and stay; make room, then it goes on from them: {command}'
                ) from None
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
