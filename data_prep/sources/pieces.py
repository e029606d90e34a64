"""Which names are those of one piece: a rule for the variants of a tune.

Of a name its words count, whatever their case, accents and punctuation, without articles. At its
end, as often as they stand there, these are left out:

    copies        'Title.1' (one or two digits, after none), 'Title (2)', 'Title - Copy'
    versions      'title_v2', 'Title version 3', 'Title take 2'
    arrangements  'Title (arr. Somebody)', 'Title - Karaoke', 'title_piano', 'Title [live]'
    keys          'Title (in G)', 'Title - B flat minor'

and at its start a number that is set off ('01 - Title'). A bare number or a key after 'in' is left
out where the name without it is there too: 'Title 2' beside 'Title', but not 'Study 1' beside
'Study 2'. Numbers of a catalogue stay ('Op. 9', 'K.5'). Names that say nothing ('track03',
'Untitled', 'Allegro', '001') make no two files one piece.

The rule takes two pieces for one rather than one for two: that coarsens a split, this leaks.
"""

import re
import unicodedata
from collections.abc import Sequence

_ARTICLES = {'a', 'an', 'the'}
_EMPTY = re.compile(
    r'(?:file|midi|music|new|noname|piano|piece|score|song|title|track|tune|unknown|unnamed|'
    r'untitled|adagio|allegretto|allegro|andante|andantino|aria|chorale|etude|finale|fugue|largo|'
    r'lento|madrigal|mazurka|menuet|menuetto|minuet|minuetto|moderato|movement|mvt|nocturne|presto|'
    r'prelude|quartet|rondo|scherzo|sonata|sonatina|symphony|trio|vivace|waltz|agnus|benedictus|'
    r'credo|dei|gloria|hosanna|kyrie|sanctus|i|ii|iii|iv|v|vi|vii)?\d*'
)
_KEY = r'[a-h](?:[b#♭♯]|[ -]?flat|[ -]?sharp|is|es)?[ -]?(?:m|min|minor|moll|maj|major|dur)?'
_VERSION = r'(?:v|ver|version|take|alt)[ .]*\d+|copy(?: \d+)?'
_ARRANGED = (
    r'acoustic|alternate|arr|arranged|arrangement|chords|cover|demo|duet|duo|easy|extended|full|'
    r'guitar|instrumental|kar|karaoke|lead sheet|live|melody|mix|orchestra|orchestral|original|'
    r'piano|quartet|remastered|remix|short|simple|simplified|solo|transposed|trio|unplugged|'
    r'version|vocal|vocals'
)
_MARK = re.compile(rf'(?:in )?{_KEY}|{_VERSION}|(?:.*\b)?(?:{_ARRANGED})\b.*')
_CATALOGUE = re.compile(r'(?:^|\W)(?:op|no|nr|k|kv|bwv|hob|hwv|rv|d|s|woo|book|part|vol)\.?$')
_COPY = re.compile(rf'[\s.-]+(?:{_VERSION})$')


def pieces(names: Sequence[str]) -> list[str]:
    """The piece that each of these names is of; '' where the name says nothing."""
    keys = [_key(name) for name in names]
    known = set(keys)
    bare = [re.sub(rf' (?:\d+|in {_KEY})$', '', key) for key in keys]
    return [
        short if short in known and not _CATALOGUE.search(short) else key
        for key, short in zip(keys, bare, strict=True)
    ]


def _key(name: str) -> str:
    name = unicodedata.normalize('NFKC', name).casefold().replace('_', ' - ').strip()
    while (shorter := _without_mark(name)) and shorter != name:
        name = shorter
    name = re.sub(r'^\d{1,3}(?:\s*[.)]|\s+-)\s*(?=[^\W\d])', '', name)
    plain = unicodedata.normalize('NFKD', name.replace("'", '').replace('’', ''))
    plain = ''.join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.findall(r'[^\W_]+', plain)
    words = [word for word in words if word not in _ARTICLES] or words
    if all(_EMPTY.fullmatch(word) for word in words):
        return ''
    return ' '.join(words)


def _without_mark(name: str) -> str:
    """The name without the last of its marks, if it ends in one."""
    set_off = re.search(r'\s*[(\[{]([^()\[\]{}]*)[)\]}]$', name)
    if set_off and (set_off[1].strip().isdigit() or _MARK.fullmatch(set_off[1].strip())):
        return name[: set_off.start()]
    set_off = re.search(r'\s+-+\s+(\S(?:(?!\s-+\s).)*)$', name)
    if set_off and _MARK.fullmatch(set_off[1]):
        return name[: set_off.start()]
    if copy := _COPY.search(name):
        return name[: copy.start()]
    number = re.search(r'(?<!\d)\.\d{1,2}$', name)
    if number and not _CATALOGUE.search(name[: number.start()]):
        return name[: number.start()]
    return name.strip()
