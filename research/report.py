"""Finished runs as one page that can be put anywhere: tables, figures, sounds, provenance."""

import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from research import aggregates, command, scores
from research.errors import UserError
from research.gathering import gather
from research.predicting import outputs

USAGE = """Writes finished runs as one HTML page that needs nothing else, no network and no server.

    python -m research.report genre_architectures --out=report.html
    python -m research.report runs --data_dir=data,other_data --against=genre_mlp
    python -m research.report --runs_dir=docs/runs/gtzan --out=gtzan.html --nosound

Takes what research.tables takes: run directories, folders of them, names of experiments or grids
under --runs_dir; none: all that is there. Each task on each corpus by each protocol is a comparison
of its own, with the tables of research.tables, and what its runs keep: differences with intervals,
learning curves, confusion matrices, calibration, hardest items, maps, time, provenance. Items are
seen and heard where their corpus is prepared in --data_dir. What is left out is told on the page.

flags:
"""


def _flags() -> flags.FlagValues:
    own = command.own()
    flags.DEFINE_string('out', 'report.html', 'page that is written', flag_values=own)
    flags.DEFINE_string('title', None, 'of the page; else what it is of', flag_values=own)
    flags.DEFINE_list(
        'rows',
        None,
        'settings that make a row, as research.tables has them; else labels that tell models apart',
        flag_values=own,
    )
    flags.DEFINE_enum(
        'metric',
        None,
        [name for name, score in scores.SCORES.items() if score.units],
        'what is compared first; else each task has its own',
        flag_values=own,
    )
    flags.DEFINE_enum(
        'aggregate',
        'mean',
        [*aggregates.AGGREGATES],
        'of the seeds: their mean, or that of their middle half (interquartile mean)',
        flag_values=own,
    )
    flags.DEFINE_string(
        'against', None, "row that the others' differences are told from", flag_values=own
    )
    flags.DEFINE_multi_string(
        'data_dir', ['data'], 'folders of prepared corpora, by commas', flag_values=own
    )
    flags.DEFINE_boolean(
        'sound',
        True,
        'embed pictures and sounds of the hardest items; --nosound for recordings that must not '
        'be passed on',
        flag_values=own,
    )
    return own


def main(argv: Sequence[str]) -> int:
    """Writes the page, and says what it holds and what was left out.

    Returns:
        The exit code: 2 for a mistake of the user's.
    """
    return command.run(argv, USAGE, _flags(), lambda places, own: _write(places, own, argv))


def _write(places: Sequence[str], own: flags.FlagValues, argv: Sequence[str]) -> int:
    out = Path(own.out)
    outputs.refuse([out], force=True)
    found = gather(places or [own.runs_dir], Path(own.runs_dir))
    # Imported when it is known that there is something to do: it takes two seconds.
    from research.reporting import comparisons, page, sounds

    made, notes = comparisons.compare(found, own.rows, own.metric, own.aggregate)
    for note in notes:
        print(note, file=sys.stderr)
    if not made:
        where = ', '.join(places) or own.runs_dir
        if found.finished:
            count = len(found.finished)
            why = next(note for note in notes if note not in found.notes).removeprefix('left out: ')
            raise UserError(f'none of the {count} finished runs in {where} can be shown: {why}')
        left_out = f' ({len(found.missing)} are unfinished)' if found.missing else ''
        raise UserError(f'no finished run to show in {where}{left_out}')
    folders = [Path(each) for several in own.data_dir for each in several.split(',')]
    shelf = sounds.Shelf(folders) if own.sound else None
    title = own.title or f'Report: {", ".join(Path(place).name for place in places) or "all runs"}'
    text = page.page(made, notes, page.Wanted(title, own.against, shelf, argv))
    with outputs.whole(out) as draft:
        draft.write_text(text, encoding='utf-8')
    runs = sum(len(each.runs) for each in made)
    size = len(text.encode()) / 1e6
    several = f'comparison{"s" * (len(made) != 1)}'
    print(f'{out}: {runs:,} runs in {len(made)} {several}, {size:,.1f} MB')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
