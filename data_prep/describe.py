"""`python -m data_prep NAME --describe`: a prepared corpus as text and as one HTML page."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import data_prep
from data_prep.errors import PrepError

PAGE = 'describe.html'


def describe(
    name: str,
    data_dir: str | Path,
    report: Callable[[str], object] = print,
    page: str | Path | None = None,
) -> Path:
    """Tells what a prepared corpus holds, and writes its page.

    Args:
        name: of the corpus, with its label if it has one.
        data_dir: where it was prepared.
        report: takes the lines of the text.
        page: the HTML file; None: `describe.html` in the corpus's own folder.

    Returns:
        The page.

    Raises:
        PrepError: it is not prepared, or the page cannot be written.
        DamagedCorpus: it is not what its manifest says.
    """
    card = data_prep.card(name)
    directory = data_prep.prepared(name, data_dir)
    if directory is None:
        source = '' if card.embedded else ' --source=DIR'
        raise PrepError(
            f'{name} is not prepared in {data_dir}: '
            f'python -m data_prep {name}{source} --data_dir={data_dir} prepares it'
        )
    from data_prep.pages.facts import gather
    from data_prep.pages.page import html
    from data_prep.pages.text import text

    facts = gather(name, directory)
    for line in text(facts):
        report(line)
    target = Path(page) if page is not None else directory / PAGE
    _write(target, html(facts))
    report(f'page          {target}')
    return target


def _write(path: Path, page: str) -> None:
    unfinished = path.with_name(f'{path.name}.{os.getpid()}.unfinished')
    try:
        unfinished.write_text(page, encoding='utf-8')
        os.replace(unfinished, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise PrepError(
            f'{path} cannot be written ({error.strerror or error}): the page needs a folder that '
            'can be written to'
        ) from None
