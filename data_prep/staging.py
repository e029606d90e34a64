"""A folder that appears whole or not at all.

It is filled under a sibling name, `<version>.incomplete-<random>`, and renamed into place. A prep
that was killed leaves such a sibling behind; the next one on that host sweeps it away.
"""

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

OWNER = 'owner.json'  # who is filling the folder


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A fresh folder to fill, beside `target`; gone at the end unless `publish` took it.

    Raises:
        OSError: the place cannot be written to.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target)
    folder = Path(tempfile.mkdtemp(prefix=f'{target.name}.incomplete-', dir=target.parent))
    try:
        _sign(folder)
        folder.chmod(0o755)  # mkdtemp makes it private
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, target: Path, force: bool) -> bool:
    """Moves a filled folder into place; False if another one stands there and `force` is off."""
    if force and target.exists():
        aside = Path(tempfile.mkdtemp(prefix=f'{target.name}.incomplete-', dir=target.parent))
        _sign(target)  # from here on it is a leftover, should this process be killed
        os.rename(target, aside)
        os.rename(folder, target)
        shutil.rmtree(aside)
    else:
        try:
            os.rename(folder, target)
        except OSError:
            if not target.exists():
                raise
            return False
    (target / OWNER).unlink(missing_ok=True)
    return True


def sweep(target: Path) -> None:
    """Removes what preps of `target` left behind that died on this host."""
    for folder in target.parent.glob(f'{target.name}.incomplete-*'):
        try:
            owner = json.loads((folder / OWNER).read_text())
        except (OSError, ValueError):
            continue  # just made, or being removed: its process sees to it
        if owner['host'] == socket.gethostname() and not _alive(owner['pid']):
            shutil.rmtree(folder, ignore_errors=True)


def _sign(folder: Path) -> None:
    owner = {'host': socket.gethostname(), 'pid': os.getpid()}
    (folder / OWNER).write_text(json.dumps(owner))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
