"""What trains a name that has no runs yet: the one place that asks experiments/ for its names.

They are read from its sources; none of its modules is imported.
"""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import experiments

Kind = Literal['Experiment', 'Grid']


def told(name: str, runs_dir: Path, kinds: Iterable[Kind] = ('Experiment', 'Grid')) -> str | None:
    """A line with the command that trains what has this name; None where nothing of the kinds has.

    Args:
        name: that was looked for.
        runs_dir: where there are no runs of it.
        kinds: of what it may be the name.
    """
    for kind in kinds:
        if name in experiments.cards(kind):
            train = f'python launch.py --{kind.lower()}={name}'
            if runs_dir != Path('runs'):
                train += f' --runs_dir={shlex.quote(str(runs_dir))}'
            return f"there are no runs of the {kind.lower()} '{name}' in {runs_dir}/ yet: {train}"
    return None
