"""What a change is worth: each model less a baseline, on the same items, with intervals."""

from collections.abc import Sequence

from data_prep.pages.markup import Markup, tag
from research import aggregates, cells, finished, scores
from research.cells import Pool
from research.errors import UserError, unknown
from research.formats.layout import Entry, interval, number
from research.pairs import differing
from research.reporting import figures, labels
from research.reporting.comparisons import Comparison, Row
from research.reporting.parts import Numbers, figure, plain, said, section, table

MODELS = 40  # at once
SETTINGS = 4  # that are told of a model


def baseline(comparison: Comparison, wanted: str | None) -> Row | None:
    """The row that the others are compared with.

    It is the wanted one where there is such a row; without a wish that whose label is the name of
    its experiment alone, the baseline of an ablation, if all rows are of one experiment; else the
    best.
    """
    rows = comparison.models()
    if wanted is not None:
        return next((row for row in rows if said(row) == wanted), None)
    names = {str(run.settings.get('name')) for run in comparison.runs}
    plain_ = [row for row in rows if said(row) in names]
    return plain_[0] if len(names) == 1 and plain_ else rows[0]


def refuse_unknown(comparisons: Sequence[Comparison], wanted: str | None) -> None:
    """UserError where no comparison has the wanted row."""
    known = {said(row) for comparison in comparisons for row in comparison.models()}
    if wanted is not None and wanted not in known:
        raise UserError(f'--against={wanted}: {unknown("row", wanted, known)}')


def drawn(comparison: Comparison, numbers: Numbers, wanted: str | None) -> Markup | None:
    """The section, of the first score; None for a single model."""
    rows = comparison.held()
    base = baseline(comparison, wanted)
    if len(rows) < 2 or base is None:
        return None
    metric, score = comparison.metric, scores.of(comparison.metric)
    aggregate = aggregates.AGGREGATES[comparison.aggregate]
    pools = {row: _pool(comparison, row) for row in [base, *rows]}
    shown, lines, owners = [], [], []
    for row in rows:
        if row == base:
            continue
        found = cells.against(pools[row], pools[base], score.lowest, aggregate)
        low, high = found['difference_low'], found['difference_high']
        difference = number(found['difference'], score.share, '+')
        ends = interval(low, high, score.share, '+')
        shown.append(
            figures.Interval(
                numbers[row], said(row), found['difference'], low, high, f'{difference} {ends}'
            )
        )
        lines.append(
            [
                plain(said(row)),
                Entry(difference, ends, found['difference']),
                Entry(f'{found["improvement"]:.0%}', order=found['improvement']),
                plain(_changes(comparison, base, row)),
            ]
        )
        owners.append(numbers[row])
    if not any(each.value == each.value for each in shown):
        return section('Differences', tag('p', 'The score is not defined.', class_='note'))
    better = 'lower' if score.lowest else 'higher'
    about = (
        f'{metric} less that of {said(base)}, on the same items: the paired difference with its '
        f'95% interval over seeds and groups. Where it holds 0, other seeds and items may turn the '
        'difference round; the test below the scores keeps the seeds as they are, so that it may '
        'tell the two apart all the same.'
    )
    caption = (
        f'Better: how often a seed is {better} than one of {said(base)}, ties counting half. '
        'Titles sort.'
    )
    header = ['model', f'{metric}: less {said(base)}', 'better', 'what differs']
    picture = figures.intervals(about, shown, f'{metric}: less {said(base)}', score.share, True)
    return section(
        'Differences',
        tag('div', figure(f'Less {said(base)}', picture), class_='gallery'),
        table(caption, header, lines, 1, owners),
        about=about,
        most=MODELS,
    )


def _pool(comparison: Comparison, row: Row) -> Pool:
    first = finished.pooled(comparison.seeds(row)[0], comparison.metric)
    return Pool(comparison.measure(row, comparison.metric), first.unit)


def _changes(comparison: Comparison, base: Row, row: Row) -> str:
    """Settings of a model that are not the baseline's."""
    one, other = (comparison.seeds(each)[0][0].settings for each in (base, row))
    found = [each for each in differing(one, other) if each[0] not in labels.FREE]
    kinds = [each for each in found if each[0].endswith('.kind')]
    # Of another model or front-end all fields differ: its name says as much.
    parents = [each[0].removesuffix('kind') for each in kinds]
    rest = [each for each in found if not each[0].startswith(tuple(parents)) and each[0] != 'name']
    told = [f'{name}: {a} → {b}' for name, a, b in [*kinds, *rest]]
    more = f', and {len(told) - SETTINGS} more' if len(told) > SETTINGS else ''
    return '; '.join(told[:SETTINGS]) + more or 'nothing'
