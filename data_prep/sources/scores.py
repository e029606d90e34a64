"""The scores that the music21 package carries, by collection, and which of them are one work.

Two scores belong to one work if they share a key. Each collection has its own rule for keys; to
these comes the opening of the top line, the same in any transposition.
"""

import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data_prep.joining import joined
from data_prep.sources import score_files

_OPENING = 8  # notes of the top line that tell a melody

# Madrigals in several parts, by book and number.
_CYCLES = (
    ('3.8', '3.9', '3.10'),
    ('3.15', '3.16', '3.17'),
    ('3.19', '3.20'),
    ('4.6', '4.7'),
    ('5.4', '5.5', '5.6', '5.7', '5.8'),
)
_DANCES = 'reel|hornpipe|slipjig|jig|strathspey|clog|fling|favorite|lancashire|the'


@dataclasses.dataclass(frozen=True)
class Score:
    """Where a score is.

    Attributes:
        item: unique id.
        style: its class.
        title: as its source has it, or ''.
        file: within the corpus folder.
        keys: what makes it one work with others.
        tune: number within a file that holds several tunes, or ''.
    """

    item: str
    style: str
    title: str
    file: str
    keys: frozenset[str]
    tune: str = ''


def root() -> Path:
    """The corpus folder of the installed music21."""
    import music21

    return Path(music21.__file__).parent / 'corpus'


def chorales() -> Iterator[Score]:
    """Bach's: one work are those of one cantata or passion, and those of one hymn by its title."""
    titles = _chorale_titles()
    for path in (root() / 'bach').glob('bwv*.mxl'):
        number = int(re.sub(r'bwv(\d+).*', r'\1', path.stem))
        if number <= 438:  # above are no chorales
            title = titles.get(path.stem[3:], '')
            yield _score('chorale', path, title, {f'bwv{number}', _letters(title)})


def airs() -> Iterator[Score]:
    """O'Neill's 1-350, the slow songs of the collection: one work are settings of one title."""
    for path in (root() / 'oneills1850').glob('0[0-3]*.abc'):
        for number, text in _tunes(path):
            title = _abc_title(text)
            if int(number) <= 350:
                yield _score('air', path, title, {_letters(title)}, number)


def fiddle_tunes() -> Iterator[Score]:
    """Ryan's: one work are tunes of one name, whatever dance they were made into."""
    for path in (root() / 'ryansMammoth').glob('*.abc'):
        words = re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', path.stem).lower()
        name = _letters(re.sub(rf'\b({_DANCES})\b', ' ', words))
        yield _score('fiddle', path, words, {name})


def madrigals() -> Iterator[Score]:
    """Monteverdi's, books 3 to 5: one work are the parts of one cycle."""
    cycle = {part: parts[0] for parts in _CYCLES for part in parts}
    for path in (root() / 'monteverdi').glob('madrigal.*.mxl'):
        number = path.stem.removeprefix('madrigal.')
        if re.fullmatch(r'\d+\.\d+', number):  # others are older states of the same file
            yield _score('madrigal', path, '', {cycle.get(number, number)})


def masses() -> Iterator[Score]:
    """Palestrina's: one work are all movements and sections of one mass."""
    for path in (root() / 'palestrina').glob('*.krn'):
        head = path.read_text(encoding='utf-8', errors='replace')[:2000]
        mass = re.search(r'^!!!OPR:\s*(.+?)\s*$', head, re.MULTILINE)
        if mass:
            yield _score('mass', path, mass[1], {_letters(mass[1])})


def trecento() -> Iterator[Score]:
    """One work are versions under one number of the edition, and those of one full title."""
    for path in (root() / 'trecento').glob('*.xml'):
        place = re.match(r'PMFC_\d+[-_]([A-Z][a-z]+[-_])?\d+', path.stem)
        words = re.findall(r'[A-Za-z]{2,}', re.sub('PMFC|_bak', '', path.stem))
        keys = {place[0]} if place else set()
        if len(words) >= 3:  # 'Gloria' or 'Credo Ciconia' name many works
            keys.add(' '.join(words).lower())
        yield _score('trecento', path, ' '.join(words), keys)


COLLECTIONS = {
    'air': airs,
    'chorale': chorales,
    'fiddle': fiddle_tunes,
    'madrigal': madrigals,
    'mass': masses,
    'trecento': trecento,
}


def choose(scores: Iterator[Score], count: int) -> list[Score]:
    """`count` scores, one of each work before a second of any; drawn by the hash of their names."""
    ranked = sorted(scores, key=lambda score: hashlib.sha256(score.item.encode()).digest())
    turns = {}
    seen = {}
    for score, work in zip(ranked, joined([score.keys for score in ranked]), strict=True):
        turns[score.item] = seen[work] = seen.get(work, -1) + 1
    ranked.sort(key=lambda score: turns[score.item])
    return sorted(ranked[:count], key=lambda score: score.item)


def read(score: Score) -> Float[np.ndarray, 'notes 3'] | str:
    """Notes of a score: onset and length in quarters, MIDI pitch; or why it cannot be read.

    Sorted by onset, then pitch, highest first. Ties are joined, grace notes and chord symbols are
    left out, repeats are played once.
    """
    from music21 import exceptions21

    path = root() / score.file
    try:
        if score.tune:
            parsed = score_files.parse_tune(dict(_tunes(path))[score.tune])
        else:
            parsed = score_files.parse(path)
        notes = [
            (note.onset, note.length, float(note.pitch))
            for part in score_files.parts(parsed)
            for note in score_files.sounding(part)
            if note.length > 0 and not note.percussion
        ]
    except (exceptions21.Music21Exception, ValueError, AttributeError, KeyError) as error:
        return f'music21 cannot read it ({type(error).__name__}: {error})'
    if not notes:
        return 'no notes'
    return np.array(sorted(notes, key=lambda note: (note[0], -note[2])), dtype=np.float64)


def opening(style: str, notes: Float[np.ndarray, 'notes 3']) -> str:
    """A key of the first intervals of the top line, the same in every transposition."""
    first = np.unique(notes[:, 0], return_index=True)[1][:_OPENING]
    return f'{style} {np.diff(notes[first, 2]).astype(int).tolist()}'


def _score(style: str, path: Path, title: str, keys: set[str], tune: str = '') -> Score:
    stem = path.stem.removeprefix(f'{style}.')
    name = f'{int(tune):04d}' if tune else re.sub(r'[^A-Za-z0-9.]+', '_', stem).strip('_')
    own = frozenset(f'{style} {key}' for key in keys if key)
    file = f'{path.parent.name}/{path.name}'
    return Score(f'{style}.{name}', style, title.strip(), file, own, tune)


def _letters(text: str) -> str:
    plain = unicodedata.normalize('NFKD', text).lower()
    return ''.join(re.findall(r'[a-z]+', plain))


def _tunes(path: Path) -> Iterator[tuple[str, str]]:
    for tune in score_files.tunes(path)[1]:
        yield re.sub(r'(?s)X:\s*(\d+).*', r'\1', tune), tune


def _abc_title(text: str) -> str:
    title = re.search(r'^T:\s*(.+?)\s*$', text, re.MULTILINE)
    return title[1] if title else ''


def _chorale_titles() -> dict[str, str]:
    from music21.corpus import chorales as lists

    known = [*lists.ChoraleList().byBWV.values(), *lists.ChoraleListRKBWV().byBWV.values()]
    return {str(entry['bwv']): entry['title'] for entry in known}
