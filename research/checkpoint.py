"""Checkpoints: written by Orbax in the background, and there once their hashes are.

Orbax restores a file with a flipped bit without a word, so each checkpoint is sealed by a
manifest (`research.manifests`) that is checked at restore; one without a manifest does not exist.

    checkpoints/latest/00000500/              the leaves by their paths, and tree.json: their shapes
    checkpoints/latest/00000500.sha256.json   the manifest
    checkpoints/best/00000400/ ...            where validation was best
"""

import errno
import os
import re
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import jax
import numpy as np
import orbax.checkpoint as ocp
from jaxtyping import PyTree

from research import manifests
from research.restore import (
    FORMAT,
    STEP,
    CheckpointError,
    Kind,
    Report,
    by_itself,
    line,
    named,
    restore,
    shape,
    steps,
)
from research.runs import write_json

_FILE_BYTES = 64 * 2**20  # few files, yet several to hash at once
_ROOM_BYTES = 2**20  # names and shapes, and what a file system rounds up
_LEFTOVER = re.compile(r'\d{8,}\.writing.*|\.\d{8,}\.sha256\.json\..*')


class Checkpoints:
    """The checkpoints of one run. Only the holder of the run's claim makes one.

    Making it sweeps away what killed saves left behind, and what looks like that may be another
    process's save in flight. Who only reads calls `restore`.

    Args:
        directory: the run's checkpoint folder, made where there is none.
        keep: how many of the latest checkpoints stay; with two a damaged one can be gone back over.
        report: told in one line what was passed over and why.
    """

    def __init__(self, directory: Path, keep: int = 2, report: Report = print):
        if keep < 1:
            raise ValueError(f'`keep` (={keep}) must be at least 1')
        self._directory, self._keep, self._report = Path(directory).absolute(), keep, report
        self._writer = _writer()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix='checkpoint')
        self._in_flight: Future[None] | None = None
        for kind in ('latest', 'best'):
            (self._directory / kind).mkdir(parents=True, exist_ok=True)
            _sweep(self._directory / kind)

    def save(self, step: int, tree: PyTree, kind: Kind = 'latest') -> None:
        """Starts to save `tree` as the state after `step` updates; awaits a save in flight first.

        The tree may be donated as soon as this returns. Checkpoints of later steps belong to a
        course that was given up, and go once this one is written.

        Args:
            tree: jax arrays, none of them weakly typed (a restored one is not).

        Raises:
            CheckpointError: this save could not be started, or the one before failed.
        """
        self.wait()
        leaves = named(tree)
        for name, leaf in leaves.items():
            if not isinstance(leaf, jax.Array) or leaf.weak_type:
                raise CheckpointError(
                    f'`{name}` is a {type(leaf).__name__} or weakly typed: restored it would '
                    'differ; make it jnp.asarray(value, dtype)'
                )
        path = self._directory / kind / f'{step:08d}'
        shapes = {name: shape(leaf) for name, leaf in leaves.items()}
        needed = sum(leaf.nbytes for leaf in leaves.values())
        if jax.process_count() > 1:
            # Orbax takes an array of one process for a mistake there, and a copy for what it is.
            leaves = {name: np.array(leaf) for name, leaf in leaves.items()}
        args = ocp.args.PyTreeSave(leaves, ocdbt_target_data_file_size=_FILE_BYTES)
        try:
            if shutil.disk_usage(self._directory).free < needed + _ROOM_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            # An accelerator's buffers are copied before this returns; a CPU's are lent to Orbax,
            # and JAX does not reuse a buffer that is lent.
            self._writer.save(_writing(path), args=args, force=True)
        except Exception as error:
            raise self._failure(path, needed, error) from error
        self._in_flight = self._thread.submit(self._complete, path, shapes, needed)

    def wait(self) -> None:
        """Returns when no save is in flight.

        Raises:
            CheckpointError: the save in flight failed; all earlier checkpoints are as they were.
        """
        in_flight, self._in_flight = self._in_flight, None
        if in_flight is not None:
            in_flight.result()

    def newest(self, kind: Kind) -> int | None:
        """Step of the newest checkpoint that is written; None: there is none."""
        return max(steps(self._directory / kind), default=None)

    def close(self) -> None:
        """Awaits the save in flight and ends the threads. Raises as `wait` does."""
        try:
            self.wait()
        finally:
            self._thread.shutdown()
            self._writer.close()

    def restore_latest(self, like: PyTree) -> tuple[int, PyTree] | None:
        """The newest good checkpoint as (step, tree); None: start from the beginning.

        Takes and raises what `restore` does.
        """
        self.wait()
        found = restore(self._directory, like, 'latest', report=self._report)
        if found is None and steps(self._directory / 'latest'):
            self._report(f'no good checkpoint in {self._directory}: starts from the beginning')
        return found

    def restore_best(self, like: PyTree, step: int) -> tuple[int, PyTree]:
        """The newest good best checkpoint of at most `step`, as (step, tree).

        Raises:
            CheckpointError: there is none; or as `restore`.
        """
        self.wait()
        found = restore(self._directory, like, 'best', step, self._report)
        if found is None:
            raise CheckpointError(
                f'no good best checkpoint of step {step} or before in {self._directory}: '
                'move the run away and train it again'
            )
        return found

    def _complete(self, path: Path, shapes: dict[str, str], needed: int) -> None:
        try:
            self._writer.wait_until_finished()
            write_json(_writing(path) / 'tree.json', {'format': FORMAT, 'arrays': shapes})
            manifests.remove(path)  # of a course that was given up
            _writing(path).rename(path)
            manifests.seal(path)
            self._prune(int(path.name))
        except Exception as error:
            raise self._failure(path, needed, error) from error

    def _prune(self, step: int) -> None:
        latest, best = (steps(self._directory / kind) for kind in ('latest', 'best'))
        kept = [s for s in latest if s <= step][-self._keep :]
        # For each latest that may be resumed, the best there was then.
        kept_best = [max((b for b in best if b <= s), default=None) for s in (*kept, step)]
        for kind, there, stay in (('latest', latest, kept), ('best', best, kept_best)):
            for gone in set(there).difference(stay):
                manifests.remove(self._directory / kind / f'{gone:08d}')

    def _failure(self, path: Path, needed: int, error: Exception) -> CheckpointError:
        self._writer = _writer()  # a failed one raises again at the next save
        _sweep(path.parent)
        reason = line(error)
        if re.search('No space left|quota exceeded', str(error)):
            free = shutil.disk_usage(path.parent).free
            reason = f'the disk is full ({needed:,} bytes needed, {free:,} free)'
        good = self.newest('latest')
        return CheckpointError(
            f'checkpoint of step {int(path.name)} was not written to {path}: {reason}; '
            f'last good checkpoint: {"none" if good is None else f"step {good}"}. '
            'Put it right and start the run again'
        )


def _writer() -> ocp.AsyncCheckpointer:
    return ocp.AsyncCheckpointer(ocp.PyTreeCheckpointHandler(**by_itself()), **by_itself())


def _writing(path: Path) -> Path:
    return path.with_name(path.name + '.writing')


def _sweep(folder: Path) -> None:
    sealed = set(manifests.sealed(folder))
    for path in (*folder.iterdir(), *sealed):
        unfinished = bool(STEP.fullmatch(path.name)) and path.is_dir() != (path in sealed)
        if path.is_file() and _LEFTOVER.fullmatch(path.name):
            path.unlink()
        elif unfinished or _LEFTOVER.fullmatch(path.name):
            manifests.remove(path)
