"""Six styles of written music, played by a synthesiser: an embedded corpus.

The scores come with music21. Only the music tells the class: timbre, tempo, key, level and noise
are drawn without regard to it (`data_prep.synthesis.additive`).
"""

from data_prep.cards import Card, Corpus, Entry, Found, Rejected, Wish
from data_prep.errors import PrepError, UnreadableAudio
from data_prep.joining import joined

CARD = Card(
    name='corpus_styles',
    title='Six styles of written music, 240 synthesised excerpts of 30 s',
    description=(
        'Forty pieces each of Bach chorales, Irish airs, American fiddle tunes, Monteverdi '
        'madrigals, Palestrina masses and Italian music of the fourteenth century, 30 s of each '
        'at 22,050 Hz by additive synthesis. Shorter pieces are repeated. Timbre, tempo, key, '
        'level and noise are drawn independently of the style, so that only pitch, rhythm and '
        'texture tell it. Says nothing about timbre, production or performance: a ranking of '
        'systems found here need not hold on recordings.'
    ),
    citation=(
        'M. S. Cuthbert and C. Ariza. music21: a toolkit for computer-aided musicology and '
        'symbolic music data. ISMIR, 2010.'
    ),
    licence='varies by collection; rendered for use on this machine, not for redistribution',
    source='the corpus folder of the music21 package (bach, oneills1850, ryansMammoth, '
    'monteverdi, palestrina, trecento)',
    size_bytes=320_000_000,
    faults=(
        'music written for voices and for one fiddle is played by the same synthesiser',
        'tune families of fiddle music that go by several names are only partly known as one',
        'Palestrina: encoding copyright 2000 John Miller, rights in derived electronic formats '
        'reserved; chorales: encoding used by permission of Margaret Greentree',
    ),
    standin_for='genre',
)
CLASSES = ('air', 'chorale', 'fiddle', 'madrigal', 'mass', 'trecento')
COLUMNS = ('piece', 'title', 'file')
PROTOCOLS = {
    'piece_folds': {'unit': 'item', 'group': 'piece', 'folds': 4},
    'leaky_slices': {'unit': 'slice', 'shares': [0.7, 0.15, 0.15], 'folds': 1},
}
PIECES = 40  # of each style


def find(wish: Wish) -> Found:
    """Chooses and reads the scores: `limit` pieces a style, all 40 if None.

    Raises:
        PrepError: a source was given.
    """
    if wish.source is not None:
        raise PrepError('corpus_styles is embedded: it takes no --source')
    from data_prep.building.parallel import ordered_map
    from data_prep.building.progress import progress
    from data_prep.sources import scores

    chosen = [
        score
        for style in CLASSES
        for score in scores.choose(scores.COLLECTIONS[style](), wish.limit or PIECES)
    ]
    parsed = ordered_map(scores.read, chosen, wish.jobs)
    parsed = progress(parsed, len(chosen), 'reading scores', wish.report)
    read = list(zip(chosen, parsed, strict=True))
    rejected = [Rejected(score.file, notes) for score, notes in read if isinstance(notes, str)]
    heard = [(score, notes) for score, notes in read if not isinstance(notes, str)]
    keys = [score.keys | {scores.opening(score.style, notes)} for score, notes in heard]
    entries = []
    for work, (score, notes) in zip(joined(keys), heard, strict=True):
        piece = heard[work][0].item
        columns = {'piece': piece, 'title': score.title, 'file': score.file}
        entries.append(Entry(score.item, score.style, score.file, columns, notes))
    return Found(entries, rejected)


def load(entry: Entry):
    """Plays one piece."""
    from data_prep.audio import to_int16
    from data_prep.synthesis.additive import RATE_HZ, render

    if not len(entry.content):
        raise UnreadableAudio('no notes')
    return to_int16(render(entry.content, entry.item), RATE_HZ)


CORPUS = Corpus(
    card=CARD,
    label='genre',
    classes=CLASSES,
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='piece_folds',
    find=find,
    load=load,
)
