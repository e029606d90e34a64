"""The Bach chorales that music21 carries, as notes: an embedded corpus."""

from data_prep.cards import Card, Corpus, Entry, Found, Rejected, Wish
from data_prep.errors import PrepError
from data_prep.joining import joined

CARD = Card(
    name='corpus_notes',
    title='Bach chorales as notes, from music21',
    description=(
        'Some 400 four-part chorales with their voices and, in some, instruments. One piece are '
        'all chorales of one cantata or passion, all of one hymn by its title, and all that begin '
        'with the same eight notes in any key. Written music: no velocities and no expression.'
    ),
    citation=(
        'M. S. Cuthbert and C. Ariza. music21: a toolkit for computer-aided musicology and '
        'symbolic music data. ISMIR, 2010.'
    ),
    licence='encoding used by permission of Margaret Greentree; not for redistribution',
    source='the corpus folder of the music21 package (bach)',
    size_bytes=3_000_000,
    faults=(
        'fifty-six chorales have no title: a hymn among them is known by its melody alone',
        'some chorales are there in two states of one encoding',
    ),
    standin_for='notes',
)
COLUMNS = ('piece', 'title', 'file')
PROTOCOLS = {'piece_folds': {'unit': 'item', 'group': 'piece', 'folds': 4}}


def find(wish: Wish) -> Found:
    """Reads the chorales: `limit` of them, of as many works as there are, or all if None.

    Raises:
        PrepError: a source was given.
    """
    if wish.source is not None:
        raise PrepError('corpus_notes is embedded: it takes no --source')
    from data_prep.building.parallel import ordered_map
    from data_prep.building.progress import progress
    from data_prep.notes import Notes
    from data_prep.sources import scores

    every = list(scores.chorales())
    chosen = scores.choose(iter(every), len(every) if wish.limit is None else wish.limit)
    parsed = ordered_map(_read, [score.file for score in chosen], wish.jobs)
    parsed = progress(parsed, len(chosen), 'reading chorales', wish.report)
    read = list(zip(chosen, parsed, strict=True))
    rejected = [Rejected(score.file, notes) for score, notes in read if isinstance(notes, str)]
    taken = [(score, notes) for score, notes in read if isinstance(notes, Notes)]
    keys = [score.keys | {_opening(notes)} for score, notes in taken]
    entries = [
        Entry(
            score.item.removeprefix('chorale.'),
            '',
            score.file,
            {'piece': taken[work][0].item.removeprefix('chorale.'), 'title': score.title}
            | {'file': score.file},
            notes,
        )
        for work, (score, notes) in zip(joined(keys), taken, strict=True)
    ]
    return Found(entries, rejected)


def load(entry: Entry):
    """The notes that `find` read to know the pieces."""
    return entry.content


def _read(file: str):
    """The notes of a chorale, or why there are none."""
    from data_prep.errors import Unreadable
    from data_prep.sources import score_files, scores

    try:
        return score_files.read(scores.root() / file)
    except Unreadable as reason:
        return str(reason)


def _opening(piece) -> str:
    import numpy as np

    from data_prep.notes import DURATION, ONSET, PITCH
    from data_prep.sources import scores

    table = piece.events[:, [ONSET, DURATION, PITCH]].astype(np.float64)
    return scores.opening('chorale', table[np.lexsort((-table[:, 2], table[:, 0]))])


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
