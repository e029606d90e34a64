"""The head of the page: what there is, and what of it is shown."""

from collections.abc import Mapping, Sequence

from data_prep.pages.markup import Markup, name, tag
from research import scores
from research.formats import html
from research.formats.layout import Entry, interval, number
from research.reporting import figures
from research.reporting.comparisons import Comparison, Row
from research.reporting.parts import count, plain, said, table


def counted(comparisons: Sequence[Comparison]) -> Markup:
    """How many runs, models, comparisons and seeds."""
    runs = [run for each in comparisons for run in each.runs]
    rows = {row for each in comparisons for row in each.models()}
    counts = {
        'run': len(runs),
        'model': len(rows),
        'comparison': len(comparisons),
        'seed': len({run.settings['seed'] for run in runs}),
    }
    pairs = [
        tag('div', tag('dt', f'{what}{"s" * (count != 1)}'), tag('dd', f'{count:,}'))
        for what, count in counts.items()
    ]
    return tag('dl', *pairs, class_='figures')


def overview(comparisons: Sequence[Comparison]) -> Markup:
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


def filters(comparisons: Sequence[Comparison], numbers: Mapping[Row, int]) -> Markup:
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
