"""Capuchin bird: is there a call in a short clip, and how many are in three minutes of forest?

What is known of the forest recordings comes from a table of events (`data_prep.sources.events`):
`--table=CSV`, else `forest_events.csv` beside the folders. The column `events` is '[]' for a
recording of which the table says that it holds no call, and '' where no truth is known.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from data_prep.cards import Card, Corpus, Entry, Found, Wish
from data_prep.errors import PrepError, Unreadable
from data_prep.sources import events, files

CARD = Card(
    name='capuchin',
    title='Capuchin bird: 217 calls, 593 other sounds, 100 forest recordings of 3 minutes',
    description=(
        'The data of a public challenge: short clips with a call of the Capuchinbird '
        '(Perissocephalus tricolor), cut by hand from field recordings of xeno-canto; clips of '
        'other birds, animals and forest noise, cut every 3 s or so from recordings of '
        'freesoundslibrary.com; and forest recordings in which calls are to be counted.'
    ),
    citation=(
        'Z by HP Unlocked, Challenge 3: Signal Processing. '
        'https://www.kaggle.com/datasets/kenjee/z-by-hp-unlocked-challenge-3-signal-processing'
    ),
    licence='none stated: research use',
    source='https://www.kaggle.com/datasets/kenjee/z-by-hp-unlocked-challenge-3-signal-processing',
    size_bytes=2_000_000_000,
    faults=(
        'calls and other sounds come from two libraries: a system may learn the recordist, the '
        'microphone or the MP3 coder in place of the bird',
        'the clips of one field recording are alike: split at random, as tutorials do, they stand '
        'on both sides',
        'where clips with and without a call were cut from one recording, their names do not tell '
        '(call00-0, forest00-0): only the search for near copies can join them, and only where '
        'they share sound',
        'where recordings share calls and background, recording_folds leaves out what is trained '
        'on and tested too, which may be much; leaky_recordings goes by the names alone',
        'forest recordings share sound with clips of both classes: a prep says how many are copies '
        'of what trains or validates, and no run is judged by those',
        'no truth was published for the forest recordings: events, where a table gives them, are '
        'those of whoever wrote it',
        'the recordings of xeno-canto have licences of their own, which the data do not carry',
    ),
)
CLASSES = ('other', 'call')
COLUMNS = ('recording', 'kind', 'events')
_FOLDS = {'unit': 'item', 'folds': 4, 'aside': {'kind': ['forest']}}
PROTOCOLS = {
    'recording_folds': _FOLDS | {'group': 'recording', 'copies': 'leave_out'},
    'leaky_recordings': _FOLDS | {'group': 'recording', 'copies': 'reported'},
    'leaky_clips': _FOLDS | {'group': 'item', 'copies': 'reported'},
}
TABLE = 'forest_events.csv'
_FOLDERS = {
    'parsed not capuchinbird clips': 'other',
    'parsed capuchinbird clips': 'call',
    'forest recordings': 'forest',
}
_WANTED = (
    'Parsed_Capuchinbird_Clips/*.wav, Parsed_Not_Capuchinbird_Clips/*.wav and '
    'Forest Recordings/*.mp3'
)
_USUAL_S = (2.0, 5.0)
_SLACK_S = 0.1  # what coders add or take away at the end of a recording


def find(wish: Wish) -> Found:
    """Lists the clips and the forest recordings; the latter may be missing.

    The source holds the three folders, at most two levels down, or is one of them.

    Raises:
        PrepError: the folders are not there, or the table of events is wrong.
    """
    from data_prep.audio import EXTENSIONS

    folders = _folders(files.folder(wish.source, CARD.name, _WANTED))
    walks = {kind: files.walk(folder, EXTENSIONS) for kind, folder in folders.items()}
    for kind in CLASSES:
        if not walks[kind].paths:
            left_out = walks[kind].left_out() or 'it is empty'
            raise PrepError(f'{folders[kind]} holds no sound file ({left_out}); wanted: {_WANTED}')
    named = {kind: files.ids(folders[kind], walk.paths) for kind, walk in walks.items()}
    known, notes = _events(folders, named, walks, wish.table)
    often = Counter(name for names in named.values() for name in names)
    entries = []
    for kind, names in named.items():
        for name, path in zip(names, walks[kind].paths, strict=True):
            item = name if often[name] == 1 else f'{kind}/{name}'
            columns = _columns(kind, path) | {'events': known.get(str(path), '')}
            entries.append(Entry(item, _label(kind), str(path), columns))
    entries = files.few(entries, wish.limit, lambda entry: entry.label, 'recording')
    rejected = [bad for walk in walks.values() for bad in walk.rejected]
    for kind, walk in walks.items():
        notes += [f'{folders[kind].name}: {line}' for line in walk.notes()]
    return Found(entries, rejected, notes=(*notes, *_lengths(entries)))


def load(entry: Entry):
    """Decodes one clip or recording.

    Raises:
        Unreadable: it cannot be decoded, or ends before its last event does.
    """
    from data_prep.audio import decode

    sound = decode(entry.path)
    seconds = len(sound.samples) / sound.rate_hz
    last_s = max((end for _, end in json.loads(entry.columns['events'] or '[]')), default=0.0)
    if last_s > seconds + _SLACK_S:
        raise Unreadable(f'an event ends at {last_s:g} s, the recording at {seconds:.2f} s')
    return sound


def _folders(source: Path) -> dict[str, Path]:
    """The folders by what they hold: the two classes, and 'forest' where it is there."""
    tops = [source, *_below(source), *(deep for top in _below(source) for deep in _below(top))]
    for top in (source.parent, *tops) if _plain(source) in _FOLDERS else tops:
        there = {_plain(folder): folder for folder in _below(top)}
        found = {kind: there[name] for name, kind in _FOLDERS.items() if name in there}
        if found.keys() >= set(CLASSES):
            return found
    raise PrepError(f'--source={source} holds {files.holds(source)}; wanted: {_WANTED}')


def _below(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []  # a folder beside the data that cannot be read is none of ours


def _plain(folder: Path) -> str:
    return folder.name.casefold().replace('_', ' ')


def _label(kind: str) -> str:
    return '' if kind == 'forest' else kind


def _columns(kind: str, path: Path) -> dict[str, str]:
    stem = Path(files.name(path.parent, path)).stem
    if kind == 'forest':
        return {'recording': stem, 'kind': 'forest'}
    return {'recording': stem.rpartition('-')[0] or stem, 'kind': 'clip'}


def _events(
    folders: Mapping[str, Path],
    named: Mapping[str, list[str]],
    walks: Mapping[str, files.Walk],
    table: Path | None,
) -> tuple[dict[str, str], list[str]]:
    """Path of a recording to its events as JSON, and what to say about them."""
    paths = walks['forest'].paths if 'forest' in walks else []
    path = table or next(iter(folders.values())).parent / TABLE
    if table is None and not paths:
        return {}, ['there are no forest recordings']
    if table is None and not path.is_file():
        return {}, [f'no table of events: no truth is known of {len(paths)} forest recordings']
    names = {}
    for name, recording in zip(named.get('forest', ()), paths, strict=True):
        full = files.name(folders['forest'], recording)
        names |= {name: str(recording), full: str(recording)}
    known = events.read(path, names)
    calls = sum(len(spans) for spans in known.values())
    said = f'{path.name}: {calls} events in {len(known)} forest recordings'
    if len(known) < len(paths):
        said += f', no truth is known of {len(paths) - len(known)} others'
    return {recording: json.dumps(spans) for recording, spans in known.items()}, [said]


def _lengths(entries: list[Entry]) -> Iterator[str]:
    """A note on clips of unusual length, by their headers; what has none is judged in `load`."""
    import soundfile

    shortest, longest = _USUAL_S
    unusual = []
    for entry in entries:
        if entry.label:
            try:
                seconds = soundfile.info(entry.path).duration
            except soundfile.LibsndfileError:
                continue
            if not shortest <= seconds <= longest:
                unusual.append(f'{entry.item} {seconds:.2f} s')
    if unusual:
        yield (
            f'{len(unusual)} clips are not {shortest:g} to {longest:g} s long and are taken: '
            + ', '.join(unusual[:3] + ['...'][: len(unusual) > 3])
        )


CORPUS = Corpus(
    card=CARD,
    label='call',
    classes=CLASSES,
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='recording_folds',
    find=find,
    load=load,
)
