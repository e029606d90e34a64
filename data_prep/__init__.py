"""Corpora: from what the public gives to records on disk that carry their own proof.

`prepare` makes one, `prepared` says where it is, `card` what is known of it. Each corpus is one
file of this package. A corpus of the user's own files may carry a label of the user's, as in
'audio_folder:mine'. Importing this costs next to nothing.
"""

import difflib
import importlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from data_prep import manifest
from data_prep.cards import VERSION, Card, Corpus, Wish
from data_prep.errors import DamagedCorpus, PrepError, Stopped, Unreadable, UnreadableAudio

__all__ = [
    'CORPORA',
    'Card',
    'DamagedCorpus',
    'PrepError',
    'Stopped',
    'Unreadable',
    'UnreadableAudio',
    'card',
    'corpus',
    'place',
    'prepare',
    'prepared',
]

# Name to module and attribute, as text: to list them is not to import them.
CORPORA = {
    'audio_folder': 'data_prep.audio_folder:CORPUS',
    'capuchin': 'data_prep.capuchin:CORPUS',
    'corpus_notes': 'data_prep.corpus_notes:CORPUS',
    'corpus_styles': 'data_prep.corpus_styles:CORPUS',
    'gtzan': 'data_prep.gtzan:CORPUS',
    'jsb_16th': 'data_prep.jsb:SIXTEENTH',
    'jsb_quarter': 'data_prep.jsb:QUARTER',
    'librispeech': 'data_prep.librispeech:CORPUS',
    'midi_notes': 'data_prep.midi_notes:CORPUS',
    'spoken_phrases': 'data_prep.spoken_phrases:CORPUS',
    'synthetic_calls': 'data_prep.synthetic_calls:CORPUS',
    'synthetic_rhythms': 'data_prep.synthetic_rhythms:CORPUS',
}
_LABEL = re.compile(r'(?!\d+\.\d+\.\d+$)[A-Za-z0-9][A-Za-z0-9_.-]*')  # a version is no label


def corpus(name: str) -> Corpus:
    """The corpus of that name, with or without a label.

    Raises:
        PrepError: there is none; lists those that are, the nearest first. Or the label is none.
    """
    base, colon, label = name.partition(':')
    if base not in CORPORA:
        near = difflib.get_close_matches(base, CORPORA, n=1, cutoff=0.4)
        hint = f" did you mean '{near[0]}'?" if near else ''
        raise PrepError(f"unknown corpus '{base}':{hint} known: {', '.join(CORPORA)}")
    module, _, attribute = CORPORA[base].partition(':')
    made = getattr(importlib.import_module(module), attribute)
    if colon and made.card.embedded:
        raise PrepError(f"'{name}': {base} is embedded and the same everywhere: it takes no label")
    if colon and not _LABEL.fullmatch(label):
        raise PrepError(
            f"'{name}': a label is made of letters, digits, '_', '-' and '.', starts with a letter "
            'or digit and is no version'
        )
    return made


def card(name: str) -> Card:
    """The card of a corpus; raises PrepError for an unknown name."""
    return corpus(name).card


def place(name: str, data_dir: str | Path) -> Path:
    """Where a corpus lies once it is prepared: `data_dir/<name>[/<label>]/<version>`."""
    return Path(data_dir, *name.split(':'), VERSION)


def prepared(name: str, data_dir: str | Path) -> Path | None:
    """The folder of a corpus that was prepared in `data_dir`, or None; reads no data."""
    directory = place(name, data_dir)
    return directory if (directory / manifest.FILENAME).is_file() else None


def prepare(
    name: str,
    data_dir: str | Path,
    source: str | Path | None = None,
    table: str | Path | None = None,
    download: bool | Sequence[str] = (),
    jobs: int | None = None,
    force: bool = False,
    limit: int | None = None,
    max_bad: float = 0.02,
    beam: Sequence[str] = (),
    report: Callable[[str], object] = print,
) -> Path:
    """Prepares a corpus, unless it is; returns its folder.

    A prep that broke off, whatever stopped it, goes on from its finished shards when it is called
    again with the same arguments and the files are as they were.

    Args:
        name: one of CORPORA, with a label of the user's if it is not embedded: 'audio_folder:mine'.
        data_dir: the corpus goes to `place(name, data_dir)`.
        source: folder in the corpus's public layout; not for embedded corpora.
        table: a CSV of what is known of the files, for corpora that take one.
        download: where `source` is not given, fetch these subsets, or, if True, the one archive
            that there is.
        jobs: processes; None takes every core.
        force: prepare again what is there.
        limit: so many items a class, for a quick look or a test; None takes all.
        max_bad: share of files that may be unreadable before it is an error; a call with a higher
            one goes on.
        beam: options of an Apache Beam pipeline that does the work, such as
            ('--runner=DirectRunner',); empty: processes of this machine do it.
        report: takes the lines for the user.

    Raises:
        PrepError: one line on what is missing or wrong, and what to do; also where it is prepared,
            but from another source, table, subsets or limit than are named here. That a source
            is of no layout of the corpus is told first.
        OSError: the disk cannot be written to.
    """
    from data_prep.building import staging

    made = corpus(name)
    folder = Path(source).expanduser() if source is not None else None
    known = Path(table).expanduser() if table is not None else None
    downloads = Path(data_dir) / 'downloads'
    staging.put_back(place(name, data_dir))
    if (there := prepared(name, data_dir)) and not force:
        subsets: Sequence[str] = ()
        if folder is not None and not made.card.embedded:
            _recognise(there, made, Wish(folder, known, limit=limit))
        elif folder is None and download:
            folder = downloads / made.card.name
            subsets = download if isinstance(download, Sequence) else ()
        return _as_wished(there, made.card, folder, subsets, known, limit, report)

    from data_prep.building.build import build
    from data_prep.building.finish import summary
    from data_prep.building.parallel import cores

    if folder is None and download:
        from data_prep.fetching.download import fetch_subsets

        folder = fetch_subsets(name, made.card, download, downloads, report)
    wish = Wish(folder, known, jobs or cores(), force, limit, max_bad, tuple(beam), report)
    target = place(name, data_dir)
    build(name, made, target, wish)
    for line in summary(target):
        report(line)
    return target


def _recognise(directory: Path, made: Corpus, wish: Wish) -> None:
    """Lists a source that the corpus was not prepared from: PrepError where it is none of its."""
    assert wish.source is not None
    if manifest.read(directory)['source'] != str(wish.source.resolve()):
        made.find(wish)


def _as_wished(
    directory: Path,
    made: Card,
    source: Path | None,
    subsets: Sequence[str],
    table: Path | None,
    limit: int | None,
    report: Callable[[str], object],
) -> Path:
    """Holds what was prepared against what is wanted; a call that names no source takes it all."""
    facts = manifest.read(directory)
    if made.embedded and source is not None:
        raise PrepError(f'{made.name} is embedded: it takes no --source')
    how = '' if made.embedded else ', or give it another label (NAME:LABEL)'
    again = f'say --force to prepare it anew{how}'
    if facts.get('limit') != limit:
        raise PrepError(
            f'{directory} was prepared with limit={facts.get("limit")}, wanted is limit={limit}: '
            + again
        )
    there, wanted = [facts['source']], [facts['source']]
    if source is not None:
        wanted = [str(source.resolve())]
    known = facts.get('table')
    if table is not None or (source is not None and known):
        there.append(f'the table {known["path"]}' if known else 'no table')
        wanted.append(f'the table {table}' if table else 'no table')
        same = table and known and table.is_file() and manifest.fact(table).items() <= known.items()
        if same:
            wanted[-1] = there[-1]
        elif wanted[-1] == there[-1]:
            wanted[-1] += ' as it is now'
    held = facts.get('subsets', subsets)
    if not {*subsets} <= {*held}:
        there.append(f'the subsets {", ".join(held)}' if held else 'no subsets')
        wanted.append(f'the subsets {", ".join(subsets)}')
    if there != wanted:
        raise PrepError(
            f'{directory} was prepared from {" with ".join(there)}, wanted is '
            f'{" with ".join(wanted)}: {again}'
        )
    report(f'{facts["corpus"]}: already prepared, {facts["records"]} records in {directory}')
    return directory
