"""Unpacking of archives that cannot write outside the folder they are given."""

import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from data_prep.building.staging import publish, staged
from data_prep.errors import PrepError


def extract(archive: Path, folder: Path) -> None:
    """Unpacks a tar (gz, bz2, xz) or zip archive; `folder` appears whole or not at all.

    Every member is looked at before the first is written. Links and devices are refused, and so is
    whatever would lie outside the folder.

    Raises:
        PrepError: not an archive, damaged, or a member is refused; names the member.
    """
    with staged(folder) as filling:
        try:
            if zipfile.is_zipfile(archive):
                _unzip(archive, filling)
            else:
                _untar(archive, filling)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
            raise PrepError(f'{archive} is no whole archive ({error}): fetch it again') from None
        publish(filling, folder, force=False)


def _unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        _refuse(archive, folder, ((member.filename, _odd(member)) for member in zipped.infolist()))
        zipped.extractall(folder)


def _untar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
        odd = ((member.name, not (member.isfile() or member.isdir())) for member in members)
        _refuse(archive, folder, odd)
        tar.extractall(folder, members=members, filter='data')


def _odd(member: zipfile.ZipInfo) -> bool:
    kind = member.external_attr >> 28  # the file type of a Unix mode: 4 folder, 8 file, 0 unsaid
    return kind not in (0, 4, 8)


def _refuse(archive: Path, folder: Path, members: Iterable[tuple[str, bool]]) -> None:
    inside = folder.resolve()
    for name, odd in members:
        if odd:
            raise PrepError(f'{archive} holds {name!r}, a link or device: nothing was unpacked')
        target = (inside / name.replace('\\', '/')).resolve()
        if not target.is_relative_to(inside):
            raise PrepError(f'{archive} holds {name!r}, outside its folder: nothing was unpacked')
