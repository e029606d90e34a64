"""The page: filters, an overview, and of each comparison what its runs have to show."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from data_prep.pages.document import document
from data_prep.pages.markup import Markup, joined, tag
from research import environment, scores
from research.errors import UserError
from research.formats import html, layout
from research.reporting import (
    classes,
    confidence,
    costs,
    differences,
    finds,
    front,
    hardest,
    leaks,
    learning,
    places,
    provenance,
    told,
    weight,
)
from research.reporting.comparisons import Comparison
from research.reporting.parts import Numbers, section
from research.reporting.sounds import Shelf

NOTES = 60
WORDS = 12  # of the command that makes the page
_STYLE = Path(__file__).with_name('report.css')
_SCRIPTS = [Path(__file__).with_name(name) for name in ('axes.js', 'report.js')]


class Wanted(NamedTuple):
    """What a user asks of a page.

    Attributes:
        title: of it.
        against: row that the others are compared with; None: the page chooses.
        shelf: where sounds of items are; None: none are wanted.
        argv: the command that makes it.
    """

    title: str
    against: str | None
    shelf: Shelf | None
    argv: Sequence[str]


def page(comparisons: Sequence[Comparison], notes: Sequence[str], wanted: Wanted) -> str:
    """The page: HTML that needs nothing else.

    Args:
        comparisons: at least one.
        notes: a line on each run that is left out.
        wanted: what it is to be.

    Raises:
        UserError: no comparison has the row that was asked for.
    """
    differences.refuse_unknown(comparisons, wanted.against)
    rows = dict.fromkeys(row for each in comparisons for (row, _) in each.cells[each.metric])
    numbers = {row: place for place, row in enumerate(rows)}
    drawn, left_out = weight.fitted(
        comparisons, lambda each: _figures(each, numbers, wanted), wanted.shelf
    )
    parts = [_comparison(*each, numbers) for each in zip(comparisons, drawn, strict=True)]
    leaky = leaks.drawn(comparisons, numbers)
    script = ''.join(path.read_text(encoding='utf-8') for path in (html.SCRIPT, *_SCRIPTS))
    style = ''.join(path.read_text(encoding='utf-8') for path in (html.STYLE, _STYLE))
    body = [
        places.shapes(),
        tag(
            'header',
            tag('h1', wanted.title),
            front.counted(comparisons),
            front.filters(comparisons, numbers),
        ),
        tag(
            'main',
            front.overview(comparisons),
            tag(
                'div',
                tag('h2', 'Leak cost', id='leaks'),
                tag('p', leaks.ABOUT),
                *leaky,
                class_='part',
            )
            if leaky
            else None,
            *parts,
        ),
        tag('footer', *_left_out(notes, comparisons, left_out, wanted), _made(wanted.argv)),
    ]
    return document(wanted.title, style, body, script, ('img-src data:', 'media-src data:'))


def _figures(each: Comparison, numbers: Numbers, wanted: Wanted) -> Markup:
    """All sections of a comparison but its scores and where they come from."""
    makers: list[tuple[str, Callable[[], Sequence[Markup | None]]]] = [
        ('Differences', lambda: [differences.drawn(each, numbers, wanted.against)]),
        ('Learning curves', lambda: [learning.drawn(each, numbers)]),
        ('Classes', lambda: classes.drawn(each, numbers)),
        ('Detections', lambda: finds.drawn(each, numbers)),
        ('Predictions', lambda: told.drawn(each, numbers)),
        ('Calibration', lambda: [confidence.drawn(each, numbers)]),
        ('Hardest items', lambda: [hardest.drawn(each, numbers, wanted.shelf)]),
        ('t-SNE maps', lambda: [places.drawn(each, numbers)]),
        ('Time and memory', lambda: [costs.drawn(each, numbers)]),
    ]
    made: list[Markup | None] = []
    for title, make in makers:
        try:
            made += make()
        except UserError as error:
            # A damaged file of one run takes no other figure with it, and is told.
            why = _plain(str(error), [each])
            made.append(section(title, tag('p', f'Not shown: {why}', class_='note')))
    return joined(made)


def _comparison(each: Comparison, figures_: Markup, numbers: Numbers) -> Markup:
    return tag(
        'div',
        tag('h2', each.title, tag('small', f' {each.task}, {each.metric}'), id=f'c{each.number}'),
        _scores(each, numbers),
        figures_,
        provenance.drawn(each, numbers),
        class_='part',
        data_comparison=each.number,
        data_ranking=' '.join(str(numbers[row]) for row in each.models()),
    )


def _scores(each: Comparison, numbers: Numbers) -> Markup | None:
    """The tables of `research.tables`, a score at a time."""
    options, tables = [], []
    for metric, cells in each.cells.items():
        first = metric == each.metric
        laid = layout.lay(cells, each.rows, metric, aggregate=each.aggregate)
        of = {
            id(line): numbers.get(tuple(e.text for e in line[: laid.names])) for line in laid.lines
        }
        made = html.table(laid, html.CAPTION, lambda line, of=of: {'data_row': of[id(line)]})
        notes = [tag('p', note) for note in laid.notes]
        options.append(tag('option', _named(metric), value=metric, selected=first))
        tables.append(
            tag('div', made, *notes, class_='score', data_metric=metric, hidden=not first)
        )
    name_ = f'metric{each.number}'
    chosen = [
        tag('label', 'Score ', for_=name_),
        tag('select', *options, id=name_, class_='metric', autocomplete='off'),
    ]
    return section('Scores', tag('p', *chosen), *tables)


def _named(metric: str) -> str:
    score = scores.of(metric)
    return f'{metric} ({"lower" if score.lowest else "higher"} is better)'


def _left_out(
    notes: Sequence[str],
    comparisons: Sequence[Comparison],
    without: Sequence[str],
    wanted: Wanted,
) -> list[Markup | None]:
    """What is not on the page, and why."""
    told_ = [*(_plain(note, comparisons) for note in notes), *without]
    if wanted.shelf is not None and wanted.shelf.left_out:
        told_.append(f'pictures and sounds of {wanted.shelf.left_out} items: the page is full')
    if not told_:
        return []
    more = f'and {len(told_) - NOTES} more' if len(told_) > NOTES else None
    items = [tag('li', line) for line in told_[:NOTES]]
    return [
        tag('h2', 'Left out', id='left-out'),
        tag('ul', *items, tag('li', more) if more else None),
    ]


def _plain(note: str, comparisons: Sequence[Comparison]) -> str:
    """A line without the folders of this machine that the runs lie in."""
    folders = {str(run.place.parent.parent) for each in comparisons for run in each.runs}
    for folder in sorted(folders, key=len, reverse=True):
        note = note.replace(f'{folder}/', '')
    return note


def _made(argv: Sequence[str]) -> Markup:
    """What made the page."""
    here = environment.describe()
    words = [_last(word) for word in argv[1:]]
    if len(words) > WORDS:
        words = [*words[:WORDS], '...']
    kept = provenance.command({'argv': ['report', *words]})
    kept = kept.replace('python report', 'python -m research.report', 1)
    commit = f'commit {here["commit"]}{"+" * bool(here["dirty"])}, ' if here['commit'] else ''
    versions = f'{commit}Python {here["python"]}, numpy {here["numpy"]}'
    return tag('p', 'Made by ', tag('code', kept), f' ({versions}).')


def _last(word: str) -> str:
    """A place without the folders above it; the value of a flag likewise."""
    flag, equals, value = word.rpartition('=')
    path = Path(value)
    return f'{flag}{equals}{path.parent.name}/{path.name}' if path.is_absolute() else word
