"""A table in LaTeX, with the rules of booktabs; any TeX compiles it."""

import re

from research.formats.layout import Entry, Layout

_SPECIAL = {
    **{char: f'\\{char}' for char in '#$%&_{}'},
    '\\': r'\textbackslash{}',
    '^': r'\textasciicircum{}',
    '~': r'\textasciitilde{}',
    '<': r'\textless{}',
    '>': r'\textgreater{}',
    '|': r'\textbar{}',
    '"': r'{\char34}',
    '`': r'\textasciigrave{}',
    '†': r'$^{\dagger}$',
}
# What every TeX knows of the letters beyond ASCII.
_LETTERS = {*'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŁłŠšŽžĆćČčŃńŚśŹźŻż'}


def write(layout: Layout) -> str:
    """A `table` whose caption has the notes; it wants booktabs."""
    numbers = len(layout.header) - layout.names
    lines = [
        r'% \usepackage{booktabs}',
        r'\begin{table}',
        r'\centering',
        rf'\caption{{{escaped(" ".join(layout.notes))}}}',
        rf'\begin{{tabular}}{{{"l" * layout.names}{"r" * numbers}}}',
        r'\toprule',
        _line(escaped(title) for title in layout.header),
        r'\midrule',
        *(_line(map(_entry, line)) for line in layout.lines),
        r'\bottomrule',
        r'\end{tabular}',
        r'\end{table}',
    ]
    return '\n'.join(lines)


def escaped(text: str) -> str:
    """Text as TeX prints it, on one line; a letter that not every TeX has is named by its code."""
    found = ''.join(map(_char, ' '.join(text.split())))
    return re.sub('-(?=-)', '-{}', found)  # two in a row would become a dash


def _char(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    return char if (char.isascii() and char.isprintable()) or char in _LETTERS else _code(char)


def _code(char: str) -> str:
    return f'[U+{ord(char):04X}]'


def _line(entries) -> str:
    # A row that begins with a bracket would be taken for an option of the line before it.
    return f'{{}}{" & ".join(entries)} \\\\'


def _entry(entry: Entry) -> str:
    text = escaped(entry.text)
    if entry.best:
        text = rf'\textbf{{{text}}}'
    elif entry.tied:
        text += _SPECIAL['†']
    return f'{text} {escaped(entry.interval)}'.rstrip()
