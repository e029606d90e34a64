"""Which runs are one program, how many of them fit the device, and whether that is faster.

Runs of one signature (research.shared) can be a stack. A stack is cut into packs that fit the
memory, by what compiled programs of one and of two members say they need.
"""

import dataclasses
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from research import order, parallel, values
from research import step as steps
from research.course import Course
from research.experiment import Experiment
from research.models.forest import Forest
from research.shared import Shared, signature

# Of the free memory; the rest is for validations and for what the allocator cannot use.
SHARE = 0.7
TIMED = 5
PROBED = 2  # members of the stack that is measured
# Below it a stack, which compiles anew for each number of members, is worth its while.
MARGIN = 0.9


@dataclasses.dataclass(frozen=True)
class Measured:
    """What one run's program and a stack of PROBED say.

    Attributes:
        base_bytes: what a stack takes however many members it has, without the data.
        member_bytes: what each member takes besides.
        alone_s: seconds of a step of one run by itself; None: not timed.
        stacked_s: seconds of a step of the stack, over its members.
    """

    base_bytes: int
    member_bytes: int
    alone_s: float | None = None
    stacked_s: float | None = None

    def most(self, free_bytes: int) -> int:
        """Members that fit, at least one."""
        room = SHARE * free_bytes - self.base_bytes
        return max(1, int(room // max(self.member_bytes, 1)))

    def faster(self) -> bool:
        """Whether a member of the stack takes clearly less time than by itself."""
        assert self.alone_s is not None, 'not timed'
        assert self.stacked_s is not None, 'not timed'
        return self.stacked_s < MARGIN * self.alone_s


def group(members: Sequence[Any], experiment: Callable[[Any], Experiment]) -> list[list[Any]]:
    """The members of one signature together, in the order of their first ones.

    A forest is by itself.
    """
    found: dict[Hashable, list[Any]] = {}
    for position, each in enumerate(members):
        own = experiment(each)
        forest = isinstance(own.model, Forest)
        found.setdefault(position if forest else signature(own), []).append(each)
    return list(found.values())


def packs(stack: Sequence[Any], most: int) -> list[list[Any]]:
    """As few packs of at most so many as there can be, of nearly one size."""
    count = -(-len(stack) // most)
    size, longer = divmod(len(stack), count)
    ends = np.cumsum([size + (at < longer) for at in range(count)])
    return [list(stack[end - size - (at < longer) : end]) for at, end in enumerate(ends)]


def measure(
    shared: Shared, way: Course, timed: bool, between: Callable[[], object] = lambda: None
) -> Measured:
    """Compiles the program of one run and that of a stack, and runs each a few steps if asked to.

    What is compiled for the steps is kept by JAX's cache of programs, where there is one; without
    them a few examples are read in place of all. `between` is called once each program is compiled,
    and after each that ran; what it raises ends the measuring.
    """
    alone, alone_s = _probe(shared, way, 1, timed, between)
    both, both_s = _probe(shared, way, PROBED, timed, between)
    member = max((both - alone) // (PROBED - 1), 0)
    stacked_s = None if both_s is None else both_s / PROBED
    return Measured(max(alone - member, 0), member, alone_s, stacked_s)


def _probe(
    shared: Shared, way: Course, members: int, timed: bool, between: Callable[[], object]
) -> tuple[int, float | None]:
    """Bytes of a program besides its data, and the seconds of one of its steps."""
    bound = shared.bound
    if members == 1:
        devices = parallel.layout('jit', bound.batch_size)
    else:
        lengths = [part.samples for part in shared.made.parts.values()]
        even = parallel.divisible(bound.model, lengths)
        devices = parallel.stack(members, bound.batch_size, even)
    count, size = len(shared.made.parts['train']), bound.batch_size
    count = count if timed else min(count, size)
    data = shared.data(devices) if timed else shared.few(count, devices)
    indices = order.indices(0, 0, way.dispatch, size, count)
    scalars: Any = {name: jnp.float32(1e-4) for name in values.extract(bound)}
    state: Any = steps.init(bound)
    fresh: Any = np.array(True)
    if members > 1:
        many = [None] * members
        indices = np.stack([indices for _ in many], axis=1)
        state, scalars, fresh = jax.tree.map(
            lambda x: jnp.stack([x for _ in many]), (state, scalars, fresh)
        )
    state = devices.deal(state) if isinstance(devices, parallel.Stack) else devices.put(state)
    positions = np.arange(size, dtype=np.int32)
    dispatch = steps.compile_steps(bound, way.total, devices)
    rest = scalars, fresh
    needed = _bytes(dispatch.lower(state, data, indices, positions, rest).compile(), data)
    between()
    if not timed:
        return needed, None
    best = float('inf')
    for _ in range(TIMED + 1):  # the first compiles
        began = time.perf_counter()
        state, sums = dispatch(state, data, indices, positions, rest)
        jax.block_until_ready(sums)
        best = min(best, time.perf_counter() - began)
        between()
    return needed, best / way.dispatch


def _bytes(compiled: Any, data: Any) -> int:
    stats = compiled.memory_analysis()
    held = sum(leaf.nbytes for leaf in jax.tree.leaves(data))
    used = stats.argument_size_in_bytes + stats.temp_size_in_bytes + stats.output_size_in_bytes
    return max(int(used - stats.alias_size_in_bytes - held), 0)
