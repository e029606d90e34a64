"""The facts of a prepared corpus as lines for a terminal."""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from data_prep import splits
from data_prep.pages import wording
from data_prep.pages.facts import Facts, Grouping, named, quartiles
from data_prep.pages.folds import Protocol
from data_prep.pages.wording import many, plain

CLASSES = 12  # so many lines of them; the page has them all
BAD = 3  # so many bad files
WIDTH = 100
NAMES = 24  # characters of a name


def text(facts: Facts) -> list[str]:
    """The facts as lines of at most 100 columns; about 40 of them for ten classes."""
    blocks = (_head(facts), _classes(facts), _splits(facts), _content(facts), _card(facts))
    return [line.rstrip() for block in blocks for line in (*block, '')][:-1]


def _head(facts: Facts) -> Iterator[str]:
    yield from _wrapped(f'{facts.name}: {plain(facts.card.title)}')
    rates = [f'{rate:,} Hz' for rate in facts.rates_hz]
    parts = [many(len(facts.rows), 'record'), f'{facts.total.hours:,.2f} hours', *rates[:4]]
    parts += [f'{len(rates) - 4} more rates'] if len(rates) > 4 else []
    parts += [f'{wording.size(facts.bytes)} in {many(len(facts.manifest["files"]), "file")}']
    yield from _wrapped(', '.join([*parts, f'version {facts.manifest["version"]}']))
    if facts.manifest['limit']:
        yield f'a part only: prepared with --limit={facts.manifest["limit"]}'


def _classes(facts: Facts) -> Iterator[str]:
    """A line a class: records, hours, groups, and the parts of the default protocol's fold 0."""
    default = facts.protocols[0]
    parts = list(default.folds[0].counts) if default.folds else []
    head = [facts.manifest['label'] or 'of', 'records', 'hours']
    head += [wording.plural(default.group)] if default.group else []
    rows = [
        [
            plain(name, NAMES),
            f'{tally.records:,}',
            f'{tally.hours:,.2f}',
            *([f'{tally.groups:,}'] if default.group else []),
            *(f'{tally.parts[part]:,}' for part in parts),
        ]
        for name, tally in named(facts)
    ]
    if len(rows) > CLASSES + 1:
        more = [f'and {len(rows) - CLASSES - 1} more'] + [''] * (len(rows[0]) - 1)
        rows = [*rows[:CLASSES], more, rows[-1]]
    yield from _aligned([[*head, *(part or 'left out' for part in parts)], *rows])


def _splits(facts: Facts) -> Iterator[str]:
    """A line a protocol: the sizes of fold 0, and how much of its test is known from training."""
    folded = [protocol for protocol in facts.protocols if protocol.folds]
    parts = list(dict.fromkeys(part for each in folded for part in each.folds[0].counts))
    known = list(dict.fromkeys(name for each in folded for name in each.folds[0].known))
    rows = [['split', *(part or 'left out' for part in parts), *(f'{name} %' for name in known)]]
    for protocol in folded:
        fold = protocol.folds[0]
        mark = '*' if protocol is facts.protocols[0] else ''
        number = f' ({many(len(protocol.folds), "fold")})' if len(protocol.folds) > 1 else ''
        sizes = (f'{fold.records(part):,}' if part in fold.counts else '' for part in parts)
        shares = (wording.share(fold.known[name]) for name in known)
        rows.append([f'{protocol.name}{mark}{number}', *sizes, *shares])
    if folded:
        yield from _aligned(rows)
        yield '* taken unless another is named; fold 0 of each'
    if folded and known:
        yield from _wrapped(f'{", ".join(known)} %: share of test whose value is trained on')
    for protocol in facts.protocols:
        yield from map(plain, _faults(protocol))


def _faults(protocol: Protocol) -> Iterator[str]:
    """What makes a protocol less than it seems."""
    if not protocol.folds:
        yield from _wrapped(f'{protocol.name}: {protocol.words}')
        return
    fold = protocol.folds[0]
    empty = [part for part in splits.PARTS if not fold.records(part)]
    if empty:
        yield f'{protocol.name}: nothing is in {" and ".join(empty)}'
    lacking = [
        f'{many(len(names), "class")} in {part}'
        for part, names in fold.lacking.items()
        if part not in empty
    ]
    if lacking:
        yield f'{protocol.name}: lacks {", ".join(lacking)}'
    if fold.exact or fold.near:
        copies = f'{many(fold.exact, "exact pair")} and {many(fold.near, "near pair")}'
        yield f'{protocol.name}: {copies} of copies on two sides'


def _content(facts: Facts) -> Iterator[str]:
    least, *middle, most = map(wording.seconds, quartiles(facts.lengths_s))
    yield from _named('lengths', f'{least} to {most} s, quartiles {", ".join(middle)} s')
    for grouping in facts.groupings:
        yield from _named('groups', _group(grouping))
    kinds = [sum(pair.kind == kind for pair in facts.copies) for kind in ('exact', 'near')]
    yield from _named('copies', f'{many(kinds[0], "exact pair")}, {many(kinds[1], "near pair")}')
    if facts.rates_hz:
        worst = [f'{plain(item, NAMES)} {count:,}' for item, count in facts.clipped.items()]
        most = f'; most samples: {", ".join(worst[:3])}' if worst else ''
        yield from _named('clipped', many(len(worst), 'record') + most)
    yield from _named('bad files', f'{len(facts.rejected):,}')
    for path, reason in facts.rejected[:BAD]:
        yield from _named('', f'{plain(path, 40)}: {reason}')
    if len(facts.rejected) > BAD:
        yield f'{"":14}and {len(facts.rejected) - BAD} more, on the page'


def _group(grouping: Grouping) -> str:
    said = many(len(grouping.sizes), grouping.column)
    if grouping.sizes:
        name, size = next(iter(grouping.sizes.items()))
        half = quartiles(list(grouping.sizes.values()))[2]
        said += f', half of them with at most {many(int(half), "record")}, the largest '
        said += f'({plain(name, NAMES)}) with {size:,}'
    without = f'; {many(grouping.unknown, "record")} without' if grouping.unknown else ''
    return said + without


def _card(facts: Facts) -> Iterator[str]:
    """The card, a line a fact; the page has the whole words."""
    card = facts.card
    for number, fault in enumerate(card.faults):
        yield from _named('' if number else 'known faults', fault)
    yield from _named('licence', card.licence)
    yield from _named('source', card.source)
    yield from _named('cite', card.citation)
    yield from _named('fingerprint', facts.manifest['fingerprint'])


def _named(name: str, said: str) -> Iterator[str]:
    yield name.ljust(14) + _cut(said, WIDTH - 14)


def _cut(said: str, most: int) -> str:
    shown = plain(said)
    if _columns(shown) <= most:
        return shown
    while _columns(shown) > most - 3:
        shown = shown[:-1]
    return f'{shown.rstrip()}...'


def _wrapped(said: str) -> Iterator[str]:
    return iter(textwrap.wrap(said, WIDTH))


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [first + ' ' * (widths[0] - _columns(first))]
        for cell, width in zip(rest, widths[1:], strict=True):
            cells.append(' ' * (width - _columns(cell)) + cell)
        yield '  '.join(cells)


def _columns(shown: str) -> int:
    """How wide a terminal shows it: East Asian letters take two columns, marks on others none."""
    marks = sum(unicodedata.category(char) in ('Mn', 'Me', 'Cf') for char in shown)
    return len(shown) - marks + sum(unicodedata.east_asian_width(char) in 'WF' for char in shown)
