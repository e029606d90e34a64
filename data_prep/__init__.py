"""Corpora: from what the public gives to records on disk that carry their own proof.

`prepare` makes one, `prepared` says where it is, `card` what is known of it. Each corpus is one
file of this package. Importing it costs next to nothing.
"""

import difflib
import importlib
from collections.abc import Callable
from pathlib import Path

from data_prep import manifest
from data_prep.cards import VERSION, Card, Corpus, Wish
from data_prep.errors import DamagedCorpus, PrepError, UnreadableAudio

__all__ = [
    'CORPORA',
    'Card',
    'DamagedCorpus',
    'PrepError',
    'UnreadableAudio',
    'card',
    'corpus',
    'prepare',
    'prepared',
]

# Name to module, as text: to list them is not to import them.
CORPORA = {
    'corpus_styles': 'data_prep.corpus_styles',
    'gtzan': 'data_prep.gtzan',
}


def corpus(name: str) -> Corpus:
    """The corpus of that name.

    Raises:
        PrepError: there is none; lists those that are, the nearest first.
    """
    if name not in CORPORA:
        near = difflib.get_close_matches(name, CORPORA, n=1, cutoff=0.4)
        hint = f" did you mean '{near[0]}'?" if near else ''
        raise PrepError(f"unknown corpus '{name}':{hint} known: {', '.join(CORPORA)}")
    return importlib.import_module(CORPORA[name]).CORPUS


def card(name: str) -> Card:
    """The card of a corpus; raises PrepError for an unknown name."""
    return corpus(name).card


def prepared(name: str, data_dir: str | Path) -> Path | None:
    """The folder of a corpus that was prepared in `data_dir`, or None; reads no data."""
    directory = Path(data_dir) / name / VERSION
    return directory if (directory / manifest.FILENAME).is_file() else None


def prepare(
    name: str,
    data_dir: str | Path,
    source: str | Path | None = None,
    download: bool = False,
    jobs: int | None = None,
    force: bool = False,
    report: Callable[[str], object] = print,
    limit: int | None = None,
    max_bad: float = 0.02,
) -> Path:
    """Prepares a corpus, unless it is; returns its folder.

    Args:
        name: one of CORPORA.
        data_dir: the corpus goes to `data_dir/<name>/<version>`.
        source: folder in the corpus's public layout; not for embedded corpora.
        download: fetch the public archive where `source` is not given.
        jobs: processes; None takes every core.
        force: prepare again what is there.
        report: takes the lines for the user.
        limit: so many items a class, for a quick look or a test; None takes all.
        max_bad: share of files that may be unreadable before it is an error.

    Raises:
        PrepError: one line on what is missing or wrong, and what to do.
        OSError: the disk is full or cannot be written to.
    """
    made = corpus(name)
    target = Path(data_dir) / name / VERSION
    if (there := prepared(name, data_dir)) and not force:
        return _as_wished(there, limit, report)

    from data_prep.build import build, summary
    from data_prep.parallel import cores

    folder = Path(source).expanduser() if source is not None else None
    if folder is None and download:
        folder = _downloaded(made.card, Path(data_dir) / 'downloads', report)
    build(made, target, Wish(folder, jobs or cores(), force, limit, max_bad, report))
    for line in summary(made, target):
        report(line)
    return target


def _as_wished(directory: Path, limit: int | None, report: Callable[[str], object]) -> Path:
    facts = manifest.read(directory)
    if facts.get('limit') != limit:
        raise PrepError(
            f'{directory} was prepared with limit={facts.get("limit")}, wanted is limit={limit}: '
            'say --force to prepare it anew'
        )
    report(f'{facts["corpus"]}: already prepared, {facts["records"]} records in {directory}')
    return directory


def _downloaded(card: Card, folder: Path, report: Callable[[str], object]) -> Path:
    from data_prep.archives import extract
    from data_prep.download import fetch

    if card.archive is None:
        raise PrepError(f'{card.name} has no archive to download')
    command = f'python -m data_prep {card.name} --download --data_dir={folder.parent}'
    unpacked = folder / card.name
    if not unpacked.is_dir():
        archive = fetch(card.archive, folder, command, report)
        report(f'{card.name}: unpacking {archive}')
        extract(archive, unpacked)
    return unpacked
