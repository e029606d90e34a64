"""A folder that appears whole or not at all.

It is filled under a sibling name, `<version>.incomplete-<pid>-<birth>-<random>-<host>`, and renamed
into place. The name says whose it is, so that to take over what a dead process left is one atomic
rename: of two that try, one gets it, and a process that was thought dead loses the path under its
feet rather than writing along. What was given up in order has the pid 0, and is any host's to take.

A folder that makes room for another is moved aside as `<version>.replaced-...`, for a moment in
which neither stands: `put_back` mends what a kill in that moment left.
"""

import contextlib
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from data_prep.errors import PrepError, Stopped

PLAN = 'plan'  # the file that holds the digest of the work; whoever publishes removes it
_NAME = re.compile(r'.*\.(?:incomplete|replaced)-(\d+)-(\d+)-[0-9a-f]+-(.*)')


@contextlib.contextmanager
def staged(target: Path, plan: str = '') -> Iterator[Path]:
    """A folder to fill, beside `target`; gone at the end unless `publish` took it.

    With a plan, the folder is the one that an earlier process left of the same plan, dead on this
    host or given up on any, if there is one; and it stays for the next one where the work breaks
    off, by anything but a PrepError that says that the work is in vain. What was left of other
    work is removed.

    Args:
        target: where the folder is to appear.
        plan: digest of the work; '' for work that cannot go on.

    Raises:
        OSError: the place cannot be written to.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = adopt(target, plan)
    fresh = folder is None
    if folder is None:
        folder = target.with_name(_name(target))
        folder.mkdir()
    keep = False
    try:
        if fresh and plan:
            (folder / PLAN).write_text(plan)
        yield folder
    except BaseException as error:
        keep = bool(plan) and (isinstance(error, Stopped) or not isinstance(error, PrepError))
        raise
    finally:
        if keep:  # under the name of nobody: this process may live on
            os.rename(folder, target.with_name(_name(target, pid=0)))
        else:
            shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, target: Path, force: bool) -> bool:
    """Moves a filled folder into place; False if another one stands there and `force` is off."""
    aside = None
    if force and target.exists():
        aside = target.with_name(_name(target, 'replaced'))
        os.rename(target, aside)
    try:
        os.rename(folder, target)
    except OSError:
        if not target.exists():
            raise
        return False
    finally:
        if aside and not target.exists():
            os.rename(aside, target)
        elif aside:
            shutil.rmtree(aside)
    return True


def put_back(target: Path) -> None:
    """Moves back what a process that is dead had moved aside for `publish`, if nothing stands."""
    for aside in _left(target, 'replaced'):
        if target.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):  # another process was faster
                os.rename(aside, target)


def elsewhere(target: Path) -> list[Path]:
    """What processes of other hosts fill or left: whether they live cannot be seen from here."""
    return [
        folder
        for folder, pid, _, host in _owned(target, 'incomplete')
        if pid and host != socket.gethostname()
    ]


def adopt(target: Path, plan: str) -> Path | None:
    """Takes over the fullest folder of this plan that was left; removes all that was of others.

    Returns:
        The folder, now this process's own; None if there is none of this plan.
    """
    ours = None
    for left in sorted(_left(target, 'incomplete'), key=_files, reverse=True):
        folder = target.with_name(_name(target))
        try:
            os.rename(left, folder)
        except FileNotFoundError:
            continue  # another process was faster
        if ours is None and plan and _plan(folder) == plan:
            ours = folder
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return ours


def _left(target: Path, kind: str) -> Iterator[Path]:
    for folder, pid, birth, host in _owned(target, kind):
        if not pid or (host == socket.gethostname() and not _alive(pid, birth)):
            yield folder


def _owned(target: Path, kind: str) -> Iterator[tuple[Path, int, str, str]]:
    """Folders of a kind, with pid, birth and host of their owners."""
    for folder in target.parent.glob(f'{target.name}.{kind}-*'):
        if owner := _NAME.fullmatch(folder.name):
            yield folder, int(owner[1]), owner[2], owner[3]


def _name(target: Path, kind: str = 'incomplete', pid: int | None = None) -> str:
    pid = os.getpid() if pid is None else pid
    birth = _birth(pid) if pid else '0'
    return f'{target.name}.{kind}-{pid}-{birth}-{secrets.token_hex(4)}-{socket.gethostname()}'


def _plan(folder: Path) -> str:
    try:
        return (folder / PLAN).read_text()
    except FileNotFoundError:
        return ''


def _files(folder: Path) -> int:
    try:
        return len(os.listdir(folder))
    except FileNotFoundError:
        return 0


def _alive(pid: int, birth: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return _birth(pid) in (birth, '0')


def _birth(pid: int) -> str:
    """Tells a process from a later one of the same number; '0' where the system does not say."""
    try:
        stat = Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return '0'
    state, *fields = stat.rpartition(')')[2].split()
    return 'gone' if state == 'Z' else fields[18]  # the 22nd of all: ticks from boot to its start
