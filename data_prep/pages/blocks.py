"""The pieces that sections of a page are made of: tables, charts with captions, lists."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from jaxtyping import Float

from data_prep.pages import charts
from data_prep.pages.markup import Markup, joined, tag

ROWS = 200  # of a table; what follows is counted


def chart(
    title: str, values: Sequence[float] | Float[np.ndarray, ' values'], what: str, unit: str
) -> Markup:
    """A histogram under its title; one sentence where all values are the same."""
    if min(values) == max(values):
        said = f'{charts.said(float(values[0]))} {unit} in all {len(values):,} {what}.'
        return tag('figure', tag('figcaption', title), tag('p', said))
    return tag('figure', tag('figcaption', title), charts.histogram(values, what, unit))


def table(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[object]],
    words: Collection[str] = (),
    ends_in_total: bool = False,
    most: int = ROWS,
) -> Markup:
    """A table whose first column names its rows; columns but those in `words` hold numbers."""
    kept = [*rows] if len(rows) <= most + ends_in_total else [*rows[:most]]
    if len(kept) < len(rows):
        caption += f'; the first {most:,} of {len(rows):,}'
        kept += rows[-1:] if ends_in_total else []
    styles = ['words' if title in words else None for title in head]
    top = [
        tag('th', title, scope='col', class_=style)
        for title, style in zip(head, styles, strict=True)
    ]
    body = [
        tag(
            'tr',
            tag('th', first, scope='row'),
            *(tag('td', cell, class_=style) for cell, style in zip(rest, styles[1:], strict=True)),
            class_='total' if ends_in_total and number == len(kept) - 1 else None,
        )
        for number, (first, *rest) in enumerate(kept)
    ]
    made = tag('table', tag('caption', caption), tag('thead', tag('tr', *top)), tag('tbody', *body))
    return tag('div', made, class_='scroll', tabindex=0, role='region', aria_label=caption)


def pairs(rows: Iterable[tuple[str, object]], style: str) -> Markup:
    """Names and what is said of them."""
    return tag(
        'dl', *(joined([tag('dt', title), tag('dd', said)]) for title, said in rows), class_=style
    )


def bullets(lines: Iterable[str]) -> Markup:
    """A list of lines."""
    return tag('ul', *(tag('li', line) for line in lines))
