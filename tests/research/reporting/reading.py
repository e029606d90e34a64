"""What a report says, read as a browser reads it."""

from html.parser import HTMLParser
from pathlib import Path

from research import report


class Read(HTMLParser):
    """Tags, the entries of tables by their lines, and what people read."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.lines: list[list[str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ('meta', 'link'):
            self._open.append(tag)
        if tag == 'tr':
            self.lines.append([])
        if tag in ('td', 'th') and self.lines:
            self.lines[-1].append('')

    def handle_endtag(self, tag):
        self._open.pop()

    def handle_data(self, data):
        if not {'style', 'script'} & {*self._open}:
            self.words.append(data)
        if self.lines and {'td', 'th'} & {*self._open}:
            self.lines[-1][-1] += f' {data}' if self._open[-1] == 'small' else data

    @property
    def text(self) -> str:
        return ' '.join(self.words)


def written(runs: Path, *arguments: str) -> Read:
    out = runs.parent / 'report.html'
    assert report.main(['report', f'--runs_dir={runs}', f'--out={out}', *arguments]) == 0
    return Read(out.read_text(encoding='utf-8'))
