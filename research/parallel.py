"""Devices: the only place that knows how many there are.

A mesh has the axes ('members', 'batch'): stacked runs lie along the first, the examples of a step
along the second. The default is one jit-compiled program whose arrays carry NamedShardings; `Pmap`
maps the same step over the devices by hand. Both give the numbers of one device, up to the order of
sums.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from research.errors import UserError, unknown

MEMBERS, BATCH = 'members', 'batch'


@runtime_checkable
class Devices(Protocol):
    """How a program is laid out.

    Attributes:
        axis: name of the axis that a mapped step averages over.
        stacked: states have a member axis in front.
    """

    axis: str | None
    stacked: bool

    def put(self, tree: Any) -> Any: ...

    def get(self, tree: Any) -> Any: ...

    def compile(self, dispatch: Callable) -> Callable: ...


class Jit:
    """One program; the batch axis of the indices is sharded and XLA places the rest."""

    axis: str | None = None
    stacked: bool = False

    def __init__(self, devices: Sequence[jax.Device]):
        self.mesh = Mesh(np.array(devices).reshape(1, -1), (MEMBERS, BATCH))

    def put(self, tree: Any) -> Any:
        """The same arrays on every device."""
        return jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec()))

    def get(self, tree: Any) -> Any:
        return tree

    def compile(self, dispatch: Callable) -> Callable:
        """`dispatch(state, data, indices [steps, batch], positions [batch], values)`, compiled.

        The state is donated: what is passed in may not be used again.
        """
        everywhere = NamedSharding(self.mesh, PartitionSpec())
        shardings = (
            everywhere,
            everywhere,
            NamedSharding(self.mesh, PartitionSpec(None, BATCH)),
            NamedSharding(self.mesh, PartitionSpec(BATCH)),
            everywhere,
        )
        return jax.jit(dispatch, donate_argnums=0, in_shardings=shardings, out_shardings=everywhere)


class Pmap:
    """The step mapped over devices, each with its share of the batch and a copy of the rest."""

    axis: str | None = BATCH
    stacked: bool = False

    def __init__(self, devices: Sequence[jax.Device]):
        self.devices = list(devices)

    def put(self, tree: Any) -> Any:
        """One copy a device, along a new leading axis."""
        mesh = Mesh(np.array(self.devices), (BATCH,))
        sharding = NamedSharding(mesh, PartitionSpec(BATCH))
        copies = len(self.devices)

        def spread(x):
            return jax.device_put(jnp.broadcast_to(x, (copies, *jnp.shape(x))), sharding)

        return jax.tree.map(spread, tree)

    def get(self, tree: Any) -> Any:
        """One device's copy."""
        return jax.tree.map(lambda x: x.addressable_shards[0].data[0], tree)

    def compile(self, dispatch: Callable) -> Callable:
        """As Jit.compile; the indices are dealt out here."""
        mapped = jax.pmap(
            dispatch,
            axis_name=BATCH,
            in_axes=(0, 0, 1, 0, None),
            devices=self.devices,
            donate_argnums=0,
        )
        count = len(self.devices)

        @functools.wraps(dispatch)
        def dealt(state, data, indices, positions, values):
            indices = indices.reshape(indices.shape[0], count, -1)
            return mapped(state, data, indices, positions.reshape(count, -1), values)

        return dealt


class Stack:
    """Runs side by side: a share of the members on each row of the mesh, whose devices share their
    batches.

    Args:
        devices: of the mesh, some of which may be left idle.
        members: of the stack.
        batch_size: of each of them.
        even: whether a batch may be shared: see `divisible`.
    """

    axis: str | None = BATCH
    stacked: bool = True

    def __init__(
        self, devices: Sequence[jax.Device], members: int, batch_size: int, even: bool = True
    ):
        rows = math.gcd(len(devices), members)
        columns = math.gcd(len(devices) // rows, batch_size) if even else 1
        used = np.array(devices[: rows * columns])
        self.mesh = Mesh(used.reshape(rows, columns), (MEMBERS, BATCH))

    def put(self, tree: Any) -> Any:
        """The same arrays on every device: what all members hear."""
        return jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec()))

    def deal(self, tree: Any) -> Any:
        """Arrays with a leading member axis, each member where it is trained."""
        return jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec(MEMBERS)))

    def get(self, tree: Any) -> Any:
        return tree

    def compile(self, dispatch: Callable) -> Callable:
        """`dispatch(states, data, indices [steps, members, batch], positions [batch], values)`.

        States and values have a leading member axis. The states are donated.
        """
        members = PartitionSpec(MEMBERS)
        mapped = jax.shard_map(
            dispatch,
            mesh=self.mesh,
            in_specs=(
                members,
                PartitionSpec(),
                PartitionSpec(None, MEMBERS, BATCH),
                PartitionSpec(BATCH),
                members,
            ),
            out_specs=(members, members),
            check_vma=False,
        )
        return jax.jit(mapped, donate_argnums=0)


KINDS = {'jit': Jit, 'pmap': Pmap}


def layout(kind: str, batch_size: int) -> Devices:
    """Every local device, under the layout that `--parallel` names.

    Raises:
        UserError: an unknown layout, or a batch that the devices cannot share evenly.
    """
    if kind not in KINDS:
        raise UserError(unknown('--parallel', kind, KINDS))
    devices = jax.local_devices()
    refuse_uneven(batch_size, len(devices))
    return _made(kind, tuple(devices))


def refuse_uneven(batch_size: int, devices: int) -> None:
    """Raises UserError for a batch that so many devices cannot share evenly."""
    if batch_size % devices:
        fitting = -(-batch_size // devices) * devices
        raise UserError(
            f'batch_size={batch_size} cannot be shared evenly by {devices} devices: '
            f'--set=batch_size={fitting}'
        )


@functools.cache
def _made(kind: str, devices: tuple[jax.Device, ...]) -> Devices:
    """One object a layout: programs are kept by it."""
    return KINDS[kind](devices)


@functools.lru_cache(maxsize=16)
def stack(members: int, batch_size: int, even: bool) -> Stack:
    """Every local device, for so many runs side by side; see Stack."""
    return Stack(jax.local_devices(), members, batch_size, even)


def refuse_ragged(devices: Devices, model: Any, lengths: Sequence[np.ndarray]) -> None:
    """A mapped batch norm averages its devices' means evenly, whatever each has heard.

    Raises:
        UserError: the model has batch norm, the step is mapped and examples differ in length.
    """
    if devices.axis and not divisible(model, lengths):
        raise UserError(
            '--parallel=pmap with batch norm wants examples of one length, and here they differ: '
            'take --parallel=jit, or a data.slice_s that every recording fills'
        )


def divisible(model: Any, lengths: Sequence[np.ndarray]) -> bool:
    """Whether devices may share a batch where the step is mapped over them.

    Not where the model has batch norm and examples differ in length: see `refuse_ragged`.
    """
    return not hasattr(model, 'batch_axis') or len(np.unique(np.concatenate(lengths))) < 2


def steps_per_dispatch(convolves: bool) -> int:
    """How many steps are one program.

    A scan over steps saves the host's work between them; XLA's CPU convolutions lose their threads
    inside a loop, where one step at a time is several times faster.
    """
    return 1 if convolves and jax.default_backend() == 'cpu' else 8


def describe() -> dict[str, Any]:
    """The devices, for a run's record."""
    devices = jax.devices()
    return {
        'platform': devices[0].platform,
        'kind': devices[0].device_kind,
        'count': len(devices),
        'processes': jax.process_count(),
    }
