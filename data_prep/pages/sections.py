"""What a page says of a corpus from its manifest and tables: card, classes, splits, faults."""

from collections.abc import Iterator, Sequence

from data_prep.pages import charts, wording
from data_prep.pages.blocks import ROWS, bullets, chart, pairs, table
from data_prep.pages.facts import Facts, named
from data_prep.pages.folds import LEFT_OUT, Fold, Protocol
from data_prep.pages.markup import Markup, joined, name, tag
from data_prep.pages.wording import many
from data_prep.splits import PARTS

FEW = 25
_STORED = {'audio': '16-bit samples', 'flac': 'FLAC', 'notes': 'tables of notes'}
_STYLES = {'train': 'train', 'valid': 'valid', 'test': 'test', LEFT_OUT: 'left'}


def card(facts: Facts) -> list[Markup]:
    """What was known before: licence, source, citation, faults, and what proves the content."""
    known, told = facts.card, facts.manifest
    source: object = known.source
    if known.source.startswith('https://'):
        source = tag('a', known.source, href=known.source, rel='noreferrer')
    rows = [
        ('Licence', known.licence),
        ('Source', source),
        ('Cite', known.citation),
        ('Known faults', bullets(known.faults) if known.faults else 'none'),
        ('Version', f'{told["version"]}, manifest format {told["format"]}'),
        ('Stored as', f'{_STORED[told["content"]]}, {many(len(told["files"]), "file")}'),
        ('Fingerprint', tag('code', told['fingerprint'])),
    ]
    if told['checks']['notes']:
        rows.insert(4, ('From the prep', bullets(told['checks']['notes'])))
    return [pairs(rows, 'card')]


def classes(facts: Facts) -> list[Markup]:
    """Records, hours and groups of each class, and where they stand by the default protocol."""
    default = facts.protocols[0]
    parts = list(default.folds[0].counts) if default.folds else []
    head = [facts.manifest['label'] or 'of', 'records', 'hours']
    head += [wording.plural(default.group)] if default.group else []
    head += [part or 'left out' for part in parts]
    tallies = named(facts)
    longest = max((tally.records for _, tally in tallies[:-1]), default=facts.total.records)
    rows = [
        [
            name(title),
            f'{tally.records:,}',
            f'{tally.hours:,.2f}',
            *([f'{tally.groups:,}'] if default.group else []),
            *(f'{tally.parts[part]:,}' for part in parts),
            ''
            if tally is facts.total and len(tallies) > 1
            else charts.shares([(_style(part), tally.parts[part]) for part in parts], longest),
        ]
        for title, tally in tallies
    ]
    said = f'{default.name}, the split that is taken unless another is named: {default.words}.'
    legend = [
        tag('li', charts.shares([(_style(part), 1)], 1), part or 'left out') for part in parts
    ]
    what = 'Records of each class' if len(tallies) > 1 else 'Records'
    caption = f'{what}, and the parts of {default.name}, fold 0'
    return [
        tag('p', said),
        tag('ul', *legend, class_='legend'),
        table(caption, [*head, 'in parts'], rows, ends_in_total=len(tallies) > 1),
    ]


def splits(facts: Facts) -> list[Markup]:
    """Every protocol with all its folds, what they leak and what they lack."""
    pieces = [
        tag(
            'p',
            "A share under 'in train' is that of the test records whose value of the column is "
            "trained on too; copies 'across' are pairs on two sides of train, valid and test.",
        )
    ]
    for number, protocol in enumerate(facts.protocols):
        default = '' if number else ' (taken unless another is named)'
        pieces.append(tag('h3', name(protocol.name), default))
        pieces.append(tag('p', f'{protocol.words[0].upper()}{protocol.words[1:]}.'))
        few = facts.manifest['checks']['few_groups'].get(protocol.name, {})
        if few:
            told = ', '.join(f'{wording.plain(of, 60)} ({count})' for of, count in few.items())
            said = f'Classes with fewer than three groups cannot be in all parts: {told}.'
            pieces.append(tag('p', said, class_='notice'))
        pieces += [tag('p', said, class_='notice') for said in _empty(protocol.folds)]
        if protocol.folds:
            pieces.append(_folds(facts, protocol))
    return pieces


def _empty(folds: Sequence[Fold]) -> Iterator[str]:
    for part in PARTS:
        found = [f'{number}' for number, fold in enumerate(folds) if not fold.records(part)]
        if found:
            yield f'Nothing is in {part} in fold {", ".join(found)}: it cannot be used there.'


def _folds(facts: Facts, protocol: Protocol) -> Markup:
    folds = protocol.folds
    parts = list(dict.fromkeys(part for fold in folds for part in fold.counts))
    known = list(folds[0].known)
    lacking = ['classes lacking'] if facts.manifest['classes'] else []
    head = ['fold', *(part or 'left out' for part in parts)]
    head += [f'{column} in train' for column in known]
    head += ['exact copies across', 'near copies across', *lacking]
    rows = [
        [
            f'{number}',
            *(f'{fold.records(part):,}' for part in parts),
            *(wording.share(fold.known[column]) for column in known),
            f'{fold.exact:,}',
            f'{fold.near:,}',
            *(_lacking(fold) for _ in lacking),
        ]
        for number, fold in enumerate(folds)
    ]
    return table(f'Records of {protocol.name} by fold and part', head, rows, words=lacking)


def _lacking(fold: Fold) -> Markup | str:
    """Classes by name where they are few, else by number."""
    told = [
        joined([f'{part} ', name(wording.listed(names, 3)) if len(names) < 4 else len(names)])
        for part, names in fold.lacking.items()
    ]
    return joined(tag('div', each) for each in told) if told else 'none'


def groups(facts: Facts) -> list[Markup]:
    """What may not be torn apart: how many, how large, which are largest."""
    if not facts.groupings:
        return [tag('p', 'Each record stands for itself: no column keeps records together.')]
    pieces = []
    for grouping in facts.groupings:
        sizes = list(grouping.sizes.values())
        said = many(len(sizes), grouping.column)
        said += f'; {many(grouping.unknown, "record")} without one' if grouping.unknown else ''
        pieces.append(tag('h3', name(wording.plural(grouping.column))))
        pieces.append(tag('p', f'{said}.'))
        if not sizes or sizes[0] == 1:
            pieces.append(tag('p', 'None has more than one record.'))
            continue
        rows = [[name(each), f'{size:,}'] for each, size in grouping.sizes.items()]
        whom = wording.plural(grouping.column)
        drawn = chart(f'Sizes of the {whom}', sizes, whom, 'records')
        largest = table('By size', [grouping.column, 'records'], rows, most=6)
        pieces.append(tag('div', drawn, largest, class_='charts'))
    return pieces


def faults(facts: Facts) -> list[Markup]:
    """Files that were not taken, clipped records, copies."""
    pieces: list[Markup] = []
    if facts.rejected:
        bad = [[name(path, 120), wording.plain(why, 200)] for path, why in facts.rejected]
        caption = 'Files that were not taken'
        pieces.append(table(caption, ['file', 'reason'], bad, words=['reason'], most=ROWS))
    else:
        pieces.append(tag('p', 'Every file was taken.'))
    if facts.clipped:
        rows = [[name(item), f'{count:,}'] for item, count in facts.clipped.items()]
        caption = f'Clipped records ({len(rows):,} of {len(facts.rows):,})'
        pieces.append(table(caption, ['item', 'samples at full scale'], rows, most=20))
    elif facts.rates_hz:
        pieces.append(tag('p', 'No record is clipped.'))
    if facts.copies:
        rows = [
            [name(pair.a), name(pair.b), pair.kind, f'{pair.similarity:.3f}']
            for pair in facts.copies
        ]
        head = ['item', 'and', 'kind', 'similarity']
        caption = f'Records that hold the same or much of the same ({many(len(rows), "pair")})'
        pieces.append(table(caption, head, rows, words=['and', 'kind'], most=FEW))
    else:
        pieces.append(tag('p', 'No two records were found to be copies of each other.'))
    return pieces


def _style(part: str) -> str:
    return _STYLES.get(part, 'aside')
