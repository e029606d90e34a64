"""A folder and the SHA-256 of its files in a manifest beside it: `x/` and `x.sha256.json`.

The manifest is written last, so a folder without one was never finished and does not count.
"""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from research.runs import write_json

_SUFFIX = '.sha256.json'


def seal(folder: Path) -> None:
    """Writes the manifest of a finished folder, once its files are on the disk.

    Raises:
        OSError: a file cannot be read, or the disk refuses what was written.
        RunError: the manifest cannot be written.
    """
    write_json(_manifest(folder), {'files': _hashes(folder, sync=True)})


def sealed(parent: Path) -> list[Path]:
    """Folders in `parent` that have a manifest, whole or damaged, in order of their names."""
    return sorted(p.with_name(p.name.removesuffix(_SUFFIX)) for p in parent.glob(f'[!.]*{_SUFFIX}'))


def damage(folder: Path) -> str | None:
    """What differs from the manifest, in a few words; None: all is as it was written.

    Files that the manifest does not name are passed by.
    """
    try:
        stated = json.loads(_manifest(folder).read_text(encoding='utf-8'))['files'].items()
        found = _hashes(folder)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f'{type(error).__name__}: {error}'
    for name, digest in stated:
        if found.get(name) != digest:
            return f'{name} is {"not what was written" if name in found else "missing"}'
    return None


def remove(folder: Path) -> None:
    """Removes a folder, its manifest first: killed in between, it was never finished."""
    _manifest(folder).unlink(missing_ok=True)
    # What another host still has open may refuse to go; without a manifest it does not count.
    shutil.rmtree(folder, ignore_errors=True)


def _manifest(folder: Path) -> Path:
    return folder.with_name(folder.name + _SUFFIX)


def _hashes(folder: Path, sync: bool = False) -> dict[str, str]:
    def digest(file: Path) -> str:
        with file.open('rb') as opened:
            if sync:
                os.fsync(opened.fileno())  # a disk may refuse only now what it took before
            return hashlib.file_digest(opened, 'sha256').hexdigest()

    files = sorted(path for path in folder.rglob('*') if path.is_file())
    names = [file.relative_to(folder).as_posix() for file in files]
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(names, pool.map(digest, files), strict=True))
