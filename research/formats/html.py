"""A table as an HTML page that needs nothing else: sorted by a click, or from the keyboard."""

import base64
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from data_prep.pages.markup import Markup, tag
from research.formats.layout import Entry, Layout

STYLE, SCRIPT = (Path(__file__).with_name(f'page.{kind}') for kind in ('css', 'js'))

CAPTION = 'A title sorts by its column, a second time the other way round.'


def write(layout: Layout, title: str) -> str:
    """The page. Its policy allows its own style and script and no connection at all."""
    style, script = (path.read_text(encoding='utf-8') for path in (STYLE, SCRIPT))
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; "
        f"script-src 'sha256-{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    head = tag(
        'head',
        tag('meta', charset='utf-8'),
        tag('meta', http_equiv='Content-Security-Policy', content=policy),
        tag('meta', name_='viewport', content='width=device-width, initial-scale=1'),
        tag('meta', name_='color-scheme', content='light dark'),
        tag('title', title),
        tag('style', Markup(style)),
    )
    body = tag(
        'body',
        tag('h1', title),
        table(layout, CAPTION),
        *(tag('p', note) for note in layout.notes),
        tag('script', Markup(script)),
    )
    return f'<!doctype html>\n{tag("html", head, body, lang="en")}'


def table(
    layout: Layout,
    caption: str,
    of_line: Callable[[Sequence[Entry]], Mapping[str, object]] = lambda line: {},
    of_column: Callable[[int], Mapping[str, object]] = lambda place: {},
) -> Markup:
    """The table alone, which page.js sorts and page.css lays out.

    Args:
        layout: what it says.
        caption: over it.
        of_line: attributes of a line's element.
        of_column: attributes of the elements of a column, by its place.
    """
    kinds = [_kind(place, layout) for place in range(len(layout.header))]
    more = [{'class_': kind, **of_column(place)} for place, kind in enumerate(kinds)]
    titles = [
        tag('th', tag('button', name, type='button'), scope='col', **own)
        for name, own in zip(layout.header, more, strict=True)
    ]
    lines = [
        tag(
            'tr',
            *(_cell(entry, place, more[place]) for place, entry in enumerate(line)),
            **of_line(line),
        )
        for line in layout.lines
    ]
    made = tag(
        'table',
        tag('caption', caption),
        tag('thead', tag('tr', *titles)),
        tag('tbody', *lines),
        class_='sorted',
    )
    # To be scrolled from the keyboard it must be reached from there.
    return tag('div', made, class_='scroll', tabindex=0, role='region', aria_label='Table')


def _cell(entry: Entry, place: int, more: Mapping[str, object]) -> Markup:
    unordered = isinstance(entry.order, float) and math.isnan(entry.order)
    marked = tag('strong', entry.text) if entry.best else entry.text
    inside = [
        marked,
        tag('sup', '†') if entry.tied else None,
        tag('small', entry.interval) if entry.interval else None,
    ]
    order = None if unordered else entry.order
    name = 'td' if place else 'th'
    scope = None if place else 'row'
    return tag(name, *inside, scope=scope, data_order=order, **more)


def _kind(place: int, layout: Layout) -> str | None:
    words = place < layout.names or any(isinstance(x[place].order, str) for x in layout.lines)
    return 'words' if words else None


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
