"""Each format of one table: what it says, that names cannot break it, that others can read it."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from research.formats import html, latex, markdown
from research.formats.layout import Entry, Layout

BEST, TIED = Entry('90.0%', '[85.0%, 95.0%]', 0.9, best=True), Entry('88.0%', order=0.88, tied=True)
HOSTILE = [
    'a|b',
    '</script><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    r'\input{/etc/passwd} 100% $x_1^2$ #1 & {y} ~ -- <<>> "q" `q`',
    'müsic 音楽 🎵 é ł ß …',
    '[1mm] line\nbreak\x1b[31m',
]


def _has_tex() -> bool:
    if not shutil.which('pdflatex') or not shutil.which('kpsewhich'):
        return False
    return not subprocess.run(['kpsewhich', 'booktabs.sty'], capture_output=True).returncode


def table(*names: str) -> Layout:
    lines = [[Entry(name, order=name), BEST] for name in names]
    lines += [[Entry('tied', order='tied'), TIED], [Entry('none', order='none'), Entry('missing')]]
    return Layout(1, ['name', 'item_accuracy: c|d'], lines, ['c: 60 items.', '†: tied.'])


def test_markdown_has_a_line_a_row_and_the_notes_below():
    assert markdown.write(table('cnn')).splitlines() == [
        r'| name | item_accuracy: c\|d |',
        '| --- | ---: |',
        '| cnn | **90.0%** [85.0%, 95.0%] |',
        '| tied | 88.0%† |',
        '| none | missing |',
        '',
        'c: 60 items. †: tied.',
    ]


@pytest.mark.parametrize('name', HOSTILE)
def test_no_name_breaks_a_line_of_markdown(name: str):
    line = markdown.write(table(name)).splitlines()[2]
    assert len(re.findall(r'(?<!\\)\|', line)) == 3


def test_latex_has_the_rules_of_booktabs_and_marks():
    text = latex.write(table('cnn_2d'))
    for part in (r'\toprule', r'\midrule', r'\bottomrule', r'\begin{tabular}{lr}'):
        assert part in text
    assert r'{}cnn\_2d & \textbf{90.0\%} [85.0\%, 95.0\%] \\' in text
    assert r'tied & 88.0\%$^{\dagger}$ \\' in text


def test_dashes_stay_apart_and_unknown_letters_are_named():
    assert latex.escaped('a--b---c') == 'a-{}-b-{}-{}-c'
    assert latex.escaped('ü 音') == 'ü [U+97F3]'


@pytest.mark.skipif(not _has_tex(), reason='no pdflatex with booktabs on this machine')
def test_latex_compiles_whatever_the_names(tmp_path: Path):
    (tmp_path / 'table.tex').write_text(latex.write(table(*HOSTILE)), encoding='utf-8')
    (tmp_path / 'page.tex').write_text(
        r'\documentclass{article}\usepackage{booktabs}\begin{document}\input{table}\end{document}'
    )
    command = ['pdflatex', '-interaction=nonstopmode', '-halt-on-error', 'page.tex']
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors='replace')
    assert (tmp_path / 'page.pdf').stat().st_size > 1000


class Read(HTMLParser):
    """Tags, attributes and what people read."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_html_is_sorted_by_buttons_and_by_values():
    read = Read(html.write(table('cnn'), 'item_accuracy by name'))
    assert len(read.of('button')) == 2
    assert [cell.get('data-order') for cell in read.of('td')] == ['0.9', '0.88', None]
    assert [head['scope'] for head in read.of('th')] == ['col'] * 2 + ['row'] * 3


def test_html_connects_to_nothing():
    text = html.write(table(*HOSTILE), 'title')
    assert not re.search(r'(?:src|href|url)\s*[=(]\s*["\']?https?:', text)
    [policy] = [meta['content'] for meta in Read(text).of('meta') if 'http-equiv' in meta]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert 'unsafe' not in policy


@pytest.mark.parametrize('name', HOSTILE)
def test_no_name_becomes_markup(name: str):
    kinds = [tag for tag, _ in Read(html.write(table(name), name)).tags]
    assert kinds == [tag for tag, _ in Read(html.write(table('plain'), 'plain')).tags]
