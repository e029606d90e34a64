"""A page of transcripts, word by word beside what was said: HTML that needs nothing else."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from data_prep.pages.document import document
from data_prep.pages.markup import Markup, name, tag
from data_prep.pages.wording import many
from research import transcription

MOST_BYTES = 4_500_000  # of utterances: a browser on a telephone opens that
MOST_CONFUSIONS = 40
NOTHING = '\u2205'
# Of a class of errors: the letter that marks it, and what it says.
KINDS = {
    'substituted': ('S', 'another word was written'),
    'deleted': ('D', 'a word was left out'),
    'inserted': ('I', 'a word was put in'),
}
# Of a column: what stands beside its line, and what is said of its errors.
SEARCHED = {
    'beam': ('beam', 'with a beam search'),
    'with_lm': ('with LM', 'with the language model'),
}
_STYLE, _SCRIPT = (Path(__file__).with_name(f'alignments.{kind}') for kind in ('css', 'js'))


def page(title: str, rows: Sequence[Mapping[str, str]]) -> str:
    """The page of a part's transcripts, worst first: by wrong words over words, then by name.

    An error is told by a letter and a line through or under it as well as by its colour. The page
    holds as many utterances as fit into 4.5 MB, and says how many that leaves out.

    Args:
        title: of what.
        rows: of a `<part>_transcripts.csv` (results.ctc.COLUMNS).
    """
    worst = sorted(rows, key=lambda row: (-_rate(row), row['item']))
    shown, used = [], 0
    for row in worst:
        utterance = _utterance(row)
        used += len(utterance.encode())
        if used > MOST_BYTES:
            break
        shown.append(utterance)
    style, script = (path.read_text(encoding='utf-8') for path in (_STYLE, _SCRIPT))
    left_out = len(rows) - len(shown)
    body = [
        tag('header', tag('h1', title), _figures(rows), _legend()),
        tag(
            'main',
            tag('h2', 'Most frequent errors'),
            tag('p', 'Of greedy decoding.'),
            _confusions(rows),
            tag('h2', 'Utterances, worst first'),
            tag('p', f'The {left_out:,} best are in the CSV file alone.') if left_out else None,
            _choice(worst[: len(shown)]),
            tag('div', *shown, id='utterances'),
        ),
    ]
    return document(title, style, body, script)


def confusions(rows: Iterable[Mapping[str, str]]) -> Counter[tuple[str, str]]:
    """How often greedy decoding made a word another: '' where there is none on a side."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for kind, said, heard in _pairs(row['reference'], row['greedy']):
            if kind != 'equal':
                found[said, heard] += 1
    return found


def _pairs(reference: str, hypothesis: str) -> Iterator[tuple[str, str, str]]:
    """Kind, word and what became of it."""
    for kind, said, heard in transcription.alignment(reference, hypothesis):
        size = max(len(said), len(heard))
        padded = (words + [''] * (size - len(words)) for words in (said, heard))
        yield from ((kind, *pair) for pair in zip(*padded, strict=True))


def _utterance(row: Mapping[str, str]) -> Markup:
    aligned = [_aligned('greedy', row['reference'], row['greedy'])]
    wrong = f'{many(int(row["edits"]), "error")} in {many(int(row["words"]), "word")}'
    before = row['greedy']
    for column, (title, how) in SEARCHED.items():
        own = row.get(column, '')
        if own and own != before:
            aligned.append(_aligned(title, row['reference'], own))
        if own:
            wrong += f', {row[f"edits_{column}"]} {how}'
            before = own
    return tag(
        'article',
        tag('h3', name(row['item'])),
        tag('p', 'speaker ', name(row['speaker']), f' \u00b7 {wrong}', class_='soft'),
        *aligned,
        data_speaker=row['speaker'],
    )


def _aligned(title: str, reference: str, hypothesis: str) -> Markup:
    columns = [tag('span', tag('i', 'said'), tag('i', title), class_='side')]
    for kind, said, heard in _pairs(reference, hypothesis):
        if kind == 'equal':
            columns.append(tag('span', said, tag('b', heard)))
        else:
            above = tag('del', said) if said else tag('i', NOTHING)
            below = tag('ins', heard) if heard else tag('i', NOTHING)
            columns.append(tag('span', above, below, tag('sup', KINDS[kind][0]), class_=kind))
    return tag('div', *columns, class_='aligned')


def _figures(rows: Sequence[Mapping[str, str]]) -> Markup:

    def total(column: str) -> int:
        return sum(int(row[column] or 0) for row in rows)

    words = total('words')
    figures = {
        'utterances': f'{len(rows):,}',
        'words': f'{words:,}',
        'word error rate, greedy': f'{total("edits") / max(words, 1):.1%}',
    }
    for column, (_, how) in SEARCHED.items():
        if any(row.get(column) for row in rows):
            figures[how] = f'{total(f"edits_{column}") / max(words, 1):.1%}'
    return tag('dl', *(tag('div', tag('dt', k), tag('dd', v)) for k, v in figures.items()))


def _legend() -> Markup:
    marks = [
        tag('li', tag('span', tag('sup', letter), class_=kind), f' {meaning}')
        for kind, (letter, meaning) in KINDS.items()
    ]
    return tag('ul', tag('li', 'above what was said, below what was written'), *marks)


def _confusions(rows: Sequence[Mapping[str, str]]) -> Markup:
    found = sorted(confusions(rows).items(), key=lambda each: (-each[1], each[0]))
    lines = [
        tag('tr', tag('td', said or NOTHING), tag('td', heard or NOTHING), tag('td', count))
        for (said, heard), count in found[:MOST_CONFUSIONS]
    ]
    titles = [tag('th', title, scope='col') for title in ('said', 'written', 'times')]
    table = tag('table', tag('thead', tag('tr', *titles)), tag('tbody', *lines))
    return tag('div', table, class_='scroll', tabindex=0, role='region', aria_label='Errors')


def _choice(rows: Sequence[Mapping[str, str]]) -> Markup:
    speakers = Counter(row['speaker'] for row in rows)
    options = [
        tag('option', f'{speaker} ({count:,})', value=speaker)
        for speaker, count in sorted(speakers.items())
    ]
    everyone = tag('option', f'all ({len(rows):,})', value='')
    return tag(
        'p',
        tag('label', 'Speaker ', for_='speaker'),
        tag('select', everyone, *options, id='speaker', autocomplete='off'),
        ' ',
        tag('span', id='count', role='status'),
    )


def _rate(row: Mapping[str, str]) -> float:
    return int(row['edits']) / max(int(row['words']), 1)
