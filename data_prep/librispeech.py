"""LibriSpeech: 1,000 hours of read English with transcripts, in seven subsets.

Any subsets there are get prepared together; what is longer or shorter than an experiment wants is
for the experiment to leave out. A folder of one's own in the same layout is taken like a subset.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from data_prep.cards import Archive, Card, Corpus, Entry, Found, Rejected, Wish
from data_prep.errors import PrepError
from data_prep.sources import files
from data_prep.sources.transcripts import Transcripts

# Sizes and MD5 as in https://www.openslr.org/resources/12/md5sum.txt, held against those that
# NVIDIA's DeepLearningExamples (Jasper) and TensorFlow Datasets (sizes) publish.
_ARCHIVES = {
    'dev-clean': (337_926_286, '42e2234ba48799c1f50f24a7926300a1'),
    'dev-other': (314_305_928, 'c8d0bcc9cca99d4f8b62fcc847357931'),
    'test-clean': (346_663_984, '32fa31d27d2e1cad72775fee3f4849a9'),
    'test-other': (328_757_843, 'fb5a50374b501bb3bac4815ee91d3135'),
    'train-clean-100': (6_387_309_499, '2a93770f6d5c6c964bc36631d331a522'),
    'train-clean-360': (23_049_477_885, 'c0e676e450a7ff2f54aeade5171606fa'),
    'train-other-500': (30_593_501_606, 'd1a0fd59409feb2c614ce4d30c387708'),
}
CARD = Card(
    name='librispeech',
    title='LibriSpeech: read English, 982 hours in seven subsets, with transcripts',
    description=(
        'Audiobooks of LibriVox read by 2,484 volunteers, cut into utterances of up to 35 s at '
        '16 kHz and aligned with the text of Project Gutenberg: upper case, without punctuation. '
        'Hours: train-clean-100 101, train-clean-360 364, train-other-500 497, each of dev and '
        'test 5. No speaker is in two subsets. train-clean-100 alone is 6.4 GB.'
    ),
    citation=(
        'V. Panayotov, G. Chen, D. Povey and S. Khudanpur. Librispeech: an ASR corpus based on '
        'public domain audio books. ICASSP, 2015.'
    ),
    licence='CC BY 4.0',
    source='https://www.openslr.org/12',
    size_bytes=61_400_000_000,
    faults=(
        'clean and other were told apart by the word errors of a recogniser, speaker by speaker: '
        'a rough measure of recording and accent',
        'the audio went through MP3 before it became FLAC',
        'a language model trained on all of Project Gutenberg has read the books of dev and test',
        'the sex of a speaker is as the makers of the corpus noted it',
    ),
    archives={
        subset: Archive(
            url=f'https://www.openslr.org/resources/12/{subset}.tar.gz',
            filename=f'{subset}.tar.gz',
            size_bytes=size_bytes,
            md5=md5,
        )
        for subset, (size_bytes, md5) in _ARCHIVES.items()
    },
)
COLUMNS = ('transcript', 'speaker', 'chapter', 'sex', 'subset', 'part')
OFFICIAL = {'unit': 'item', 'column': 'part', 'group': 'speaker', 'folds': 1}
SPEAKER_FOLDS = {'unit': 'item', 'group': 'speaker', 'folds': 4}
_PARTS = {'train': 'train', 'dev': 'valid', 'test': 'test'}
_WANTED = '<subset>/<speaker>/<chapter>/*.flac beside *.trans.txt'


def find(wish: Wish) -> Found:
    """Lists the utterances of all subsets at or below the source, `limit` of each.

    Raises:
        PrepError: there is none; or neither train, dev and test are there nor three speakers.
    """
    root = files.folder(wish.source, CARD.name, _WANTED)
    walk = files.walk(root, ('.flac', '.trans.txt'))
    sounds = [path for path in walk.paths if path.suffix.lower() == '.flac']
    if not sounds:
        left_out = walk.left_out() or files.holds(root)
        raise PrepError(f'--source={root} holds no .flac ({left_out}); wanted: {_WANTED}')
    transcripts = Transcripts(path for path in walk.paths if path.suffix.lower() == '.txt')
    sexes, notes = _sexes({_home(path) for path in sounds})
    entries: dict[str, Entry] = {}
    rejected = walk.rejected + transcripts.rejected
    for path in sounds:
        entry = _entry(path, transcripts, sexes)
        if not entry.columns['transcript']:
            rejected.append(Rejected(str(path), f'no transcript in {path.parent.name}/*.trans.txt'))
        elif entry.item in entries:
            rejected.append(Rejected(str(path), f'is named like {entries[entry.item].path}'))
        else:
            entries[entry.item] = entry
    if not entries:
        raise PrepError(f'--source={root}: no .flac has a transcript; wanted: {_WANTED}')
    taken = list(entries.values())
    protocols = _protocols(taken)
    return Found(
        files.few(taken, wish.limit, lambda entry: entry.columns['subset'], 'speaker'),
        rejected,
        protocols=protocols,
        default_protocol=next(iter(protocols)),
        notes=(
            *notes,
            *_lacking(protocols),
            *transcripts.notes(),
            *walk.notes(but=('.txt',)),  # every copy has README.TXT and its like
        ),
    )


def _lacking(protocols: Mapping[str, object]) -> tuple[str, ...]:
    if 'official' in protocols:
        return ()
    return ("no split 'official': it wants subsets of train, dev and test, and one is not there",)


def load(entry: Entry):
    """Decodes one utterance."""
    from data_prep.audio import decode

    return decode(entry.path)


def _home(path: Path) -> Path:
    """Where the folder of a subset lies: four above the sound, as seen from the file's root."""
    return path.absolute().parent.parent.parent.parent


def _entry(path: Path, transcripts: Transcripts, sexes: Mapping[str, str]) -> Entry:
    below = files.name(_home(path), path.absolute()).split('/')
    subset, speaker, chapter, file = ['', '', '', *below][-4:]
    stem = file[: -len(path.suffix)]
    columns = {
        'transcript': transcripts.take(path.parent, stem),
        'speaker': speaker,
        'chapter': chapter,
        'sex': sexes.get(speaker, ''),
        'subset': subset,
        'part': _PARTS.get(re.split('[-_.]', subset.lower())[0], ''),
    }
    item = stem if stem.startswith(f'{speaker}-{chapter}-') else f'{speaker}-{chapter}-{stem}'
    return Entry(item, '', str(path), columns)


def _sexes(folders: set[Path]) -> tuple[dict[str, str], list[str]]:
    """Speaker to 'F' or 'M', from SPEAKERS.TXT beside the subsets; and what to say about it."""
    sexes, notes = {}, []
    for folder in sorted(folders):
        path = folder / 'SPEAKERS.TXT'
        try:
            lines = path.read_text(encoding='utf-8', errors='replace').splitlines()
        except OSError:
            notes.append(f'{path} is not there: the sex of those speakers is not known')
            continue
        for line in lines:
            fields = [field.strip() for field in line.split('|')]
            if not line.startswith(';') and len(fields) > 1:
                sexes[fields[0]] = fields[1] if fields[1] in ('F', 'M') else ''
    return sexes, notes


def _protocols(entries: list[Entry]) -> dict[str, Mapping[str, object]]:
    parts = {entry.columns['part'] for entry in entries}
    speakers = {entry.columns['speaker'] for entry in entries}
    protocols: dict[str, Mapping[str, object]] = {}
    if parts >= set(_PARTS.values()):
        protocols['official'] = OFFICIAL
    if len(speakers) >= 3:  # a fold of its own each for train, valid and test
        protocols['speaker_folds'] = SPEAKER_FOLDS | {'folds': min(4, len(speakers))}
    if not protocols:
        raise PrepError(
            f'speakers: {len(speakers)}; wanted are 3 or more (train, valid and '
            'test share none), or subsets of train, dev and test: add another subset'
        )
    return protocols


CORPUS = Corpus(
    card=CARD,
    label='',
    classes=(),
    columns=COLUMNS,
    protocols={'official': OFFICIAL, 'speaker_folds': SPEAKER_FOLDS},
    default_protocol='official',
    find=find,
    load=load,
    content='flac',
    records_per_shard=256,
)
