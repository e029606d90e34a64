"""Rhythms at known tempi, played by made-up bands: an embedded corpus.

All is drawn from streams that names seed (`data_prep.synthesis.rhythms`).
"""

from data_prep.cards import Card, Corpus, Entry, Found, Wish
from data_prep.errors import PrepError

CARD = Card(
    name='synthetic_rhythms',
    title='480 made-up rhythms of 10 s at known tempi, synthesised',
    description=(
        'Six pieces of 10 s each by eighty made-up bands, at 22,050 Hz. A band has a meter (2, '
        '3 or 4 beats), a division of the beat (2, 3 or 4 parts, some with swing), two or three '
        'drums and a tune, and players more or less exact; tempo, pattern, level and noise are '
        'drawn for each piece, without regard to its band. Tempi are steady and spread evenly in '
        'logarithm from 60 to 180 beats a minute, the column target. As in music, what is heard '
        'does not always say which level of the meter is the beat. Says nothing about real music, '
        'whose tempi sway, whose patterns change and whose onsets are soft: a ranking of systems '
        'found here need not hold on recordings.'
    ),
    citation='none: made by this project',
    licence='none needed: computed, nothing recorded is in it',
    source='data_prep.synthesis.rhythms',
    size_bytes=212_000_000,
    faults=(
        'where the instruments mark every part of the beat alike, only the statistics of the '
        'corpus tell the beat from its double or half',
        'tempi do not change within a piece, and every piece has drums',
    ),
    standin_for='tempo',
)
COLUMNS = ('band', 'target', 'meter')
PROTOCOLS = {'band_folds': {'unit': 'item', 'group': 'band', 'folds': 4}}
BANDS = 80
PIECES = 6  # of each band


def find(wish: Wish) -> Found:
    """Draws tempi and who plays: `limit` pieces, all if None.

    Raises:
        PrepError: a source was given.
    """
    if wish.source is not None:
        raise PrepError('synthetic_rhythms is embedded: it takes no --source')
    # One of each band before the second of any: a few pieces are by many bands.
    names = [
        (f'band{of:02d}', f'band{of:02d}-{k:02d}') for k in range(PIECES) for of in range(BANDS)
    ]
    return Found([_entry(*each) for each in names[: wish.limit]], [])


def load(entry: Entry):
    """Plays one piece."""
    from data_prep.audio import to_int16
    from data_prep.synthesis import rhythms

    by = rhythms.band(entry.columns['band'])
    sound = rhythms.render(by, float(entry.columns['target']), entry.item)
    return to_int16(sound, rhythms.RATE_HZ)


def _entry(name: str, item: str) -> Entry:
    from data_prep.synthesis import rhythms
    from data_prep.synthesis.additive import stream

    octaves = stream(f'tempo {item}').uniform()
    tempo_bpm = rhythms.SLOWEST_BPM * (rhythms.FASTEST_BPM / rhythms.SLOWEST_BPM) ** octaves
    meter = rhythms.band(name).meter
    columns = {'band': name, 'target': f'{tempo_bpm:.2f}', 'meter': str(meter)}
    return Entry(item, '', name, columns)


CORPUS = Corpus(
    card=CARD,
    label='',
    classes=(),
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='band_folds',
    find=find,
    load=load,
)
