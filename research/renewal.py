"""What --force and --retry_failed ask for, done once, before anything is trained."""

from collections.abc import Iterable

from research import claims, runs


def renew(found: Iterable[runs.Run], force: bool, retry_failed: bool) -> None:
    """With `force` moves runs aside; with `retry_failed` lets those that failed go on.

    These go on from their last good checkpoints.

    Raises:
        claims.Claimed: another process holds one of the runs.
    """
    for run in found:
        status = run.status()
        if force and status != 'absent':
            with claims.claim(run.directory):
                print(f'the earlier run is kept in {runs.set_aside(run)}', flush=True)
        elif retry_failed and status == 'failed':
            with claims.claim(run.directory):
                run.failure.unlink(missing_ok=True)
