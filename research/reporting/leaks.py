"""What a leaky split lifts: the same models under several protocols of one corpus."""

import math
from collections.abc import Sequence

from data_prep.pages.markup import Markup, tag
from research import aggregates, scores, stats
from research.cells import Cell
from research.formats.layout import Entry, interval, number
from research.reporting import figures
from research.reporting.comparisons import Comparison, Row
from research.reporting.parts import Numbers, figure, plain, said, section, table

LEAKY = 'leaky'  # so begin the names of protocols that tear groups
ABOUT = (
    'The same models on one corpus, split in several ways. A protocol whose name begins with leaky '
    'lets parts of one recording, artist or piece train and test; what it lifts a score by is no '
    'merit of a model. Test parts differ, so the difference is not paired: its 95% interval is '
    'over seeds and groups of both.'
)


def groups(comparisons: Sequence[Comparison]) -> list[list[Comparison]]:
    """Comparisons of one task and corpus that differ in the protocol, two or more."""
    found: dict[tuple[str, str, str], list[Comparison]] = {}
    for each in comparisons:
        corpus, fingerprint, _ = each.place
        found.setdefault((each.task, corpus, fingerprint), []).append(each)
    return [
        sorted(group, key=lambda each: (each.place[2].startswith(LEAKY), each.place[2]))
        for group in found.values()
        if len({each.place[2] for each in group}) > 1
    ]


def drawn(comparisons: Sequence[Comparison], numbers: Numbers) -> list[Markup]:
    """A section a corpus with several protocols."""
    made = [_corpus(group, numbers) for group in groups(comparisons)]
    return [each for each in made if each is not None]


def _corpus(group: Sequence[Comparison], numbers: Numbers) -> Markup | None:
    first = group[0]
    metric = _metric(group)
    score = scores.of(metric)
    lines, owners, shown = [], [], []
    for row in dict.fromkeys(row for each in group for row in each.models()):
        having = [each for each in group if _cell(each, row, metric) is not None]
        if len(having) < 2:
            continue
        for each in having:
            cell = _cell(each, row, metric)
            assert cell is not None
            ends = interval(cell.low, cell.high, score.share)
            score_ = Entry(number(cell.mean, score.share), ends, cell.mean)
            more = Entry('')
            if each is not having[0]:
                value, low, high = lifted(having[0], each, row, metric)
                text = number(value, score.share, '+')
                ends = interval(low, high, score.share, '+')
                more = Entry(text, ends, value)
                told = f'{said(row)}, {each.place[2]}'
                shown.append(
                    figures.Interval(numbers[row], told, value, low, high, f'{text} {ends}')
                )
            lines.append([plain(said(row)), plain(each.place[2]), score_, more])
            owners.append(numbers[row])
    if not any(not math.isnan(each.value) for each in shown):
        return None
    base = first.place[2]
    header = ['model', 'protocol', f'{metric}: {first.place[0]}', f'less {base}']
    picture = figures.intervals(ABOUT, shown, f'{metric}: less {base}', score.share, True)
    return section(
        f'{first.place[0]}: {", ".join(each.place[2] for each in group)}',
        tag('div', figure(f'What is more than under {base}', picture), class_='gallery'),
        table('Titles sort.', header, lines, 2, owners),
    )


def lifted(
    honest: Comparison, other: Comparison, row: Row, metric: str
) -> tuple[float, float, float]:
    """How much higher a score is under another protocol, with the ends of its interval."""
    return stats.unpaired_difference(
        other.measure(row, metric),
        honest.measure(row, metric),
        aggregate=aggregates.AGGREGATES[honest.aggregate],
    )


def _cell(comparison: Comparison, row: Row, metric: str) -> Cell | None:
    """What a row has of a score; None where no seed has it."""
    found = comparison.cells[metric].items()
    return next((cell for (own, _), cell in found if own == row and cell.seeds), None)


def _metric(group: Sequence[Comparison]) -> str:
    """Slices leak, so they are what is looked at where all have them."""
    if all('slice_accuracy' in each.cells for each in group):
        return 'slice_accuracy'
    return group[0].metric
