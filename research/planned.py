"""The runs of a grid: each member with its corpus and its place, and what all of them would be."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import jax

from research import choosing, ledger, material, packing, step
from research.choosing import Chosen
from research.corpora import Corpus
from research.course import course
from research.errors import UserError
from research.grid import Grid
from research.models.forest import Forest
from research.packing import How


@dataclasses.dataclass(frozen=True)
class Planned:
    """A member with its corpus and its place."""

    entry: ledger.Entry
    chosen: Chosen


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
        Unprepared: of choosing.choose; of all members at once.
        UserError: what choosing.choose says of a member; two members are the same run, or train on
            different corpora.
    """
    said: set[str] = set()

    def once(line: str) -> None:
        if line not in said:
            said.add(line)
            print(line, flush=True)

    found: dict[Path, Planned] = {}
    opened: dict[str, Corpus] = {}
    for member in grid.members:
        changes = (*assignments, *member.change)
        try:
            chosen = choosing.choose(member.experiment, pinned, changes, data_dir, prepare, once)
        except choosing.Unprepared:
            raise
        except UserError as error:
            raise UserError(f'{grid.name}, {member.label}: {error}') from error
        # One object a corpus, by which what runs share is known.
        corpus = opened.setdefault(chosen.corpus.fingerprint, chosen.corpus)
        chosen = dataclasses.replace(chosen, corpus=corpus)
        place = chosen.run(runs_dir)
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


def on_the_standin(
    grid: Grid,
    planned: Sequence[Planned],
    assignments: Sequence[str],
    data_dir: Path,
    runs_dir: Path,
) -> list[str]:
    """A line where members that are shown on another corpus were begun on the stand-in for it.

    Args:
        planned: as `resolve` has them, by the same `assignments` and folders.
    """
    first = planned[0].chosen
    name = first.experiment.standin.corpus
    if name == first.corpus.name:
        return []
    try:
        others = resolve(grid, name, assignments, data_dir, runs_dir, prepare=False)
    except UserError:  # not prepared, or nothing that these changes could be trained on
        return []
    states = [ledger.state(each.entry.run) for each in others]
    if all(each.word == 'waiting' for each in states):
        return []
    return [f'on {name}: {ledger.counted(states)}: --corpus={name} shows them']


def plan(grid: Grid, planned: Sequence[Planned], how: How) -> Iterator[str]:
    """What would be trained: a line a label with seeds, parameters and steps; starts nothing.

    Then the packs in which the runs would be trained, with the memory that their programs say they
    need: for that they are compiled, which takes a while, so that lines come one by one. Which way
    is faster only training tells.
    """
    labelled: dict[str, list[Planned]] = {}
    for each in planned:
        labelled.setdefault(each.entry.label, []).append(each)
    first = planned[0].chosen
    stand_in = ' (stand-in)' if first.stand_in else ''
    yield f'{grid.name}: {len(planned)} runs on {first.corpus.name}{stand_in}'
    width = max(map(len, labelled))
    for label, members in labelled.items():
        states = Counter(ledger.state(each.entry.run).word for each in members)
        told = ', '.join(f'{count} {word}' for word, count in states.items())
        size = _size(members[0].chosen, how.options.steps_per_dispatch)
        yield f'{label:{width}}  {size}  {told}'
    left = [each for each in planned if ledger.state(each.entry.run).word != 'done']
    chosen = [each.chosen for each in left]
    wanted = dataclasses.replace(how, stack='on' if how.stack == 'auto' else how.stack)
    for pack in packing.packed(chosen, wanted, lambda i: False):
        if pack.why:
            yield f'pack      {told_all([left[i] for i in pack.members])}: {pack.why}'


def told_all(members: Sequence[Planned]) -> str:
    """A pack in a line: its first member, and how many follow."""
    more = f' and {len(members) - 1} more' if len(members) > 1 else ''
    return told(members[0]) + more


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


def told(each: Planned) -> str:
    """A member in a line: its label and its seed."""
    return f'{each.entry.label} seed={each.chosen.experiment.seed}'
