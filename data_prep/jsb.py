"""The chorales of J. S. Bach as two benchmarks know them: frames in public JSON files.

Both hold frames, not notes: a note that is held and one that is struck again look the same in
them. Here a pitch that stands in frames in a row, in one voice, is one note; the frames come back
from the notes exactly, unless a chorale ends in silence (none does).
"""

import json
import typing
from collections import Counter
from collections.abc import Sequence

from data_prep.cards import Card, Corpus, Entry, Found, Wish
from data_prep.errors import PrepError, Unreadable

if typing.TYPE_CHECKING:
    from data_prep.notes import Notes

PARTS = ('train', 'valid', 'test')
COLUMNS = ('piece', 'part')
PROTOCOLS = {'public': {'unit': 'item', 'column': 'part', 'group': 'piece', 'folds': 1}}
TICKS_PER_QUARTER = 480
VOICES = ('soprano', 'alto', 'tenor', 'bass')
REST = -1
_VELOCITY = 64
_CHOIR = 52  # General MIDI: Choir Aahs
_HOME = 'https://github.com/czhuang/JSB-Chorales-dataset'
_QUARTERS = 'jsb-chorales-quarter.json'
_SIXTEENTHS = 'Jsb16thSeparated.json'
_FAULTS = (
    'held and repeated notes cannot be told apart',
    'near copies and hymns in several harmonisations stand on both sides of the public split',
)
_BOULANGER = (
    'N. Boulanger-Lewandowski, Y. Bengio and P. Vincent. Modeling temporal dependencies in '
    'high-dimensional sequences: application to polyphonic music generation and transcription. '
    'ICML, 2012.'
)


def held(frames: Sequence[Sequence[int]]) -> list[tuple[int, int, int]]:
    """Frames of pitches to notes (first frame, pitch, frames); a pitch in a row is one note."""
    notes, sounding = [], {}
    for at, frame in enumerate([*frames, ()]):
        for pitch in [pitch for pitch in sounding if pitch not in frame]:
            first = sounding.pop(pitch)
            notes.append((first, pitch, at - first))
        for pitch in frame:
            sounding.setdefault(pitch, at)
    return notes


def frames(piece: 'Notes', steps_per_quarter: int) -> list[list[int]]:
    """The pitches that sound in each step, lowest first: the quarter file from its notes."""
    step = piece.ticks_per_quarter // steps_per_quarter
    found = [set() for _ in range(piece.ticks() // step)]
    for onset, pitch, duration, *_ in piece.events.tolist():
        for at in range(onset // step, (onset + duration) // step):
            found[at].add(pitch)
    return [sorted(pitches) for pitches in found]


def voices(piece: 'Notes', steps_per_quarter: int) -> list[list[int]]:
    """One pitch or REST for each part in each step: the file of 16ths from its notes."""
    step = piece.ticks_per_quarter // steps_per_quarter
    found = [[REST] * len(piece.parts) for _ in range(piece.ticks() // step)]
    for onset, pitch, duration, _, part in piece.events.tolist():
        for at in range(onset // step, (onset + duration) // step):
            found[at][part] = pitch
    return found


def find_quarter(wish: Wish) -> Found:
    """Lists the chorales of the file of quarters; PrepError where it is not as it should be."""
    return _find(wish, 'jsb_quarter', _QUARTERS)


def find_16th(wish: Wish) -> Found:
    """Lists the chorales of the file of 16ths; PrepError where it is not as it should be."""
    return _find(wish, 'jsb_16th', _SIXTEENTHS)


def load_quarter(entry: Entry) -> 'Notes':
    """A chorale in one part, from the set of pitches at each quarter."""
    return _notes([[_pitches(frame) for frame in entry.content]], 1, ('chorale',))


def load_16th(entry: Entry) -> 'Notes':
    """A chorale in four parts, from the pitch of each at each 16th."""
    if any(len(frame) != len(VOICES) for frame in entry.content):
        raise Unreadable(f'a frame that does not have {len(VOICES)} voices')
    lines = zip(*entry.content, strict=True)
    return _notes([[_pitches([pitch]) for pitch in line] for line in lines], 4, VOICES)


def _find(wish: Wish, name: str, filename: str) -> Found:
    from data_prep.sources import files

    root = files.folder(wish.source, name, filename)
    paths = [path for path in files.walk(root, ('.json',)).paths if path.name == filename]
    if not paths:
        raise PrepError(f'--source={root} holds {files.holds(root)}; wanted: {filename} ({_HOME})')
    try:
        chorales = json.loads(paths[0].read_text(encoding='utf-8'))
        named = [(part, chorale) for part in PARTS for chorale in chorales[part]]
    except (ValueError, KeyError, TypeError) as error:
        raise PrepError(
            f'{paths[0]} is not the public file ({type(error).__name__}: {error}); '
            f'wanted: an object with lists of frames under {", ".join(PARTS)} ({_HOME})'
        ) from None
    counts = Counter()
    entries = []
    for part, chorale in named:
        item = f'{part}.{counts[part]:03d}'
        counts[part] += 1
        if wish.limit is None or counts[part] <= wish.limit:
            columns = {'piece': item, 'part': part}
            entries.append(Entry(item, '', f'{paths[0]}#{item}', columns, chorale))
    return Found(entries, [])


def _pitches(frame: Sequence[float | None]) -> list[int]:
    """The pitches of a frame; -1, null and NaN, which equals nothing, are rests."""
    there = [pitch for pitch in frame if pitch is not None and pitch == pitch and pitch != REST]
    if wrong := [pitch for pitch in there if pitch not in range(128)]:
        raise Unreadable(f'{wrong[0]!r} where a MIDI pitch is wanted')
    return [int(pitch) for pitch in there]


def _notes(
    lines: Sequence[Sequence[Sequence[int]]], steps_per_quarter: int, names: Sequence[str]
) -> 'Notes':
    import numpy as np

    from data_prep.notes import DEFAULT_US, arrange, bounded

    step = TICKS_PER_QUARTER // steps_per_quarter
    events = [
        (first * step, pitch, length * step, _VELOCITY, part)
        for part, line in enumerate(lines)
        for first, pitch, length in held(line)
    ]
    table = np.array(events, np.int64).reshape(-1, 5)
    tempi = np.array([[0, DEFAULT_US]])
    return bounded(arrange(table, TICKS_PER_QUARTER, tempi, names, [_CHOIR] * len(names)))


QUARTER = Corpus(
    card=Card(
        name='jsb_quarter',
        title='382 Bach chorales, the pitches at each quarter note',
        description=(
            'The chorales as sets of pitches, one set a quarter note, in one part, most of them '
            'moved to C; 229 train, 76 choose, 77 test. The benchmark whose numbers are negative '
            'log-likelihoods per time step.'
        ),
        citation=_BOULANGER,
        licence='none stated; the music is in the public domain',
        source=f'{_HOME} ({_QUARTERS})',
        size_bytes=1_000_000,
        faults=(*_FAULTS, 'which voice sings a pitch is not known, and unisons are one pitch'),
    ),
    label='',
    classes=(),
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='public',
    find=find_quarter,
    load=load_quarter,
    content='notes',
    records_per_shard=1024,
)
SIXTEENTH = Corpus(
    card=Card(
        name='jsb_16th',
        title='382 Bach chorales, four voices in 16th notes',
        description=(
            'The same chorales in the same parts of the split (229, 76, 77), in another order: '
            'the pitch of soprano, alto, tenor and bass at each 16th note, in the original key. '
            'The benchmark whose numbers are negative log-likelihoods per note.'
        ),
        citation=(
            'C.-Z. A. Huang, T. Cooijmans, A. Roberts, A. Courville and D. Eck. Counterpoint by '
            f'convolution. ISMIR, 2017. Split: {_BOULANGER}'
        ),
        licence='none stated; the music is in the public domain',
        source=f'{_HOME} ({_SIXTEENTHS})',
        size_bytes=2_000_000,
        faults=(*_FAULTS, 'what is shorter than a 16th is lost'),
    ),
    label='',
    classes=(),
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='public',
    find=find_16th,
    load=load_16th,
    content='notes',
    records_per_shard=1024,
)
