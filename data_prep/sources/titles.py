"""The title that a score file gives itself, from its first lines: nothing is parsed."""

import html
import re
import zipfile
from pathlib import Path

_HEAD_BYTES = 64 * 1024
_PATTERNS = {
    '.abc': r'(?m)^T:[ \t]*(.+?)\s*$',
    '.krn': r'(?m)^!!!(?:OPR|OTL)[^:\n]*:[ \t]*(.+?)\s*$',
    'xml': r'(?s)<(?:work-title|movement-title)>\s*(.+?)\s*</',
}


def title(path: Path, text: str = '') -> str:
    """The title in a file's metadata; '' where it has none that can be read.

    Of a movement it is that of the work as well: 'Missa brevis, Kyrie'. Of an ABC tune with
    several titles it is the first.

    MIDI files have none: the names of their tracks are those of instruments as often.

    Args:
        path: a score.
        text: one tune of it, for ABC; '' takes the file's first.
    """
    suffix = path.suffix.lower()
    if suffix in ('.mid', '.midi'):
        return ''
    found = re.findall(_PATTERNS.get(suffix, _PATTERNS['xml']), text or _head(path))
    found = [html.unescape(' '.join(each.split())) for each in found]
    found = list(dict.fromkeys(found))[: 1 if suffix == '.abc' else None]
    return ', '.join(found).removesuffix(path.suffix)  # some programs give the file's name


def _head(path: Path) -> str:
    try:
        if path.suffix.lower() != '.mxl':
            with path.open('rb') as file:
                return file.read(_HEAD_BYTES).decode('utf-8', 'replace')
        with zipfile.ZipFile(path) as archive:
            scores = [name for name in archive.namelist() if not name.startswith('META-INF/')]
            for name in [each for each in scores if each.endswith(('.xml', '.musicxml'))][:1]:
                with archive.open(name) as file:
                    return file.read(_HEAD_BYTES).decode('utf-8', 'replace')
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return ''  # reading the notes will say what is wrong with the file
    return ''
