"""A grid trained pack by pack: what is done is left alone, what fails fails alone.

Any number of drivers may work at one grid. Each takes the runs that nobody holds; one that is held
by another is asked for again, and taken over where its holder died.
"""

import dataclasses
import errno
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from research import claims, ledger, packing, runs, start
from research.errors import UserError
from research.grid import Grid
from research.interrupts import Interrupted, Interrupts
from research.packing import How
from research.planned import Planned, told

# Seconds between two looks at runs that other processes hold.
LOOK_S = 2.0
STOPPED = (130, 143)
ENDED = ('finished', 'failed')
# What stopping comes to where no run says more of its own.
LEAVING = 'asked to stop: after what is under way; no other run is started'


def train(grid: Grid, planned: Sequence[Planned], runs_dir: Path, how: How) -> int:
    """Trains what is not done of the members asked for; an exit code.

    It is 1 where a run failed, and 128 and the number of a signal that left some of them undone.
    """
    ledger.write(runs_dir, grid.name, [each.entry for each in planned])
    mine = [planned[i] for i in how.members] if how.members is not None else list(planned)
    entries, left = [each.entry for each in mine], mine
    with Interrupts(say, LEAVING) as interrupts:
        work = _Work(grid, planned, runs_dir, how, interrupts)
        while left and not interrupts.number:
            held = work.round(left)
            if len(held) == len(left) and not interrupts.number:
                time.sleep(LOOK_S)
            left = held
    if interrupts.number and any(each.run.status() not in ENDED for each in entries):
        counts = ledger.lines(grid.name, entries)[0]
        stop = Interrupted(interrupts.number, f'{counts}; the same command goes on with the rest')
        print(f'\n{stop}', flush=True)
        return stop.exit_code
    print('\n' + '\n'.join(ledger.lines(grid.name, entries)))
    if not work.failed:
        print(f'table     python -m research.tables {grid.name} --runs_dir={runs_dir}')
    else:
        print('--retry_failed trains again what failed')
    return 1 if work.failed else 0


class _Work:
    """One driver's share of a grid.

    Args:
        interrupts: entered; once a signal came no run is started.

    Attributes:
        failed: runs that have no result, and will have none from this driver.
    """

    def __init__(
        self,
        grid: Grid,
        planned: Sequence[Planned],
        runs_dir: Path,
        how: How,
        interrupts: Interrupts,
    ):
        self._grid, self._planned, self._runs_dir, self._how = grid, planned, runs_dir, how
        self._interrupts = interrupts
        self._seen: set[Path] = set()
        self.failed: list[Planned] = []

    def round(self, left: Sequence[Planned]) -> list[Planned]:
        """Trains what nobody holds, until a signal comes; returns what is held."""
        ready, held = [], []
        for each in left:
            state = self._state(each)
            ready += [each] if state == 'ready' else []
            held += [each] if state == 'held' else []
        packs = packing.packed(
            [each.chosen for each in ready],
            self._how,
            lambda i: _stacked(ready[i].entry.run),
            lambda line: say(f'\n{line}'),
            self._between,
        )
        try:
            for pack in packs:
                members = []
                for each in (ready[i] for i in pack.members):
                    state = self._state(each)  # another driver may have been at it meanwhile
                    members += [each] if state == 'ready' else []
                    held += [each] if state == 'held' else []
                if members:
                    held += self._pack(members, pack)
                if self._interrupts.number:
                    break
        except Interrupted as interrupted:
            say(str(interrupted))
        return held

    def _between(self) -> None:
        """Leaves off measuring where a signal came."""
        if number := self._interrupts.number:
            raise Interrupted(number, 'measured no further; the same command measures anew')

    def _state(self, each: Planned) -> str:
        run = each.entry.run
        if run.status() == 'finished':
            return 'finished'
        if run.status() == 'failed':
            self.failed += [each] if each not in self.failed else []
            return 'failed'
        holder = claims.holder(run.directory)
        if not holder or not holder['here']:
            return 'ready'
        # Looked at without a claim, which would tell of itself at every look.
        self._tell(each, f'\n{told(each)} is held by process {holder["pid"]}')
        return 'held'

    def _tell(self, each: Planned, held: str) -> None:
        """That another process holds a run is said once, however often it is looked at."""
        if each.entry.run.directory not in self._seen:
            say(held)
            self._seen.add(each.entry.run.directory)

    def _pack(self, members: list[Planned], pack: packing.Pack) -> list[Planned]:
        """Trains a pack; returns what is held by others."""
        where = ', '.join(f'{self._planned.index(each) + 1}' for each in members)
        print(f'\n[{where} of {len(self._planned)}] {told(members[0])}', flush=True)
        for each in members[1:]:
            print(f'{" " * len(f"[{where} of {len(self._planned)}]")} {told(each)}')
        if pack.why:
            print(f'stack     {pack.why}', flush=True)
        if len(members) == 1:
            return self._alone(members[0], pack)
        try:
            return self._together(members, pack)
        except Interrupted:
            raise
        except Exception as error:
            if _of_the_disk(error):
                raise  # the others would fail of it too
            half = -(-len(members) // 2) if _of_memory(error) else 1
            reason = ' '.join(str(error).split())[:200]
            print(f'the stack failed ({reason}); its runs go on {half} at a time', flush=True)
        left = [each for each in members if self._state(each) == 'ready']
        held = []
        for first in range(0, len(left), half):
            if not self._interrupts.number:
                held += self._pack(left[first : first + half], dataclasses.replace(pack, why=''))
        return held

    def _alone(self, each: Planned, pack: packing.Pack) -> list[Planned]:
        try:
            code = _train(self._grid, each, self._runs_dir, self._how, pack.record)
        except claims.Claimed as claimed:
            self._tell(each, str(claimed))
            return [each]
        if code and code not in STOPPED:
            self.failed.append(each)
        return []

    def _together(self, members: list[Planned], pack: packing.Pack) -> list[Planned]:
        how = self._how
        options = dataclasses.replace(how.options, stream='off', surroundings=pack.record)
        chosen = [each.chosen for each in members]
        group = wandb_group(self._grid.name, members[0].chosen.corpus.name)
        outcomes = start.train_stack(chosen, self._runs_dir, how.wandb, options, group)
        held = []
        for each, error in zip(members, outcomes, strict=True):
            if isinstance(error, claims.Claimed):
                held.append(each)
            elif error:
                _failed(each.entry.run, error)
                self.failed.append(each)
        return held


def say(line: str) -> None:
    print(line, flush=True)


def _stacked(run: runs.Run) -> bool:
    """Whether a run was begun as a member of a stack."""
    if not run.environment.is_file():
        return False
    return runs.read_json(run.environment).get('stack', {}).get('members', 1) > 1


def wandb_group(grid: str, corpus: str) -> str:
    """By which W&B knows the runs of a grid."""
    return f'{grid}-{runs.plain(corpus)}'


def _train(
    grid: Grid, each: Planned, runs_dir: Path, how: How, surroundings: dict[str, Any]
) -> int:
    """One run; what goes wrong with it is written into its directory, and the others go on."""
    run = each.entry.run
    try:
        return start.train(
            each.chosen,
            runs_dir,
            wandb=how.wandb,
            options=dataclasses.replace(how.options, surroundings=surroundings),
            group=wandb_group(grid.name, each.chosen.corpus.name),
        )
    except claims.Claimed:
        raise
    except Exception as error:
        if _of_the_disk(error):
            raise  # the others would fail of it too
        return _failed(run, error)


def _of_memory(error: BaseException) -> bool:
    """Whether a device said that it has too little memory."""
    return 'RESOURCE_EXHAUSTED' in str(error) or 'Out of memory' in str(error)


def _of_the_disk(error: BaseException | None) -> bool:
    full = errno.ENOSPC, errno.EDQUOT, errno.EROFS
    own = isinstance(error, OSError) and error.errno in full
    return own or (error is not None and _of_the_disk(error.__cause__))


def _failed(run: runs.Run, error: Exception) -> int:
    """Writes down why, where the run itself did not."""
    print(f'error: {error}', flush=True)
    run.directory.mkdir(parents=True, exist_ok=True)
    foreseen = isinstance(error, UserError | runs.RunError)
    if not foreseen:
        run.trace.write_text(''.join(traceback.format_exception(error)), encoding='utf-8')
    if run.status() != 'failed':
        run.fail(str(error) if foreseen else f'{type(error).__name__}: {error}', 0, None)
    return 1
