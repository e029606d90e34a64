"""Finished runs side by side: one line a model, with intervals."""

import csv
import dataclasses
import io
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from absl import flags

from research import finished, scores
from research.comparison import Cell, Texts, tabulate
from research.errors import UserError

USAGE = """Compares finished runs in one table, from their directories alone.

    python -m research.tables genre_cnn1d genre_lstm
    python -m research.tables runs --rows=optimizer.learning_rate --format=csv

Takes run directories, folders of them, or names of experiments or grids under --runs_dir; none: all
that is there. Runs that differ in nothing but the seed are averaged; the folds of a protocol are
pooled, so that every item is tested once. In brackets: the 95% interval over seeds and items,
groups resampled whole; --against=ROW adds each row's difference from that one, on the same items.
Corpora, protocols and fingerprints never share a column.

flags:
"""
# Flags of its own, so that a program with a --runs_dir of its own can import this module.
FLAGS = flags.FlagValues()


def markdown(
    cells: Mapping[tuple[Texts, Texts], Cell],
    rows: Sequence[str],
    metric: str,
    against: str | None = None,
) -> str:
    """A table with a line a row; per column the best is bold, ties to the printed digit with it."""
    columns = list(dict.fromkeys(column for _, column in cells))
    score = scores.of(metric)
    choose = min if score.lowest else max
    best = {column: choose(_rounded(cells, column), default=math.nan) for column in columns}
    header = list(rows)
    for column in columns:
        header += [f'{metric}: {", ".join(column)}', score.per, 'seeds', 'parameters', 'seconds']
        header += [f'less {against}'] if against else []
    lines = [header, ['---'] * len(rows) + ['---:'] * (len(header) - len(rows))]
    for row in dict.fromkeys(row for row, _ in cells):
        line = list(row)
        for column in columns:
            line += _texts(cells.get((row, column)), best[column], score.share, bool(against))
        lines.append(line)
    return '\n'.join(f'| {" | ".join(map(_escaped, line))} |' for line in lines)


def _rounded(cells: Mapping[tuple[Texts, Texts], Cell], wanted: Texts) -> list[float]:
    """The scores of a column, as far as they are defined."""
    means = [cell.mean for (_, column), cell in cells.items() if column == wanted]
    return [round(mean, 3) for mean in means if not math.isnan(mean)]


def comma_separated(
    cells: Mapping[tuple[Texts, Texts], Cell], rows: Sequence[str], columns: Sequence[str]
) -> str:
    """One line a cell, numbers in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow([*rows, *columns, *(field.name for field in dataclasses.fields(Cell))])
    for (row, column), cell in cells.items():
        writer.writerow([*row, *column, *dataclasses.astuple(cell)])
    return text.getvalue().rstrip('\n')


def _texts(cell: Cell | None, best: float, share: bool, compared: bool) -> list[str]:
    if cell is None:
        return [''] * (6 if compared else 5)
    mark = '**' if round(cell.mean, 3) == best else ''
    shown = mark + _number(cell.mean, share) + mark + _interval(cell.low, cell.high, share)
    texts = [shown, f'{cell.n}', f'{cell.seeds}', f'{cell.parameters:,}', f'{cell.seconds:.0f}']
    if compared and math.isnan(cell.difference):
        texts.append('')
    elif compared:
        interval = _interval(cell.difference_low, cell.difference_high, share, '+')
        texts.append(_number(cell.difference, share, '+') + interval)
    return texts


def _number(value: float, share: bool, sign: str = '') -> str:
    if math.isnan(value):
        return 'undefined'
    return f'{value:{sign}.1%}' if share else f'{value:{sign}.3f}'


def _interval(low: float, high: float, share: bool, sign: str = '') -> str:
    if math.isnan(low):
        return ''
    return f' [{_number(low, share, sign)}, {_number(high, share, sign)}]'


def _escaped(text: str) -> str:
    return ' '.join(text.replace('|', r'\|').split())


def _define() -> None:
    without = [name for name, score in scores.SCORES.items() if not score.units]
    flags.DEFINE_list(
        'rows',
        None,
        'settings that make a row: name, model.width; else the labels of a grid, or the names',
        flag_values=FLAGS,
    )
    flags.DEFINE_list(
        'columns', ['corpus', 'protocol'], 'settings that make a column', flag_values=FLAGS
    )
    flags.DEFINE_enum(
        'metric',
        'item_accuracy',
        [name for name, score in scores.SCORES.items() if score.units],
        f'what is compared; {", ".join(without)} have no interval and stand in result.json',
        flag_values=FLAGS,
    )
    flags.DEFINE_enum(
        'format', 'markdown', ['markdown', 'csv'], 'how it is written', flag_values=FLAGS
    )
    flags.DEFINE_string(
        'against', None, 'row that the others are compared with, paired by item', flag_values=FLAGS
    )
    flags.DEFINE_string('runs_dir', 'runs', 'folder of the runs', flag_values=FLAGS)
    flags.DEFINE_boolean('help', False, 'show this', flag_values=FLAGS)


def main(argv: Sequence[str]) -> int:
    """Prints the table, and to standard error what was left out.

    Returns:
        The exit code: 2 for a mistake of the user's.
    """
    if not len(FLAGS):
        _define()
    try:
        places = FLAGS(argv)[1:]
        if FLAGS.help:
            print(USAGE + FLAGS.get_help(include_special_flags=False).partition(':\n')[2])
            return 0
        found, labels = finished.find(places or [FLAGS.runs_dir], Path(FLAGS.runs_dir))
        runs, notes = finished.read(found, labels)
        rows = FLAGS.rows or (['label'] if labels else ['name'])
        cells, more = tabulate(runs, rows, FLAGS.columns, FLAGS.metric, FLAGS.against)
    except (flags.Error, UserError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    for note in notes + more:
        print(note, file=sys.stderr)
    if not cells:
        print('error: no finished run to show', file=sys.stderr)
        return 2
    if FLAGS.format == 'csv':
        print(comma_separated(cells, rows, FLAGS.columns))
    else:
        print(markdown(cells, rows, FLAGS.metric, FLAGS.against))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
