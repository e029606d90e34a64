"""Which records are copies of one another: the same content, or nearly, by `data_prep.sketches`.

Near copies of recordings are found as in Haitsma and Kalker, "A Highly Robust Audio Fingerprinting
System" (ISMIR 2002, sections 4.1 and 5): an index over words gives the places where two recordings
may be one, and the share of bits that differ over all of their overlap decides. Pieces are near
copies where one holds a third of the shapes of the other: settings of one tune are such.
"""

import typing
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int32, Int64, UInt32

from data_prep.joining import joined
from data_prep.sketches import SILENT

Sketch = UInt32[np.ndarray, '...']
Found = list[tuple[int, int, float]]  # two places, the lower one first, and their similarity

# Recordings. An overlap is long enough with so many words, 4 s, or with so much of the shorter
# recording, but never below the last figure, 1 s. Recordings that lie on each other whole, with no
# more than `_APART` words over at either end, need but `_FEWEST`, where `most_errors` is 0.075: of
# eight words no more than a fortieth of the bits could differ, and no coding is so good.
_ENOUGH, _SHARE, _LEAST = 64, 0.6, 16
_FEWEST, _APART = 10, 3
_TURNS = (0, 16)  # of a word to the left, before its upper bits are taken as a key
_KEY_BITS = (16, 24)  # least and most; in between so many that four times the words find room
_NEIGHBOURS = 8  # looked at among equal keys: a word that all recordings share costs no more
# Words around a hit that must look alike too, before whole overlaps are compared: a few, then more.
_AROUND = (-6, -3, 3, 6), (-8, -7, -5, -4, -2, 2, 4, 5, 7, 8)
_LOOKS_ALIKE = 0.36  # share of bits that differ

# Pieces.
_CONTAINED = 0.35
_SHAPES = 8  # that both have, at least
_OWNERS = 64  # a shape that more pieces have is a scale or a repeated note, and tells nothing


class Pair(typing.NamedTuple):
    """Two items that are copies.

    Attributes:
        a, b: the items, in the order in which they were given.
        kind: 'exact' or 'near'.
        similarity: 1.0 if exact; of recordings the share of equal bits in their overlap; of pieces
            the share of the shapes of the one that has fewer which the other has too.
    """

    a: str
    b: str
    kind: str
    similarity: float


class Copies(typing.NamedTuple):
    """What hangs together.

    Attributes:
        names: one an item: the first item of its cluster, '' where it is alone.
        pairs: exact duplicates with the first of them, then near copies among those first ones. Of
            many copies of one recording each is named with a few others.
    """

    names: list[str]
    pairs: list[Pair]


def clusters(
    items: Sequence[str], hashes: Sequence[str], sketches: Sequence[Sketch], kind: str
) -> Copies:
    """Finds copies.

    Args:
        items: unique names.
        hashes: equal where the content is.
        sketches: as `data_prep.sketches` makes them.
        kind: of content, as in `data_prep.contents.KINDS`.
    """
    first = {}
    for place, name in enumerate(hashes):
        first.setdefault(name, place)
    places = enumerate(hashes)
    exact: Found = [(first[name], place, 1.0) for place, name in places if first[name] < place]
    rows = list(first.values())
    compare = _pieces if kind == 'notes' else _recordings
    near: Found = [
        (rows[a], rows[b], alike) for a, b, alike in compare([sketches[row] for row in rows])
    ]
    keys = [[] for _ in items]
    for number, (a, b, _) in enumerate(exact + near):
        keys[a].append(number)
        keys[b].append(number)
    tops = joined(keys)
    names = [items[top] if mine else '' for top, mine in zip(tops, keys, strict=True)]
    pairs = [
        Pair(items[a], items[b], label, alike)
        for label, found in {'exact': exact, 'near': near}.items()
        for a, b, alike in sorted(found)
    ]
    return Copies(names, pairs)


def most_errors(words: int) -> float:
    """Share of bits, in [0, 0.5), below which two stretches of so many words are one.

    At most 0.35, as in the paper. The bits of different sounds differ in one half of the places,
    with a standard deviation of 0.8 / sqrt(bits) in speech, music and bird song, 1.6 times that of
    independent bits: a short overlap must stay nine and a half of them away from one half.
    """
    return min(0.35, 0.5 - 9.5 * 0.8 / (32 * max(words, 1)) ** 0.5)


def uncompared(sketches: Sequence[Sketch], kind: str) -> int:
    """How many items hold too little for a near copy of the same length to be found.

    Of sound: under 1 s, below `data_prep.sketches.LOWEST_RATE_HZ`, or mostly silent or unchanging;
    of pieces: fewer than eight shapes. Arguments as of `clusters`.
    """
    if kind == 'notes':
        return sum(len(sketch) < _SHAPES for sketch in sketches)
    heard = (int((sketch != SILENT).sum()) for sketch in sketches)
    return sum(
        words < max(_FEWEST, min(_ENOUGH, _SHARE * len(sketch)))
        for words, sketch in zip(heard, sketches, strict=True)
    )


def _recordings(sketches: Sequence[Sketch]) -> Found:
    found = {}
    for a, b, offset in _candidates(sketches):
        alike = _similarity(sketches[a], sketches[b], offset)
        if alike is not None:
            found[a, b] = max(alike, found.get((a, b), 0.0))
    return [(a, b, alike) for (a, b), alike in found.items()]


def _similarity(one: Sketch, other: Sketch, offset: int) -> float | None:
    """Share of equal bits with word i of `other` on word i + offset of `one`; None: no copy."""
    here, there = one[max(0, offset) :], other[max(0, -offset) :]
    words = min(len(here), len(there))
    here, there = here[:words], there[:words]
    heard = (here != SILENT) & (there != SILENT)
    words = int(heard.sum())
    ends = abs(offset), abs(offset + len(other) - len(one))
    least = _FEWEST if max(ends) <= _APART else _LEAST
    if words < max(least, min(_ENOUGH, _SHARE * min(len(one), len(other)))):
        return None
    errors = int(np.bitwise_count((here ^ there)[heard]).sum()) / (32 * words)
    return 1 - errors if errors < most_errors(words) else None


def _candidates(sketches: Sequence[Sketch]) -> Iterator[tuple[int, int, int]]:
    """Two recordings, the first one first, and the offset at which they may be one."""
    lengths = np.array([len(sketch) for sketch in sketches], np.int64)
    edge = np.full(max(abs(step) for steps in _AROUND for step in steps), SILENT, np.uint32)
    words = np.concatenate([edge, *sketches, edge])
    begins = len(edge) + np.cumsum(lengths) - lengths
    owners = np.full(len(words), -1, np.int32)
    owners[len(edge) : len(words) - len(edge)] = np.repeat(np.arange(len(lengths)), lengths)
    found: list[np.ndarray] = [np.zeros((0, 3), np.int64)]
    for a, b in _hits(words, owners):
        errors = np.zeros(len(a), np.int64)
        bits = np.zeros(len(a), np.int64)
        for steps in _AROUND:
            for step in steps:
                here, there = a + step, b + step
                both = (owners[here] == owners[a]) & (owners[there] == owners[b])
                errors += both * np.bitwise_count(words[here] ^ words[there])
                bits += both * 32
            likely = errors <= _LOOKS_ALIKE * bits
            a, b, errors, bits = a[likely], b[likely], errors[likely], bits[likely]
        offsets = (a - begins[owners[a]]) - (b - begins[owners[b]])
        found.append(np.stack([owners[a], owners[b], offsets], axis=1))
    yield from np.unique(np.concatenate(found), axis=0).tolist()


def _hits(
    words: UInt32[np.ndarray, ' words'], owners: Int32[np.ndarray, ' words']
) -> Iterator[tuple[Int64[np.ndarray, ' hits'], Int64[np.ndarray, ' hits']]]:
    """Places of equal keys in different recordings: a bounded number for each place."""
    places = np.flatnonzero(words != SILENT).astype(np.uint64)
    bits = min(max(_KEY_BITS[0], len(places).bit_length() + 1), _KEY_BITS[1])
    for turn in _TURNS:
        turned = words[places] << np.uint32(turn) | words[places] >> np.uint32(32 - turn)
        keys = (turned >> np.uint32(32 - bits)).astype(np.uint64)
        ordered = np.sort(keys << np.uint64(32) | places)
        keys = (ordered >> np.uint64(32)).astype(np.uint32)
        at = (ordered & np.uint64(0xFFFFFFFF)).astype(np.int64)
        first = np.ones(len(at), bool)  # of its key in its recording
        first[1:] = (keys[1:] != keys[:-1]) | (owners[at[1:]] != owners[at[:-1]])
        keys, at = keys[first], at[first]
        for away in range(1, _NEIGHBOURS + 1):
            same = np.flatnonzero(keys[away:] == keys[:-away])
            yield at[same], at[same + away]


def _pieces(sketches: Sequence[Sketch]) -> Found:
    sizes = [len(sketch) for sketch in sketches]
    packed = np.zeros(sum(sizes), np.uint64)
    end = 0
    for owner, sketch in enumerate(sketches):
        packed[end : end + len(sketch)] = sketch.astype(np.uint64) << 32 | owner
        end += len(sketch)
    packed.sort()
    shapes = (packed >> np.uint64(32)).astype(np.uint32)
    twice = shapes[1:] == shapes[:-1]
    shared = np.zeros(len(shapes), bool)
    shared[1:] |= twice
    shared[:-1] |= twice
    packed, shapes = packed[shared], shapes[shared]
    owners = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    _, counts = np.unique(shapes, return_counts=True)
    telling = np.repeat(counts <= _OWNERS, counts)
    shapes, owners = shapes[telling], owners[telling]
    pairs = [np.zeros(0, np.int64)]
    for away in range(1, _OWNERS):
        same = np.flatnonzero(shapes[away:] == shapes[:-away])
        pairs.append(owners[same] * len(sizes) + owners[same + away])
    pairs, counts = np.unique(np.concatenate(pairs), return_counts=True)
    found = []
    for a, b in zip(*np.divmod(pairs[counts >= _SHAPES], max(len(sizes), 1)), strict=True):
        common = len(np.intersect1d(sketches[a], sketches[b], assume_unique=True))
        alike = common / min(sizes[a], sizes[b])
        if alike >= _CONTAINED:
            found.append((int(a), int(b), alike))
    return found
