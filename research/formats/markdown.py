"""A table in GitHub's Markdown."""

import textwrap

from research.formats.layout import Entry, Layout

WIDTH = 100


def write(layout: Layout) -> str:
    """A line a row, then the notes as a paragraph."""
    numbers = len(layout.header) - layout.names
    lines = [
        [_escaped(title) for title in layout.header],
        ['---'] * layout.names + ['---:'] * numbers,
        *([_entry(entry) for entry in line] for line in layout.lines),
    ]
    table = [f'| {" | ".join(line)} |' for line in lines]
    notes = textwrap.wrap(' '.join(map(_escaped, layout.notes)), WIDTH)
    return '\n'.join([*table, *([''] if notes else []), *notes])


def _entry(entry: Entry) -> str:
    text = _escaped(entry.text)
    if entry.best:
        text = f'**{text}**'
    elif entry.tied:
        text += '†'
    return f'{text} {entry.interval}'.rstrip()


def _escaped(text: str) -> str:
    return ' '.join(text.replace('|', r'\|').split())
