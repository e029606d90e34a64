"""Any folder of sounds: the folders in it are the classes, or a table says what the files are.

    DIR/<class>/**/*.wav, .mp3, .flac, .ogg, .au
    --table=CSV, else DIR/metadata.csv: file, label, target, group, split (`sources.labels`)

A label in the table goes before the folder. Without a group a file is its own. With targets and
fewer than two classes the corpus has none: it is one for regression.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from data_prep.cards import Card, Corpus, Entry, Found, Rejected, Wish
from data_prep.errors import PrepError
from data_prep.sources import files, labels

CARD = Card(
    name='audio_folder',
    title='A folder of sounds, one folder a class, or with a table',
    description=(
        'Sounds of yours: DIR/<class>/**/*.wav (or mp3, flac, ogg, au), or any folder with a '
        'table of file, label, target, group and split. What a split may not tear apart is the '
        'group, or the file where there is none; near copies are found and kept on one side.'
    ),
    citation='whoever made the sounds',
    licence='that of the sounds',
    source='a folder of yours',
    size_bytes=0,
    faults=(
        'where files are pieces of one recording and no table says so, a split tears it apart: '
        'name the recordings in the column group',
        'sounds under 1 s, below 5 kHz or mostly silent cannot be compared: only exact copies of '
        'them are found, and the prep says how many they are',
    ),
)
COLUMNS = ('group', 'target', 'part', 'file')
GROUP_FOLDS = {'unit': 'item', 'group': 'group', 'folds': 4}
GIVEN = {'unit': 'item', 'column': 'part', 'group': 'group', 'folds': 1}
LEAKY_SLICES = {'unit': 'slice', 'shares': [0.7, 0.15, 0.15], 'folds': 1}
TABLE = 'metadata.csv'
_WANTED = (
    'DIR/<class>/**/*.wav (or .mp3, .flac, .ogg, .au), two classes or more, or a table '
    f'(--table=CSV or DIR/{TABLE}) with the columns {", ".join(labels.COLUMNS)}'
)


def find(wish: Wish) -> Found:
    """Lists the sounds below the source, `limit` of each class.

    Raises:
        PrepError: there is none, the table is wrong, or no split can be made of what is there.
    """
    from data_prep.audio import EXTENSIONS

    root = files.folder(wish.source, CARD.name, _WANTED)
    walk = files.walk(root, EXTENSIONS)
    if not walk.paths:
        left_out = walk.left_out() or files.holds(root)
        raise PrepError(f'--source={root} holds no sound file ({left_out}); wanted: {_WANTED}')
    table = wish.table or (root / TABLE if (root / TABLE).is_file() else None)
    names = [files.name(root, path) for path in walk.paths]
    known, notes = labels.read(table, names) if table else ({}, [])
    entries = []
    for item, name, path in zip(files.ids(root, walk.paths), names, walk.paths, strict=True):
        of = known.get(name, labels.Known())
        label = of.label or name.partition('/')[0] * ('/' in name)
        columns = {'group': of.group or item, 'target': of.target, 'part': of.part, 'file': name}
        entries.append(Entry(item, label, str(path), columns))
    if not table:
        notes += _without_sound(root, names)
    entries, rejected, classes = _judged(root, entries, table)
    protocols, more = _protocols(entries)
    flac = sum(entry.path.lower().endswith('.flac') for entry in entries)
    if table and (silent := len(set(names) - set(known))):
        notes.append(f'{table.name}: files without a row: {silent}')
    return Found(
        files.few(entries, wish.limit, lambda entry: entry.label, 'group'),
        walk.rejected + rejected,
        classes=classes,
        protocols=protocols,
        default_protocol=next(iter(protocols)),
        content='flac' if 2 * flac >= len(entries) else 'audio',
        notes=(*notes, *more, *walk.notes(but=(table.suffix.lower(),) if table else ())),
    )


def load(entry: Entry):
    """Decodes one file."""
    from data_prep.audio import decode

    return decode(entry.path)


def _without_sound(root: Path, names: list[str]) -> list[str]:
    """A note on the folders that would be classes and hold no sound."""
    full = {name.partition('/')[0] for name in names if '/' in name}
    shown = (path for path in root.iterdir() if not path.name.startswith(('.', '__MACOSX')))
    empty = sorted({files.name(root, path) for path in shown if path.is_dir()} - full)
    return [f'folders without a sound, which are no classes: {", ".join(empty)}'] * bool(empty)


def _judged(
    root: Path, entries: list[Entry], table: Path | None
) -> tuple[list[Entry], list[Rejected], tuple[str, ...]]:
    """The entries that can be used, the others, and the classes; none of these for regression."""
    classes = tuple(sorted({entry.label for entry in entries} - {''}))
    targets = any(entry.columns['target'] for entry in entries)
    if all(name.lower() in labels.PARTS for name in classes):
        if classes and not targets:
            raise PrepError(
                f'{root} holds {", ".join(classes)}: parts of a split, no classes; name each '
                f'file, its label and its split in a table (--table=CSV or DIR/{TABLE})'
            )
        classes = ()
    if len(classes) > 1:
        where = f'no label in {table.name}, and in no folder' if table else 'in no class folder'
        bad = [Rejected(each.path, where) for each in entries if not each.label]
        return [each for each in entries if each.label], bad, classes
    if targets:
        usable = [each for each in entries if each.columns['target']]
        bad = [Rejected(each.path, 'no target') for each in entries if not each.columns['target']]
        plain = [Entry(each.item, '', each.path, each.columns) for each in usable]
        return plain, bad, ()
    seen = f'one class, {classes[0]!r}' if classes else f'{len(entries)} sounds and no class'
    inner = root / classes[0] if classes else root
    deeper = any('/' in files.name(inner, Path(each.path)) for each in entries) and classes
    hint = f'; or is --source={inner} meant?' if deeper else ''
    raise PrepError(f'--source={root} holds {seen}; wanted: {_WANTED}{hint}')


def _protocols(entries: list[Entry]) -> tuple[dict[str, Mapping[str, object]], list[str]]:
    """The splits that can be made, the default first; and what there is to say about them."""
    notes = []
    protocols: dict[str, Mapping[str, object]] = {}
    if any(entry.columns['part'] for entry in entries):
        notes += _given(entries)
        protocols['given'] = GIVEN
    groups = defaultdict(set)
    for entry in entries:
        groups[entry.label].add(entry.columns['group'])
    counts = {label: len(names) for label, names in sorted(groups.items())}
    if max(counts.values()) >= 3:
        # Train, valid and test are three parts at least.
        folds = max(3, min(4, *counts.values()))
        protocols['group_folds'] = GROUP_FOLDS | {'folds': folds}
    elif 'given' not in protocols:
        few = ', '.join(f'{label or "sounds"} {count}' for label, count in counts.items())
        raise PrepError(
            f'too few groups for a split ({few}), where a file without a group is its own: train, '
            'valid and test share none, so that a class wants three or more; add sounds'
        )
    protocols['leaky_slices'] = LEAKY_SLICES
    files_of = Counter(entry.label for entry in entries)
    if single := [label for label, count in sorted(files_of.items()) if count == 1]:
        notes.append(f'classes of a single file: {", ".join(single)}')
    cases = defaultdict(list)
    for label in counts:
        cases[label.casefold()].append(label)
    for alike in cases.values():
        if len(alike) > 1:
            notes.append(f'classes that differ in case alone: {", ".join(alike)}')
    return protocols, notes


def _given(entries: list[Entry]) -> list[str]:
    """Notes on the split of the table; raises PrepError where it is no split."""
    parts, sides = defaultdict(int), defaultdict(set)
    for entry in entries:
        parts[entry.columns['part']] += 1
        if entry.columns['part']:
            sides[entry.columns['group']].add(entry.columns['part'])
    if missing := [part for part in ('train', 'valid', 'test') if part not in parts]:
        raise PrepError(
            f'the column split has no {" and no ".join(missing)}: train learns, valid chooses the '
            'checkpoint, test is scored; give files to each, or leave the column out'
        )
    torn = sorted(group for group, on in sides.items() if len(on) > 1)
    if torn:
        raise PrepError(
            f'the column split tears {len(torn)} groups apart, the first {torn[0]!r} into '
            f'{" and ".join(sorted(sides[torn[0]]))}: give each group to one part'
        )
    if parts['']:
        return [f"files without a split, which protocol 'given' leaves out: {parts['']}"]
    return []


CORPUS = Corpus(
    card=CARD,
    label='class',
    classes=(),
    columns=COLUMNS,
    protocols={'group_folds': GROUP_FOLDS, 'leaky_slices': LEAKY_SLICES},
    default_protocol='group_folds',
    find=find,
    load=load,
)
