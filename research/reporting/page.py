"""The page: filters, an overview, and of each comparison what its runs have to show."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from data_prep.pages.document import document
from data_prep.pages.markup import Markup, joined, name, tag
from research import environment, scores
from research.errors import UserError
from research.formats import html, layout
from research.formats.layout import Entry, interval, number
from research.reporting import (
    classes,
    confidence,
    costs,
    differences,
    figures,
    finds,
    hardest,
    leaks,
    learning,
    places,
    provenance,
    told,
)
from research.reporting.comparisons import Comparison, Row
from research.reporting.parts import Numbers, count, plain, said, section, table
from research.reporting.sounds import Shelf

MOST_BYTES = 6_500_000  # of figures and tables of single comparisons
NOTES = 60
WORDS = 12  # of the command that makes the page
_STYLE, _SCRIPT = (Path(__file__).with_name(f'report.{kind}') for kind in ('css', 'js'))


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
    used, left_out, parts = 0, [], []
    for each in comparisons:
        whole = _figures(each, numbers, wanted)
        if used + len(whole) > MOST_BYTES:
            left_out.append(each.title)
            whole = tag('p', 'Figures are left out to keep the page below 15 MB.', class_='note')
        used += len(whole)
        parts.append(_comparison(each, numbers, whole))
    leaky = leaks.drawn(comparisons, numbers)
    script = ''.join(path.read_text(encoding='utf-8') for path in (html.SCRIPT, _SCRIPT))
    style = ''.join(path.read_text(encoding='utf-8') for path in (html.STYLE, _STYLE))
    body = [
        places.shapes(),
        tag(
            'header', tag('h1', wanted.title), _counted(comparisons), _filters(comparisons, numbers)
        ),
        tag(
            'main',
            _overview(comparisons),
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


def _comparison(each: Comparison, numbers: Numbers, figures_: Markup) -> Markup:
    return tag(
        'div',
        tag('h2', each.title, tag('small', f' {each.task}'), id=f'c{each.number}'),
        _scores(each, numbers),
        figures_,
        provenance.drawn(each, numbers),
        class_='part',
        data_comparison=each.number,
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


def _counted(comparisons: Sequence[Comparison]) -> Markup:
    runs = [run for each in comparisons for run in each.runs]
    rows = {row for each in comparisons for row in each.models()}
    counts = {
        'runs': len(runs),
        'models': len(rows),
        'comparisons': len(comparisons),
        'seeds': len({run.settings['seed'] for run in runs}),
    }
    pairs = [tag('div', tag('dt', k), tag('dd', f'{v:,}')) for k, v in counts.items()]
    return tag('dl', *pairs, class_='figures')


def _overview(comparisons: Sequence[Comparison]) -> Markup:
    """What there is, a line a comparison."""
    lines = []
    for each in comparisons:
        best = each.models()[0]
        cell = next(c for (row, _), c in each.cells[each.metric].items() if row == best)
        share = scores.of(each.metric).share
        ends = interval(cell.low, cell.high, share)
        link = tag('a', each.title, href=f'#c{each.number}')
        lines.append(
            [
                Entry(link, order=each.title),
                plain(each.task),
                plain(each.metric),
                plain(said(best)),
                Entry(number(cell.mean, share), ends, cell.mean),
                count(len(each.models())),
                count(len(each.runs)),
                count(cell.n),
                count(cell.groups),
            ]
        )
    header = ['corpus, protocol', 'task', 'score', 'best', 'its score', 'models', 'runs', 'counted']
    about = (
        'Scores of different corpora, protocols or test parts are never compared: each line is a '
        'comparison of its own.'
    )
    made = table(html.CAPTION, [*header, 'groups'], lines, 4)
    inside = [tag('h2', 'Overview', id='overview'), tag('p', about), made]
    return tag('div', *inside, class_='part')


def _filters(comparisons: Sequence[Comparison], numbers: Mapping[Row, int]) -> Markup:
    """What is shown: comparisons and models, each with a box."""
    of_comparisons = [
        tag(
            'li',
            tag(
                'label', _box('comparison', each.number), name(each.title), tag('small', each.task)
            ),
        )
        for each in comparisons
    ]
    of_models = [
        tag('li', tag('label', _box('row', number_), figures.swatch(number_), name(said(row))))
        for row, number_ in numbers.items()
    ]
    find = tag('input', type='search', id='find', autocomplete='off', aria_label='Find models')
    return tag(
        'details',
        tag('summary', 'Filters'),
        tag(
            'div',
            _choice('Corpora and protocols', 'comparison', of_comparisons),
            _choice('Models', 'row', of_models, tag('p', tag('label', 'Find ', find))),
            class_='filters',
        ),
        tag('p', id='count', role='status'),
        open=True,
    )


def _choice(title: str, kind: str, items: Sequence[Markup], *more: Markup) -> Markup:
    buttons = [
        tag('button', text, type='button', data_all=kind, value=value)
        for text, value in (('all', '1'), ('none', ''))
    ]
    inside = [tag('legend', title), tag('p', *buttons), *more, tag('ul', *items)]
    return tag('fieldset', *inside)


def _box(kind: str, value: int) -> Markup:
    return tag('input', type='checkbox', checked=True, value=value, class_=kind, autocomplete='off')


def _left_out(
    notes: Sequence[str],
    comparisons: Sequence[Comparison],
    without_figures: Sequence[str],
    wanted: Wanted,
) -> list[Markup | None]:
    """What is not on the page, and why."""
    told_ = [_plain(note, comparisons) for note in notes]
    if without_figures:
        told_.append(f'figures of {"; ".join(without_figures)}: the page would be above 15 MB')
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
