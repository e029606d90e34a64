"""Two finished runs side by side: what differs in them, by how much, and on which items."""

import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from research import command, pairs, scores
from research.errors import UserError

USAGE = """Compares two finished runs that were tested on the same items.

    python -m research.compare RUN_A RUN_B
    python -m research.compare genre_mlp genre_lstm --metric=slice_accuracy --most=20

A run is its directory, its packed file, or a name under --runs_dir that has one finished run. Told
are the settings in which they differ; each one's score with its 95% interval over items, groups
resampled whole; the difference on the same items with its interval, and the p-value of a paired
permutation test over groups; and the items on which they differ most. Runs of different corpora,
fingerprints, protocols or folds are refused.

flags:
"""


def _flags() -> flags.FlagValues:
    own = command.own()
    flags.DEFINE_enum(
        'metric',
        None,
        [name for name, score in scores.SCORES.items() if score.units],
        'what is compared; else the first of these that both have',
        flag_values=own,
    )
    flags.DEFINE_integer('most', 10, 'items that are shown', lower_bound=0, flag_values=own)
    return own


def main(argv: Sequence[str]) -> int:
    """Prints the comparison.

    Returns:
        The exit code: 2 for a mistake of the user's.
    """
    return command.run(argv, USAGE, _flags(), _told)


def _told(places: Sequence[str], own: flags.FlagValues) -> int:
    if len(places) != 2:
        raise UserError(f'{len(places)} runs are given: two are compared, RUN_A RUN_B')
    one, other = (pairs.find(place, Path(own.runs_dir)) for place in places)
    for line in pairs.told(one, other, own.metric, own.most):
        print(line, flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
