"""Any folder of music as notes: MIDI read by symusic, written scores by music21.

What is one piece is told by names (`sources.pieces`): the file's, and the title that a score
gives itself. What names do not tell, near copies in any key, is told by the notes themselves
once they are read, and joined to the pieces when a split is dealt. The column `source` says how
the notes came about: 'midi', with times and velocities of their own, or 'score', as written.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from data_prep.cards import Card, Corpus, Entry, Found, Rejected, Wish
from data_prep.errors import PrepError
from data_prep.joining import joined

CARD = Card(
    name='midi_notes',
    title='Notes of any folder of MIDI files and scores',
    description=(
        'Every note with onset, pitch, duration, velocity and part, and every change of tempo, '
        'from .mid, .midi, .musicxml, .xml, .mxl, .abc and .krn files in any folders. Each tune '
        'of an .abc file is a record of its own. One piece are files whose names or titles differ '
        'in case, punctuation, numbers of copies, versions, keys or arrangements only.'
    ),
    citation='that of the files',
    licence='that of the files',
    source='a folder of yours, such as the Lakh MIDI Dataset (https://colinraffel.com/projects/lmd)'
    ' or POP909 (https://github.com/music-x-lab/POP909-Dataset)',
    size_bytes=0,
    faults=(
        'not kept: lyrics, controllers such as the pedal, bends, metre, key, and in scores '
        'articulation, grace notes and repeats',
        'a part is what one MIDI track plays on one channel with one program, or a part of a score',
        'a piece under two names is known as one only where its notes show it',
    ),
)
COLUMNS = ('piece', 'title', 'file', 'source')
PROTOCOLS = {'piece_folds': {'unit': 'item', 'group': 'piece', 'folds': 4}}
MIDI = ('.mid', '.midi')
SCORES = ('.musicxml', '.xml', '.mxl', '.abc', '.krn')


def find(wish: Wish) -> Found:
    """Lists the pieces below the source, at most `limit` of them.

    Raises:
        PrepError: the source is no folder, or holds no such file.
    """
    from data_prep.sources import files, titles

    root = files.folder(wish.source, CARD.name, _wanted())
    walked = files.walk(root, (*MIDI, *SCORES))
    if not walked.paths:
        raise PrepError(f'--source={root} holds {files.holds(root)}; wanted: {_wanted()}')
    entries, names, rejected = [], [], list(walked.rejected)
    for item, path in zip(files.ids(root, walked.paths), walked.paths, strict=True):
        facts = {'file': files.name(root, path), 'source': 'score'}
        if path.suffix.lower() in MIDI:
            facts |= {'title': path.stem, 'source': 'midi'}
            entries.append(Entry(item, '', str(path), facts))
            names.append((path.stem,))
        elif path.suffix.lower() != '.abc':
            own = titles.title(path)
            entries.append(Entry(item, '', str(path), facts | {'title': own or path.stem}))
            names.append((path.stem, own))
        else:
            for number, text in enumerate(_tunes(path, rejected), 1):
                own = titles.title(path, text)
                columns = facts | {'title': own or f'{path.stem} {number}'}
                entries.append(Entry(f'{item}#{number}', '', f'{path}#{number}', columns, text))
                names.append((own,))
    entries = [
        dataclasses.replace(entry, columns={'piece': entries[work].item, **entry.columns})
        for work, entry in zip(_works(names), entries, strict=True)
    ]
    entries = files.few(entries, wish.limit, lambda entry: entry.label, 'piece')
    return Found(entries, rejected, notes=walked.notes())


def load(entry: Entry):
    """Reads one piece."""
    from data_prep.sources import midi, score_files

    if entry.content is not None:
        return score_files.read_tune(entry.content)
    if entry.columns['source'] == 'midi':
        return midi.read(entry.path)
    return score_files.read(Path(entry.path))


def _works(names: Sequence[tuple[str, ...]]) -> list[int]:
    """The first place that each place hangs together with, by any of its names."""
    from data_prep.sources.pieces import pieces

    keys = iter(pieces([name for several in names for name in several]))
    return joined([{key for _ in several if (key := next(keys))} for several in names])


def _tunes(path: Path, rejected: list[Rejected]) -> list[str]:
    """The tunes of an ABC file, each with the fields that stand before all of them."""
    from data_prep.sources import score_files

    try:
        if path.stat().st_size > score_files.MAX_BYTES:
            rejected.append(Rejected(str(path), f'more than {score_files.MAX_BYTES:,} bytes'))
            return []
        head, tunes = score_files.tunes(path)
    except OSError as error:
        rejected.append(Rejected(str(path), f'cannot be read ({error.strerror})'))
        return []
    if not tunes:
        rejected.append(Rejected(str(path), 'no tune: none of its lines begins with X:'))
    return [head + tune for tune in tunes]


def _wanted() -> str:
    return ', '.join(f'*{suffix}' for suffix in (*MIDI, *SCORES))


CORPUS = Corpus(
    card=CARD,
    label='',
    classes=(),
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='piece_folds',
    find=find,
    load=load,
    content='notes',
    records_per_shard=1024,
)
