"""What sections of a report are built of: figures that may be filtered, tables, notes."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from data_prep.pages.markup import Markup, tag
from research.formats import html
from research.formats.layout import Entry, Layout
from research.reporting import figures
from research.reporting.comparisons import Row

# Of each row of the page's tables its number, by which it is coloured and filtered.
Numbers = Mapping[Row, int]


def said(row: Row) -> str:
    """A model's name as people read it."""
    return ', '.join(row)


def section(title: str, *inside: object, about: str = '', most: int | None = None) -> Markup | None:
    """A part of a comparison under its title; None where there is nothing in it.

    Args:
        title: of it.
        inside: what it has; None is nothing.
        about: words below the title.
        most: models that are shown at once, the best of those that the filters leave; None: all.
    """
    kept = [each for each in inside if each is not None]
    if not kept:
        return None
    told = [tag('p', about) if about else None]
    told += [tag('p', class_='note shown') if most else None]  # report.js says what is shown
    return tag('section', tag('h3', title), *told, *kept, data_most=most)


def figure(caption: object, drawn: Markup, *more: object, row: int | None = None) -> Markup:
    """A picture under its caption; of one model where `row` is its number."""
    swatch = None if row is None else figures.swatch(row)
    return tag('figure', tag('figcaption', swatch, caption), drawn, *more, data_row=row)


def legend(numbers: Numbers, rows: Iterable[Row]) -> Markup:
    """Which stroke is whose."""
    items = [
        tag('li', figures.swatch(numbers[row]), said(row), data_row=numbers[row]) for row in rows
    ]
    return tag('ul', *items, class_='legend')


def gallery(drawn: Iterable[Markup]) -> Markup | None:
    """Figures side by side, as many as there is room for."""
    kept = list(drawn)
    return tag('div', *kept, class_='gallery') if kept else None


def table(
    caption: str,
    header: Sequence[str],
    lines: Sequence[Sequence[Entry]],
    names: int = 1,
    rows: Sequence[int | None] = (),
    columns: Mapping[int, int] = MappingProxyType({}),
) -> Markup:
    """A table that is sorted by its titles.

    Args:
        caption: over it.
        header: titles of the columns.
        lines: of it.
        names: how many columns hold words.
        rows: of each line the number of the model that it is of.
        columns: the same of columns, by their place.
    """
    of = dict(zip(map(id, lines), rows, strict=False))
    layout = Layout(names, header, lines, ())
    return html.table(
        layout,
        caption,
        lambda line: {'data_row': of.get(id(line))},
        lambda place: {'data_row': columns.get(place)},
    )


def plain(text: object) -> Entry:
    """Words."""
    return Entry(str(text), order=str(text))


def count(value: float | int, digits: int = 0) -> Entry:
    """A number; '-' where it is not known."""
    if value != value:
        return Entry('-')
    return Entry(f'{value:,.{digits}f}', order=float(value))


def share(value: float, interval: str = '') -> Entry:
    """A number in percent."""
    if value != value:
        return Entry('-')
    return Entry(f'{value:.1%}', interval, order=float(value))
