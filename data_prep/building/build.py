"""From a source to a corpus on disk: found, planned, made in shards, joined, moved into place."""

import concurrent.futures
import errno
import functools
from collections.abc import Sequence
from pathlib import Path

from data_prep import manifest
from data_prep.building import checks, finish, plans, shards, staging
from data_prep.building.parallel import ordered_map
from data_prep.building.plans import Plan, Shard
from data_prep.building.progress import progress
from data_prep.cards import Corpus, Wish
from data_prep.errors import PrepError, Stopped


def build(name: str, corpus: Corpus, target: Path, wish: Wish) -> dict:
    """Prepares a corpus in `target`; returns its manifest.

    What a prep of the same plan left that broke off is gone on with.

    Args:
        name: of the corpus, with its label.
        corpus: as its module has it.
        target: its folder to be.
        wish: how.

    Raises:
        PrepError: nothing found, nothing readable, or `target` is there and no corpus.
        Stopped: it broke off, and the same command goes on: the disk is full, a process died, too
            many files are bad.
        OSError: the place cannot be written to.
    """
    if target.exists() and not (wish.force or (target / manifest.FILENAME).exists()):
        raise PrepError(f'{target} is there and no corpus: remove it or say --force')
    target.parent.mkdir(parents=True, exist_ok=True)
    found = corpus.find(wish)
    if not found.entries:
        finish.judge(name, 0, found.rejected, wish.max_bad, target)
        raise PrepError(f'{name}: no file to take in {wish.source}')
    plan = plans.make(name, plans.resolved(corpus, found), found.entries, wish.limit)
    checks.hold(plan.corpus, plans.columns(plan))
    if others := staging.elsewhere(target):
        wish.report(
            f'{name}: other hosts were or are at work on it: {", ".join(map(str, others))}: '
            'remove these where nothing runs there any more'
        )
    with staging.staged(target, plan.digest) as folder:
        there = _there(plan, folder, wish)
        todo = [shard for shard in plan.shards if shard.number not in there]
        try:
            _work(plan, todo, folder, wish)
            written = finish.finish(plan, found, folder, target, wish)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise _full(plan, folder) from None
            raise
        published = staging.publish(folder, target, wish.force)
        finish.listed(target).unlink(missing_ok=True)
        if not published:
            wish.report(f'{name}: another prep was done first, this one is dropped')
            return manifest.read(target)
    return written


def _there(plan: Plan, folder: Path, wish: Wish) -> set[int]:
    """The shards that an earlier prep finished; whatever else it left is removed."""
    numbers = [shard.number for shard in plan.shards]
    with concurrent.futures.ThreadPoolExecutor(wish.jobs) as pool:  # hashing holds no lock
        whole = pool.map(functools.partial(shards.whole, folder), numbers)
        there = {number for number, done in zip(numbers, whole, strict=True) if done}
    shards.tidy(folder, there, {staging.PLAN})
    if there:
        wish.report(f'{plan.name}: going on: {len(there)} of {len(numbers)} shards are there')
    return there


def _work(plan: Plan, todo: Sequence[Shard], folder: Path, wish: Wish) -> None:
    recipe = shards.Recipe(plan.corpus, folder.resolve())
    if wish.beam and todo:
        from data_prep.building import pipeline

        pipeline.run(recipe, todo, wish.beam, wish.report)
        return
    made = ordered_map(
        functools.partial(shards.write, recipe), todo, max(1, min(wish.jobs, len(todo)))
    )
    missing = sum(len(shard.entries) for shard in todo)
    shown = progress(made, plan.records, plan.name, wish.report, _entries, plan.records - missing)
    for _ in shown:
        pass


def _entries(done: shards.Done) -> int:
    return done.entries


def _full(plan: Plan, folder: Path) -> Stopped:
    """Makes what room there is to make, and says where more is needed."""
    done = [shards.read(folder, shard.number) for shard in plan.shards]
    there = [each for each in done if each]
    shards.tidy(folder, {each.number for each in there}, {staging.PLAN})
    size = sum(int(file['bytes']) for each in there for file in each.files.values())
    return Stopped(
        f'{plan.name}: the disk of {folder.parent} is full; {len(there)} of {len(done)} shards '
        f'({size / 1e6:,.1f} MB) are there: make room, then the same command goes on from them'
    )
