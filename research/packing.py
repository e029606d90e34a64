"""How a grid's runs are put together: which as one program, which one by one."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from research import material, reading, runs, shared, sources, stacks, step
from research.choosing import Chosen
from research.course import course
from research.experiment import Experiment
from research.interrupts import Interrupted
from research.loggers.wandb import Mode
from research.loop import Options
from research.models import cudnn
from research.models.forest import Forest

MIB = 2**20
T = TypeVar('T')


@dataclasses.dataclass(frozen=True)
class How:
    """How the runs of a grid are carried out.

    Attributes:
        options: of each run.
        wandb, stack: as the flags of the same names.
        worker: which of how many workers this is, counted from 0: each begins elsewhere, and a
            stack is shared out among them.
        members: positions of the runs to be trained; None: all.
    """

    options: Options = dataclasses.field(default_factory=Options)
    wandb: Mode = 'auto'
    stack: str = 'auto'
    worker: tuple[int, int] = (0, 1)
    members: tuple[int, ...] | None = None


@dataclasses.dataclass(frozen=True)
class Pack:
    """Runs that are trained together.

    Attributes:
        members: positions in what was to be packed; one, or those of a stack.
        why: a line for the user on how they are trained; empty: there was nothing to choose.
        record: what environment.json of each is to hold of that.
    """

    members: list[int]
    why: str = ''
    record: dict[str, Any] = dataclasses.field(default_factory=dict)


def packed(
    chosen: Sequence[Chosen],
    how: How,
    begun: Callable[[int], bool],
    say: Callable[[str], object] = lambda line: None,
    between: Callable[[], object] = lambda: None,
) -> Iterator[Pack]:
    """Packs, one by one, as they are to be trained.

    What has its data read as they are needed, or is mapped by pmap, is trained one by one.

    Args:
        chosen: what is to be trained.
        how: with `stack`: 'auto' runs a few steps of both ways and takes the faster.
        begun: whether the run at a position was begun as a member of a stack, which 'auto' keeps.
        say: is told what is measured, before the programs for that are compiled.
        between: as in stacks.measure; of what it raises, Interrupted ends the packing.
    """
    groups = stacks.group(range(len(chosen)), lambda i: chosen[i].experiment)
    for members in _from_own(groups, how.worker):
        try:
            packs = _packs(members, chosen, how, begun, say, between)
        except Interrupted:
            raise
        except Exception as error:  # what is wrong with a run it says itself, by itself
            reason = ' '.join(str(error).split())[:200]
            packs = [Pack([i], f'one by one: no stack could be made ({reason})') for i in members]
        yield from _from_own(packs, how.worker)


def _packs(
    members: list[int],
    chosen: Sequence[Chosen],
    how: How,
    begun: Callable[[int], bool],
    say: Callable[[str], object],
    between: Callable[[], object],
) -> list[Pack]:
    """The packs of one signature."""
    first = chosen[members[0]]
    if how.stack == 'off' or len(members) == 1 or isinstance(first.experiment.model, Forest):
        return [Pack([i]) for i in members]
    if cudnn.wanted(first.experiment.model):
        told = (
            "one by one: several runs at once are for model.recurrence=scan, not for cuDNN's LSTM"
        )
        return [Pack([i], told) for i in members]
    if how.options.parallel != 'jit' or _streamed(first, how.options.stream):
        told = 'one by one: only resident data under --parallel=jit are heard by several at once'
        return [Pack([i], told) for i in members]
    timed = how.stack == 'auto' and not any(map(begun, members))
    wanted = (
        'are faster one by one or stacked: both are compiled' if timed else 'fit into one program'
    )
    say(f'stack     measuring {"whether" if timed else "how many of"} {len(members)} runs {wanted}')
    found = _measured(first, how, timed, between)
    record = {'choice': how.stack, **dataclasses.asdict(found)}
    if timed and not found.faster():
        told = f'one by one: {compared(found)}'
        return [Pack([i], told, {'stack': record | {'members': 1}}) for i in members]
    most = min(found.most(reading.free_bytes()), -(-len(members) // how.worker[1]))
    packs = []
    for pack in stacks.packs(members, most):
        told = f'{len(pack)} runs as one program, which takes {memory(found, len(pack))}'
        told += f': {compared(found)}' if timed else ''
        packs.append(Pack(pack, told, {'stack': record | {'members': len(pack)}}))
    return packs


def _measured(
    chosen: Chosen, how: How, timed: bool, between: Callable[[], object]
) -> stacks.Measured:
    common = shared.share(shared.signature(chosen.experiment), chosen.corpus, False)
    way = course(common.bound, len(common.made.parts['train']), how.options.steps_per_dispatch)
    return stacks.measure(common, way, timed, between)


def _from_own(found: Sequence[T], worker: tuple[int, int]) -> list[T]:
    """All of them, beginning with the share of this worker."""
    number, count = worker
    start = number * len(found) // count
    return [*found[start:], *found[:start]]


def compared(found: stacks.Measured) -> str:
    """Times of a step, for people."""
    assert found.alone_s is not None, 'not timed'
    assert found.stacked_s is not None, 'not timed'
    return (
        f'a step takes {1e3 * found.alone_s:.2f} ms alone, and '
        f'{1e3 * found.stacked_s:.2f} ms a run where {stacks.PROBED} are stacked'
    )


def memory(found: stacks.Measured, members: int) -> str:
    """What a program of so many members needs besides the data, for people."""
    return f'{(found.base_bytes + members * found.member_bytes) / MIB:,.0f} MiB'


def _streamed(chosen: Chosen, stream: str) -> bool:
    experiment = chosen.experiment
    made = material.prepare(experiment, chosen.corpus)
    bound: Experiment = step.bound(experiment, made.meaning)
    nowhere = runs.Run(chosen.corpus.directory / 'nowhere')
    return sources.choose(stream, bound, chosen.corpus, made.parts, nowhere).streamed
