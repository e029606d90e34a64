"""A run directory as one string of bytes, to be carried to where its folder is not seen."""

import io
import secrets
import shutil
import tarfile

from research import claims
from research.runs import Run, unwritable

SHELF = '.fetched'
# Who holds a run stands in its folder and is of that folder alone.
CLAIM = 'claim'


def wrap(run: Run) -> bytes:
    """All files of a run but its claim, as a tar; of a run that nobody writes to."""
    buffer = io.BytesIO()

    def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        wanted = member.isfile() or member.isdir()
        return member if wanted and member.name.split('/')[0] != CLAIM else None

    with tarfile.open(fileobj=buffer, mode='w') as tar:
        for path in sorted(run.directory.iterdir()):
            tar.add(path, arcname=path.name, filter=kept)
    return buffer.getvalue()


def unwrap(parcel: bytes, run: Run) -> bool:
    """Puts a run in its place, whole or not at all; False where a finished one is there already.

    What was begun there is replaced.

    Raises:
        claims.Claimed: another process holds the run.
        RunError: the folder cannot be written.
        tarfile.TarError: this is no parcel, or it would write outside its folder.
    """
    shelf = run.directory.parent / SHELF
    mark = f'{run.directory.name}~{secrets.token_hex(4)}'
    fresh, former = Run(shelf / f'{mark}~new'), shelf / f'{mark}~old'
    try:
        fresh.directory.mkdir(parents=True)
        try:
            with tarfile.open(fileobj=io.BytesIO(parcel)) as tar:
                tar.extractall(fresh.directory, filter='data')
            with claims.claim(run.directory):
                if run.status() == 'finished':
                    return False
                # The claim goes with what it is of: nobody finds a run that is half replaced.
                run.directory.rename(former)
                fresh.directory.rename(run.directory)
                return True
        finally:
            for leftover in (fresh.directory, former):
                shutil.rmtree(leftover, ignore_errors=True)
    except OSError as error:
        raise unwritable(run.directory, error) from error
