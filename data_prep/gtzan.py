"""GTZAN: ten genres of music, 100 clips of 30 s each.

`gtzan_tracks.csv` holds what is known of each track and not in the archive: artist and
fault-filtered split (the partitions published with dnn-mgr by Kereliuk, Sturm and Larsen, "Deep
Learning and Music Adversaries", IEEE Transactions on Multimedia 17(11), 2015), and three
artist-disjoint folds (those of Foleis and Tavares, "Texture selection for automatic music genre
classification", Applied Soft Computing 89, 2020).
"""

import csv
from pathlib import Path

from data_prep.cards import Archive, Card, Corpus, Entry, Found, Rejected, Wish
from data_prep.errors import PrepError

CARD = Card(
    name='gtzan',
    title='GTZAN: 1,000 clips of 30 s, ten genres',
    description=(
        'Ten genres of 100 clips of 30 s, 22,050 Hz mono, gathered in 2000-2001 from CDs, radio '
        'and microphone recordings. The benchmark of music genre recognition, with known faults.'
    ),
    citation=(
        'G. Tzanetakis and P. Cook. Musical genre classification of audio signals. IEEE '
        'Transactions on Speech and Audio Processing 10(5), 2002. Faults: B. L. Sturm. The GTZAN '
        'dataset: its contents, its faults, their effects on evaluation, and its future use. '
        'arXiv:1306.1461, 2013.'
    ),
    licence='none stated: research use',
    source='https://huggingface.co/datasets/marsyas/gtzan',
    size_bytes=1_330_000_000,
    faults=(
        'repeated, distorted and mislabelled clips: the fault-filtered split leaves 70 out',
        'artist 138 is torn in the fault-filtered split: disco.00049 and disco.00073 train, '
        'disco.00069 tests',
        'jazz.00054 is corrupt in a common copy',
        '52 tracks have no known artist',
        'a random split of tracks leaves most test tracks with their artist in train',
    ),
    # The first home, http://opihi.cs.uvic.ca/sound/genres.tar.gz, answers no more. The MD5 is the
    # one that mirdata publishes for it.
    archives={
        '': Archive(
            url='https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz',
            filename='genres.tar.gz',
            size_bytes=1_230_000_000,
            md5='5b3d6dddb579ab49814ab86dba69e7c7',
        )
    },
)
CLASSES = (
    *('blues', 'classical', 'country', 'disco', 'hiphop'),
    *('jazz', 'metal', 'pop', 'reggae', 'rock'),
)
COLUMNS = ('track', 'artist', 'fault_filtered', 'fold')
PROTOCOLS = {
    'fault_filtered': {
        'unit': 'item',
        'column': 'fault_filtered',
        'group': 'artist',
        'folds': 1,
        'known_torn': ['138'],
    },
    'artist_folds': {
        'unit': 'item',
        'column': 'fold',
        'group': 'artist',
        'folds': 3,
        'valid_share': 0.2,
    },
    'track_random': {'unit': 'item', 'group': 'track', 'folds': 4},
    'leaky_slices': {'unit': 'slice', 'shares': [0.7, 0.15, 0.15], 'folds': 1},
}
_WANTED = 'genres_original/<genre>/*.wav or genres/<genre>/*.au'


def find(wish: Wish) -> Found:
    """Lists the tracks below the source, which holds one of the layouts or is its inner folder.

    Raises:
        PrepError: neither layout is there.
    """
    root, suffix = _layout(wish.source)
    facts = tracks()
    entries, rejected = [], []
    for genre in CLASSES:
        taken = 0
        for path in sorted((root / genre).glob(f'*{suffix}')):
            if path.stem not in facts:
                rejected.append(Rejected(str(path), 'not one of the 1,000 known tracks'))
            elif not path.stem.startswith(f'{genre}.'):
                rejected.append(Rejected(str(path), 'lies in the folder of another genre'))
            elif wish.limit is None or taken < wish.limit:
                entries.append(Entry(path.stem, genre, str(path), facts[path.stem]))
                taken += 1
    missing = len(facts) - len(entries)
    notes = (f'{missing:,} of the {len(facts):,} tracks are not there',) * (missing > 0)
    return Found(entries, rejected, notes=notes if wish.limit is None else ())


def load(entry: Entry):
    """Decodes one track."""
    from data_prep.audio import decode  # here, so that listing the corpora needs no numpy

    return decode(entry.path)


def tracks() -> dict[str, dict[str, str]]:
    """Track to its columns: track, artist, fault_filtered, fold; '' is unknown or left out."""
    path = Path(__file__).with_name('gtzan_tracks.csv')
    with path.open(encoding='utf-8', newline='') as file:
        return {row['track']: row for row in csv.DictReader(file)}


def _layout(source: Path | None) -> tuple[Path, str]:
    if source is None:
        raise PrepError(f'gtzan needs --source=DIR, a folder that holds {_WANTED}, or --download')
    if not source.is_dir():
        raise PrepError(f'--source={source} is not a folder; wanted: one that holds {_WANTED}')
    for root in (source / 'genres_original', source / 'genres', source):
        for suffix in ('.wav', '.au'):  # the archive above holds genres/<genre>/*.wav
            if any(any((root / genre).glob(f'*{suffix}')) for genre in CLASSES):
                return root, suffix
    seen = sorted(path.name for path in source.iterdir())
    listed = ', '.join(seen[:6]) + (', ...' if len(seen) > 6 else '') if seen else 'nothing'
    raise PrepError(f'--source={source} holds {listed}; wanted: {_WANTED}')


CORPUS = Corpus(
    card=CARD,
    label='genre',
    classes=CLASSES,
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='fault_filtered',
    find=find,
    load=load,
)
