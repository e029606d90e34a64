"""A Ray cluster: connecting to one or starting it, how large it is, and what folder it sees."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from research.errors import UserError
from research.executors import share
from research.ledger import FOLDER

NEEDED = (
    '--executor=ray needs Ray, which is not installed: '
    'pip install -r requirements-ray.txt -c constraints.txt'
)


def library() -> Any:
    """Ray; UserError where it is not installed."""
    try:
        import ray
    except ImportError as error:
        raise UserError(NEEDED) from error
    return ray


def sizes(nodes: Sequence[Mapping[str, float]], asked: int | None) -> tuple[int, dict[str, int]]:
    """How many workers, and what each of them holds.

    A GPU each where there are some. Else so many CPUs that all fit at once, one at least.

    Args:
        nodes: the resources of each, as Ray has them.
        asked: so many workers, if the user says.
    """
    gpus = sum(int(node.get('GPU', 0)) for node in nodes)
    if gpus:
        return asked or gpus, {'num_gpus': 1, 'num_cpus': 0}
    cpus = [int(node.get('CPU', 0)) for node in nodes]
    count = asked or max(1, sum(each > 0 for each in cpus))
    most = next((k for k in range(max(cpus), 1, -1) if sum(c // k for c in cpus) >= count), 1)
    return count, {'num_gpus': 0, 'num_cpus': most}


@contextlib.contextmanager
def connected(ray: Any, address: str) -> Iterator[None]:
    """Connects to a cluster, or starts one of this machine, and ends what it started."""
    own = address in ('', 'local')
    # Nothing is told to anybody, and no page is served.
    os.environ['RAY_USAGE_STATS_ENABLED'] = '0'
    os.environ.setdefault('RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO', '0')
    started: dict[str, Any] = {'include_dashboard': False} if own else {}
    try:
        ray.init(
            address='local' if own else address,
            log_to_driver=False,
            logging_level='ERROR',
            **started,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = ' '.join(str(error).split())[:200]
        raise UserError(
            f'--ray_address={address}: there is no such cluster ({reason}); without it one is '
            'started on this machine'
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


@contextlib.contextmanager
def marked(runs_dir: Path) -> Iterator[Path]:
    """A file by which nodes know the folder of the runs."""
    mark = runs_dir.absolute() / FOLDER / f'.seen-{secrets.token_hex(8)}'
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


def seen(ray: Any, nodes: Sequence[Mapping[str, Any]], mark: Path) -> Path | None:
    """The mark, if all nodes see it."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    looks = []
    for node in nodes:
        there = NodeAffinitySchedulingStrategy(node['NodeID'], soft=False)
        look = ray.remote(share.sees).options(num_cpus=0, scheduling_strategy=there)
        looks.append(look.remote(mark))
    return mark if all(ray.get(looks)) else None
