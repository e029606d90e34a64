"""Trains a finished run anew and says whether the same came out."""

import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from research import command, pairs
from research.errors import UserError
from research.runs import RunError

USAGE = """Trains a finished run anew, from its directory alone, and says whether the same came out.

    python -m research.reproduce runs/genre_mlp/corpus_styles-s0-12b6f523de
    python -m research.reproduce docs/runs/styles/genre_mlp/....run.json --tolerance=0.01

A run is its directory, its packed file, or a name under --runs_dir that has one finished run. The
corpus is the one in --data_dir, and must be the very one of the run; an embedded one is prepared.
The new run lies under --out, and a stopped reproduction goes on there. Told are the steps, each
score of the validation and the test part, the greatest change of a parameter as a share of the
greatest in its array (a packed run has no parameters), and what differs between the two
environments. The exit code is 0 where all of it is the same within --tolerance, else 1.

flags:
"""


def _flags() -> flags.FlagValues:
    own = command.own()
    flags.DEFINE_string('out', 'reproduced', 'folder of the new run', flag_values=own)
    flags.DEFINE_float(
        'tolerance',
        1e-4,
        'what scores may differ by, and parameters as a share of the greatest in their array',
        lower_bound=0.0,
        flag_values=own,
    )
    flags.DEFINE_string('data_dir', 'data', 'folder of the prepared corpora', flag_values=own)
    return own


def main(argv: Sequence[str]) -> int:
    """Trains and tells.

    Returns:
        The exit code: 0 the same, 1 not the same or not trained, 2 a mistake of the user's.
    """
    return command.run(argv, USAGE, _flags(), _anew, failures=(RunError,))


def _anew(places: Sequence[str], own: flags.FlagValues) -> int:
    if len(places) != 1:
        raise UserError(f'{len(places)} runs are given: one is trained anew')
    first = pairs.find(places[0], Path(own.runs_dir))
    from research import reproduction

    code, anew = reproduction.train(first, Path(own.data_dir), Path(own.out))
    if code:
        return code
    found = reproduction.compare(first, pairs.find(str(anew.directory), Path(own.out)))
    print('\n' + '\n'.join(found.lines(own.tolerance)), flush=True)
    return 0 if found.distance <= own.tolerance else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv))
