"""Finished runs side by side: one line a model, with intervals."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from absl import flags

from data_prep.pages.wording import listed
from research import aggregates, command, documents, packed, scores
from research.comparison import Cells, tabulate
from research.errors import UserError
from research.formats import comma_separated, html, latex, layout, markdown
from research.gathering import Gathered, gather, grids
from research.predicting import outputs

USAGE = """Compares finished runs in one table, from their directories alone.

    python -m research.tables genre_cnn1d genre_lstm
    python -m research.tables runs --rows=optimizer.learning_rate --format=csv
    python -m research.tables genre_architectures --format=html --out=table.html
    python -m research.tables genre_architectures --pack=docs/runs
    python -m research.tables --rewrite=README.md
    python -m research.tables --check=README.md

Takes run directories, folders of them, or names of experiments or grids under --runs_dir; none: all
that is there. Runs that were trained by settings that differ in nothing but the seed are averaged;
the folds of a protocol are pooled, so that every item is tested once. In brackets: the 95% interval
over seeds and items, groups resampled whole; of one seed, over items alone. Rows that a paired
permutation test over groups, the seeds as they are, does not tell from the best of their column are
marked; --against=ROW adds each row's difference from that one, on the same items: its interval, for
it is over seeds too, may hold 0 where the test tells the two apart. Corpora, protocols and
fingerprints never share a column.

flags:
"""


def _flags() -> flags.FlagValues:
    """Flags of its own, so that a program with a --runs_dir of its own can import this module."""
    own = command.own()
    without = [name for name, score in scores.SCORES.items() if not score.units]
    flags.DEFINE_list(
        'rows',
        None,
        'settings that make a row: name, model.width; else the labels of a grid, or the names',
        flag_values=own,
    )
    flags.DEFINE_list(
        'columns', ['corpus', 'protocol'], 'settings that make a column', flag_values=own
    )
    flags.DEFINE_enum(
        'metric',
        None,
        [name for name, score in scores.SCORES.items() if score.units],
        'what is compared; else what the runs were selected by, item_accuracy where that differs; '
        f'{", ".join(without)} have no interval and stand in result.json',
        flag_values=own,
    )
    flags.DEFINE_enum(
        'aggregate',
        'mean',
        [*aggregates.AGGREGATES],
        'of the seeds: their mean, or that of their middle half (interquartile mean)',
        flag_values=own,
    )
    flags.DEFINE_enum(
        'format', 'markdown', [*FORMATS], 'how it is written; csv has all digits', flag_values=own
    )
    flags.DEFINE_string(
        'against', None, 'row that the others are compared with, paired by item', flag_values=own
    )
    flags.DEFINE_string('out', None, 'file that is written; else it is printed', flag_values=own)
    flags.DEFINE_string(
        'pack',
        None,
        'folder where each run is kept as a file of some kB, all that tables need: --runs_dir of '
        'it, to be committed, gives the same tables',
        flag_values=own,
    )
    flags.DEFINE_string(
        'check',
        None,
        'Markdown file: each table below a comment with its command, <!-- python -m '
        'research.tables ... -->, is made anew; exits with 1 where one differs',
        flag_values=own,
    )
    flags.DEFINE_string(
        'rewrite', None, 'Markdown file whose tables are made anew in place', flag_values=own
    )
    return own


def build(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The table that these arguments ask for, and a line on each run that is left out.

    Raises:
        flags.Error, UserError, RunError: a mistake of the user's, told in one line.
    """
    own = _flags()
    return _built(own(['tables', *arguments])[1:], own)


def _built(places: Sequence[str], own: flags.FlagValues) -> tuple[str, list[str]]:
    found = gather(places or [own.runs_dir], Path(own.runs_dir))
    if own.metric is None:
        own.metric, found = _selected(found)
    rows = own.rows or (['label'] if found.labelled else ['name'])
    cells, notes = tabulate(
        found, rows, own.columns, own.metric, own.against, aggregates.AGGREGATES[own.aggregate]
    )
    if not cells:
        left_out = f' ({len(found.missing)} are unfinished)' if found.missing else ''
        raise UserError(f'no finished run to show in {", ".join(places) or own.runs_dir}{left_out}')
    return FORMATS[own.format](cells, rows, own), found.notes + notes


def _selected(found: Gathered) -> tuple[str, Gathered]:
    """The score that all runs were selected by; where there are several, item_accuracy, and what
    has it, with one line on all the others.
    """
    by = sorted({scores.main(run.tested.known()) for run in found.finished})
    if len(by) == 1:
        return by[0], found
    metric = 'item_accuracy'
    having = [run for run in found.finished if metric in run.tested.known()]
    without = [run.tested.known() for run in found.finished if metric not in run.tested.known()]
    if without and not having:
        raise UserError(_apart(found, by))
    if not without:
        return metric, found
    others = '|'.join(sorted({scores.main(known) for known in without}))
    note = (
        f'left out: {len(without)} of {len(found.finished)} runs have no {metric}, which is taken '
        f'where runs were selected by several scores: --metric={others} shows the others'
    )
    return metric, found._replace(finished=having, notes=[*found.notes, note])


def _apart(found: Gathered, by: Sequence[str]) -> str:
    """That runs have no score in common, and which they have."""
    told = []
    for metric in by:
        runs = [run for run in found.finished if scores.main(run.tested.known()) == metric]
        names = sorted({str(run.settings['name']) for run in runs})
        known = sorted({name for run in runs for name in run.tested.known()})
        told.append(f'{listed(names, 3)}: {", ".join(known)}')
    return (
        'the runs are of several tasks and have no score in common: '
        f'--metric={"|".join(by)} picks one of theirs ({"; ".join(told)})'
    )


def _laid(cells: Cells, rows: Sequence[str], own: flags.FlagValues) -> layout.Layout:
    return layout.lay(cells, rows, own.metric, own.against, own.aggregate)


FORMATS: dict[str, Callable[[Cells, Sequence[str], flags.FlagValues], str]] = {
    'markdown': lambda cells, rows, own: markdown.write(_laid(cells, rows, own)),
    'latex': lambda cells, rows, own: latex.write(_laid(cells, rows, own)),
    'html': lambda cells, rows, own: html.write(
        _laid(cells, rows, own), f'{own.metric} by {", ".join(rows)}'
    ),
    'csv': lambda cells, rows, own: comma_separated.write(cells, rows, own.columns),
}


def main(argv: Sequence[str]) -> int:
    """Prints the table, and to standard error what was left out.

    Returns:
        The exit code: 1 where a table of a document differs, 2 for a mistake of the user's.
    """
    return command.run(argv, USAGE, _flags(), _written)


def _written(places: Sequence[str], own: flags.FlagValues) -> int:
    if own.rewrite:
        count = documents.rewrite(Path(own.rewrite), build)
        print(f'{own.rewrite}: {count} tables are made anew')
        return 0
    if own.check:
        return _check(Path(own.check))
    if own.pack:
        return _pack(places or [own.runs_dir], Path(own.runs_dir), Path(own.pack))
    text, notes = _built(places, own)
    for note in notes:
        print(note, file=sys.stderr)
    if own.out:
        with outputs.whole(Path(own.out)) as draft:
            draft.write_text(f'{text}\n', encoding='utf-8')
        return 0
    print(text)
    return 0


def _check(document: Path) -> int:
    faults, count = documents.check(document, build)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(
        f'{document}: {count - len(faults)} of {count} tables are as the runs give them', flush=True
    )
    return 1 if faults else 0


def _pack(places: Sequence[str], runs_dir: Path, folder: Path) -> int:
    found = gather(places, runs_dir)
    for note in found.notes:
        print(note, file=sys.stderr)
    files = packed.write_all(found.finished, folder)
    for name in grids(places, runs_dir):
        files.add(packed.write_grid(name, runs_dir, folder))
    size = sum(file.stat().st_size for file in files)
    print(f'{folder}: {len(found.finished)} runs, {size / 1000:,.0f} kB', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
