"""A checkpoint read back: only what is what was written, and only onto the tree it was made of.

Reading needs no claim: whoever predicts or exports calls `restore`, the loop goes through
`research.checkpoint`.
"""

import json
import logging
import os
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import jax
import orbax.checkpoint as ocp
from jaxtyping import PyTree

from research import manifests
from research.runs import RunError

Kind = Literal['latest', 'best']
Report = Callable[[str], None]

FORMAT = 1
STEP = re.compile(r'\d{8,}')


def _not_of_orbax(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    trace = traceback.format_exception(error) if error else []
    said = ' '.join([record.pathname, record.getMessage(), *trace])
    return f'{os.sep}orbax{os.sep}' not in said and '.orbax-checkpoint-tmp' not in said


# Orbax and the event loop it abandons log a failure as dozens of tracebacks, and then it is raised.
for _name in ('absl', 'asyncio'):
    logging.getLogger(_name).addFilter(_not_of_orbax)


class CheckpointError(RunError):
    """A checkpoint that could not be written or read, said in one line."""


def restore(
    directory: Path, like: PyTree, kind: Kind, at_most: int | None = None, report: Report = print
) -> tuple[int, PyTree] | None:
    """The newest undamaged checkpoint of a kind as (step, tree), or None. Writes nothing.

    Args:
        like: arrays or ShapeDtypeStructs; the tree has their shapes, dtypes and shardings (the
            first device, where a leaf has no sharding).
        at_most: only checkpoints of this step or before.
        report: told in one line of each damaged checkpoint.

    Raises:
        CheckpointError: it holds another tree than `like`, or this version cannot read it.
    """
    wanted, folder = named(like), Path(directory).absolute() / kind
    for step in reversed(steps(folder)):
        if at_most is not None and step > at_most:
            continue
        path = folder / f'{step:08d}'
        if damage := manifests.damage(path):
            report(f'{kind} checkpoint of step {step} is damaged ({damage}): takes the one before')
            continue
        _refuse_other(path, wanted)
        return step, jax.tree.unflatten(jax.tree.structure(like), _read(path, wanted))
    return None


def named(tree: PyTree) -> dict[str, Any]:
    """Leaves by their paths, in the tree's order: 'params/Dense_0/kernel'."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    named = {jax.tree_util.keystr(p, simple=True, separator='/'): leaf for p, leaf in leaves}
    if len(named) < len(leaves):
        raise CheckpointError(f'two leaves of one path among {sorted(named)}: rename one')
    return named


def by_itself() -> dict[str, Any]:
    """What keeps Orbax from waiting for other processes: whoever has a run has it alone."""
    if jax.process_count() == 1:
        return {}
    own = jax.process_index()
    prefix = f'process_{own}'
    options = ocp.options.MultiprocessingOptions(
        primary_host=own, active_processes={own}, barrier_sync_key_prefix=prefix
    )
    return {'multiprocessing_options': options}


def shape(leaf: Any) -> str:
    """'float32[3, 4]'."""
    return f'{leaf.dtype}{list(leaf.shape)}'


def steps(folder: Path) -> list[int]:
    """Steps that have a manifest, whole or damaged, ascending."""
    names = (path.name for path in manifests.sealed(folder))
    return sorted(int(name) for name in names if STEP.fullmatch(name))


def line(error: Exception) -> str:
    """An error's message in one line of bearable length."""
    return ' '.join(str(error).split())[:300]


def _read(path: Path, wanted: dict[str, Any]) -> list[jax.Array]:
    first = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    target = {
        name: jax.ShapeDtypeStruct(
            leaf.shape, leaf.dtype, sharding=getattr(leaf, 'sharding', None) or first
        )
        for name, leaf in wanted.items()
    }
    how = ocp.checkpoint_utils.construct_restore_args(target)
    try:
        with ocp.Checkpointer(ocp.PyTreeCheckpointHandler(**by_itself()), **by_itself()) as reader:
            leaves = reader.restore(path, args=ocp.args.PyTreeRestore(target, restore_args=how))
    except Exception as error:
        raise CheckpointError(f'{path} is whole, but cannot be read: {line(error)}') from error
    return [leaves[name] for name in wanted]


def _refuse_other(path: Path, wanted: dict[str, Any]) -> None:
    tree = json.loads((path / 'tree.json').read_text(encoding='utf-8'))
    if tree['format'] != FORMAT:
        raise CheckpointError(
            f'{path} has format {tree["format"]}, this version reads {FORMAT}: take the version '
            'that wrote it'
        )
    stored, asked = tree['arrays'], {name: shape(leaf) for name, leaf in wanted.items()}
    differing = [
        f'`{name}` is {stored.get(name, "absent")} there, {asked.get(name, "absent")} wanted'
        for name in sorted(stored.keys() | asked.keys())
        if stored.get(name) != asked.get(name)
    ]
    if differing:
        more = f' and {len(differing) - 3} more' if len(differing) > 3 else ''
        raise CheckpointError(
            f'{path} holds another tree: {"; ".join(differing[:3])}{more}. '
            'Restore it with the model and optimizer that it was written with'
        )
