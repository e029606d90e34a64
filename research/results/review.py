"""Recordings whose class is doubtful, for a person to listen to."""

import csv
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from absl import flags
from jaxtyping import Float

from research import calibration, metrics, trained
from research.errors import UserError, refused
from research.runs import Run, RunError, read_json

USAGE = """Lists the recordings that a finished classifier is least sure of, as CSV.

    python -m research.results.review genre_cnn1d --below=0.8 > review.csv

Takes a run's directory, or the name of an experiment under --runs_dir, whose newest run it is. Of
its validation and test parts: each recording whose best class has a probability below --below,
least sure first, with the true class and the three best. The probabilities are those after
temperature scaling on the validation part. Each run has such a list, review.csv, at 0.6.

flags:
"""
BELOW = 0.6
BEST = 3
COLUMNS = (
    'part',
    'item',
    'true',
    *(f'{what}{place}' for place in range(1, BEST + 1) for what in ('class_', 'probability_')),
)
# Flags of its own, so that a program with flags of its own can import this module.
FLAGS = flags.FlagValues()


def calibrated(
    predictions: Mapping[str, np.ndarray], items: np.ndarray, temperature: float
) -> tuple[np.ndarray, Float[np.ndarray, 'items classes']]:
    """Names of a part's items, sorted, and the probabilities of each after temperature scaling."""
    names, joined = metrics.join_slices(predictions['probabilities'], items)
    floored = np.maximum(joined, metrics.LEAST_PROBABILITY)
    return names, calibration.rescale(np.log(floored), temperature)


def rows(
    parts: Mapping[str, Mapping[str, np.ndarray]],
    labels: Sequence[str],
    temperature: float,
    below: float = BELOW,
) -> list[dict[str, Any]]:
    """The doubtful items of all parts, least sure first.

    Args:
        parts: `item`, `target` and `probabilities` of each slice, by part.
        labels: names of the classes.
        temperature: that the items' probabilities are scaled with.
        below: what the probability of the best class is below.
    """
    found = []
    for part, columns in parts.items():
        names, probabilities = calibrated(columns, columns['item'], temperature)
        targets = metrics.per_item(columns['target'], columns['item'])
        for name, each, target in zip(names, probabilities, targets, strict=True):
            best = np.argsort(-each, kind='stable')[:BEST]
            if each[best[0]] < below:
                row = {'part': part, 'item': str(name), 'true': labels[target]}
                for place, number in enumerate(best, 1):
                    row[f'class_{place}'] = labels[number]
                    row[f'probability_{place}'] = round(float(each[number]), 4)
                found.append(row)
    return sorted(found, key=lambda row: (row['probability_1'], row['part'], row['item']))


def comma_separated(found: Iterable[Mapping[str, Any]]) -> str:
    """A line an item; of two classes the third is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval='', lineterminator='\n')
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def _of_run(place: Run, below: float) -> list[dict[str, Any]]:
    try:
        temperature = float(read_json(place.result)['tuned']['temperature'])
        parts = {part: _columns(place.predictions / f'{part}.npz') for part in ('valid', 'test')}
        labels = parts['test']['classes'].tolist()
        return rows(parts, labels, temperature, below)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        told = f'{type(error).__name__}: {error}'
        raise UserError(f'{place.directory} is no finished run of a classifier ({told})') from error


def _columns(path: Path) -> dict[str, np.ndarray]:
    # Opened here: numpy leaves a file that is no archive open.
    with path.open('rb') as raw, np.load(raw, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _define() -> None:
    flags.DEFINE_float(
        'below',
        BELOW,
        'the probability that the best class stays below',
        lower_bound=0.0,
        upper_bound=1.0,
        flag_values=FLAGS,
    )
    flags.DEFINE_string('runs_dir', 'runs', 'folder of the runs', flag_values=FLAGS)
    flags.DEFINE_boolean('help', False, 'show this', flag_values=FLAGS)


def main(argv: Sequence[str]) -> int:
    """Prints the list; returns the exit code, 2 for a mistake of the user's."""
    if not len(FLAGS):
        _define()
    try:
        places = FLAGS(argv)[1:]
        if FLAGS.help:
            print(
                USAGE + FLAGS.get_help(include_special_flags=False).partition(':\n')[2], flush=True
            )
            return 0
        if len(places) != 1:
            raise UserError(f'one run is wanted, {len(places)} were given; --help tells more')
        place = trained.find(places[0], Path(FLAGS.runs_dir), _aside)
        print(comma_separated(_of_run(place, FLAGS.below)), end='', flush=True)
    except (flags.Error, UserError, RunError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except OSError as error:
        print(f'error: {refused(error)}', file=sys.stderr)
        return 2
    return 0


def _aside(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == '__main__':
    sys.exit(main(sys.argv))
