"""The length that a sound file declares against the bytes it has.

Decoders read a file that was cut short without a complaint, so its headers are asked first.
Formats: RIFF/WAVE (Microsoft and IBM, 1991), Sun audio (.au), Ogg (RFC 3533, section 6), and the
Xing/Info block of MPEG audio. FLAC is left to its decoder, which does complain. An MP3 without an
Info block declares no length: a cut there cannot be seen.
"""

import os
import struct

_UNKNOWN = 0xFFFFFFFF  # what a writer to a pipe puts for a length it does not know yet


def shortfall(path: str) -> str:
    """Says in one phrase how a file is shorter than it declares; '' where it is whole.

    Raises:
        OSError: the file cannot be read.
    """
    size = os.path.getsize(path)
    with open(path, 'rb') as file:
        head = file.read(12)
        if head[:4] == b'RIFF' and head[8:12] == b'WAVE':
            wanted = _wav_end(file)
        elif head[:4] == b'.snd' and len(head) == 12:
            offset, length = struct.unpack('>II', head[4:])
            wanted = None if length == _UNKNOWN else offset + length
        elif head[:4] == b'OggS':
            return '' if _ogg_ends(file, size) else 'cut short: the last Ogg page is missing'
        else:
            wanted = _mp3_end(file)
    if wanted is None or wanted <= size:
        return ''
    return f'cut short: {wanted} bytes declared, {size} there'


def _wav_end(file) -> int | None:
    while len(chunk := file.read(8)) == 8:
        name, length = chunk[:4], int.from_bytes(chunk[4:], 'little')
        if name == b'data':
            return None if length == _UNKNOWN else file.tell() + length
        file.seek(length + length % 2, os.SEEK_CUR)  # chunks start at even offsets
    return None


def _ogg_ends(file, size: int) -> bool:
    file.seek(max(0, size - 2**17))  # a page has at most 65,307 bytes
    tail = file.read()
    start = tail.rfind(b'OggS')
    header = tail[start : start + 27]
    if start < 0 or len(header) < 27:
        return False
    lacing = tail[start + 27 : start + 27 + header[26]]
    last_page = bool(header[5] & 4)
    return (
        last_page
        and len(lacing) == header[26]
        and start + 27 + header[26] + sum(lacing) <= len(tail)
    )


def _mp3_end(file) -> int | None:
    file.seek(0)
    tag = file.read(10)
    start = 0
    if tag[:3] == b'ID3' and len(tag) == 10:
        start = 10 + (tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9])
    file.seek(start)
    frame = file.read(200)
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return None
    at = max(frame.find(b'Xing'), frame.find(b'Info'))
    if at < 0 or len(frame) < at + 16:
        return None
    flags = int.from_bytes(frame[at + 4 : at + 8], 'big')
    if not flags & 2:
        return None
    at += 8 + (4 if flags & 1 else 0)
    return start + int.from_bytes(frame[at : at + 4], 'big')
