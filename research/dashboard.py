"""A W&B workspace for a grid where an account is there, and how to get there where not."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from research import command, ledger, untrained
from research.errors import UserError, unknown
from research.loggers.wandb import known_key
from research.start import PROJECT

USAGE = """Writes a W&B workspace in which the runs of a grid stand side by side.

    python -m research.dashboard genre_architectures
    python -m research.dashboard genre_leak --entity=my-team

It has bars of the test part's scores, curves of the validation and training scores (means over
seeds, with their standard deviation), what seconds and parameters buy, and the runs' own plots;
grouped by what the members differ in. Without an account nothing is sent: told is the command that
sends the runs once there is one. For tables with intervals see research.tables.

flags:
"""


def _flags() -> flags.FlagValues:
    own = command.own()
    flags.DEFINE_string('entity', None, 'user or team; else the default one', flag_values=own)
    flags.DEFINE_string('project', PROJECT, 'W&B project of the runs', flag_values=own)
    return own


def main(argv: Sequence[str]) -> int:
    """Writes it, or tells how to.

    Returns:
        The exit code: 2 for a mistake of the user's, 1 where W&B refuses.
    """
    return command.run(argv, USAGE, _flags(), _workspace)


def _workspace(names: Sequence[str], own: flags.FlagValues) -> int:
    if len(names) != 1:
        raise UserError(f'{len(names)} grids are given: one has a workspace')
    entries = _members(names[0], Path(own.runs_dir))
    if not known_key():
        print('\n'.join(_without_account(names[0], entries)))
        return 0
    return _write(names[0], entries, own.entity, own.project)


def _members(name: str, runs_dir: Path) -> list[ledger.Entry]:
    if not ledger.path(runs_dir, name).is_file():
        known = [path.stem for path in (runs_dir / ledger.FOLDER).glob('*.json')]
        raise UserError(untrained.told(name, runs_dir, ['Grid']) or unknown('grid', name, known))
    return ledger.read(runs_dir, name)


def _without_account(name: str, entries: Sequence[ledger.Entry]) -> list[str]:
    from research import workspace

    again = f'python -m research.dashboard {name}'
    files = workspace.offline(entries)
    if not files:
        return [
            'no account of W&B is known here, and no run was kept for it (--wandb=off?);',
            f'python -m research.tables {name} wants none',
        ]
    quoted = ' \\\n  '.join(shlex.quote(os.path.relpath(file)) for file in files)
    told = f'{len(files)} of {len(entries)} runs can be sent, and then have a workspace:'
    return [
        'no account of W&B is known here.',
        told,
        f'wandb login && wandb sync {quoted} && {again}',
    ]


def _write(name: str, entries: Sequence[ledger.Entry], entity: str | None, project: str) -> int:
    import wandb

    from research import workspace

    try:
        entity = entity or wandb.Api().default_entity
        made = workspace.build(name, entries, entity or '', project)
        made.save()
    except UserError:
        raise
    except Exception as error:  # of as many kinds as there are ways not to reach W&B
        reason = ' '.join(f'{type(error).__name__}: {error}'.split())[:200]
        print(f'error: W&B took no workspace ({reason}); try again', file=sys.stderr)
        return 1
    print(f'workspace {made.url}')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
