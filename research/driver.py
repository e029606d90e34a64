"""A grid trained run by run: what is done is left alone, what fails fails alone.

Any number of drivers may work at one grid. Each takes the runs that nobody holds; one that is held
by another is asked for again, and taken over where its holder died.
"""

import dataclasses
import errno
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import jax

from research import claims, codec, ledger, material, runs, start, step
from research.course import course
from research.errors import UserError
from research.grid import Grid
from research.loggers.wandb import Mode
from research.models.forest import Forest
from research.start import Chosen

# Seconds between two looks at runs that other processes hold.
LOOK_S = 2.0
STOPPED = (130, 143)


@dataclasses.dataclass(frozen=True)
class Planned:
    """A member with its corpus and its place."""

    entry: ledger.Entry
    chosen: Chosen


@dataclasses.dataclass(frozen=True)
class How:
    """How runs are carried out; see the flags of launch.py of the same names."""

    wandb: Mode = 'auto'
    parallel: str = 'jit'
    checkpoint_every_s: float = 60.0
    steps_per_dispatch: int | None = None
    stream: str = 'auto'
    force: bool = False
    retry_failed: bool = False


def resolve(
    grid: Grid,
    pinned: str | None,
    assignments: Sequence[str],
    data_dir: Path,
    runs_dir: Path,
    prepare: bool,
) -> list[Planned]:
    """Every member's experiment with its corpus, or with the stand-in where that is not prepared.

    Raises:
        UserError: what start.choose says of a member; two members are the same run, or train on
            different corpora.
    """
    said: set[str] = set()

    def once(line: str) -> None:
        if line not in said:
            said.add(line)
            print(line, flush=True)

    found: dict[Path, Planned] = {}
    for member in grid.members:
        changes = (*assignments, *member.change)
        try:
            chosen = start.choose(member.experiment, pinned, changes, data_dir, prepare, once)
        except UserError as error:
            raise UserError(f'{grid.name}, {member.label}: {error}') from error
        place = runs.locate(runs_dir, codec.to_json(chosen.experiment), chosen.corpus.fingerprint)
        if place.directory in found:
            other = found[place.directory].entry
            raise UserError(
                f'{grid.name}: {other.label} {other.change} and {member.label} {member.change} '
                'are one and the same run: leave one out'
            )
        entry = ledger.Entry(member.label, member.change, place)
        found[place.directory] = Planned(entry, chosen)
    corpora = {each.chosen.corpus.fingerprint: each.chosen.corpus.name for each in found.values()}
    if len(corpora) > 1:
        raise UserError(
            f'{grid.name} would mix corpora ({", ".join(sorted(corpora.values()))}), whose numbers '
            'never share a table: pin one with --corpus=NAME'
        )
    return list(found.values())


def plan(grid: Grid, planned: Sequence[Planned], most: int | None = None) -> list[str]:
    """What would be trained: a line a label with seeds, parameters and steps; starts nothing."""
    labelled: dict[str, list[Planned]] = {}
    for each in planned:
        labelled.setdefault(each.entry.label, []).append(each)
    first = planned[0].chosen
    stand_in = ' (stand-in)' if first.stand_in else ''
    lines = [f'{grid.name}: {len(planned)} runs on {first.corpus.name}{stand_in}']
    width = max(map(len, labelled))
    for label, members in labelled.items():
        states = Counter(ledger.state(each.entry.run).word for each in members)
        told = ', '.join(f'{count} {word}' for word, count in states.items())
        lines.append(f'{label:{width}}  {_size(members[0].chosen, most)}  {told}')
    return lines


def _size(chosen: Chosen, most: int | None) -> str:
    """Parameters and steps of one run."""
    made = material.prepare(chosen.experiment, chosen.corpus)
    bound = step.bound(chosen.experiment, made.meaning)
    if isinstance(bound.model, Forest):
        return 'a forest'
    way = course(bound, len(made.parts['train']), most)
    state = jax.eval_shape(lambda: step.init(bound))
    trained = sum(leaf.size for leaf in jax.tree.leaves(state.params))
    return f'{trained:>12,} parameters  {way.total:>7,} steps of {bound.batch_size}'


def train(grid: Grid, planned: Sequence[Planned], runs_dir: Path, how: How) -> int:
    """Trains what is not done; the exit code is 1 where a run failed."""
    ledger.write(runs_dir, grid.name, [each.entry for each in planned])
    left, seen, failed = list(planned), set(), []
    while left:
        held = []
        for each in left:
            run = each.entry.run
            if run.status() == 'finished' and not how.force:
                continue
            if run.status() == 'failed' and not how.retry_failed:
                failed.append(each)
                continue
            holder = claims.holder(run.directory)
            if holder and holder['here']:
                # Looked at without a claim, which would tell of itself at every look.
                if run.directory not in seen:
                    print(f'\n{told(each)} is held by process {holder["pid"]}', flush=True)
                    seen.add(run.directory)
                held.append(each)
                continue
            print(f'\n[{planned.index(each) + 1} of {len(planned)}] {told(each)}', flush=True)
            try:
                code = _train(grid, each, runs_dir, how)
            except claims.Claimed as claimed:
                print(claimed, flush=True)
                held.append(each)
                continue
            if code in STOPPED:
                return code
            failed += [each] if code else []
        if len(held) == len(left):
            time.sleep(LOOK_S)
        left = held
    print('\n' + '\n'.join(ledger.lines(grid.name, [each.entry for each in planned])))
    if not failed:
        print(f'table     python -m research.tables {grid.name} --runs_dir={runs_dir}')
    elif not how.retry_failed:
        print('--retry_failed trains again what failed')
    return 1 if failed else 0


def told(each: Planned) -> str:
    """A member in a line: its label and its seed."""
    return f'{each.entry.label} seed={each.chosen.experiment.seed}'


def _train(grid: Grid, each: Planned, runs_dir: Path, how: How) -> int:
    """One run; what goes wrong with it is written into its directory, and the others go on."""
    run = each.entry.run
    try:
        return start.train(
            each.chosen,
            runs_dir,
            wandb=how.wandb,
            layout=how.parallel,
            checkpoint_every_s=how.checkpoint_every_s,
            steps_per_dispatch=how.steps_per_dispatch,
            force=how.force,
            stream=how.stream,
            retry=how.retry_failed,
            group=f'{grid.name}-{runs.plain(each.chosen.corpus.name)}',
        )
    except claims.Claimed:
        raise
    except Exception as error:
        if _of_the_disk(error):
            raise  # the others would fail of it too
        return _failed(run, error)


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
