"""The items that most models get wrong: what they are, what was said of them, how they sound."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from data_prep.pages import pictures
from data_prep.pages.markup import Markup, name, tag
from research import finished, scores
from research.formats.layout import Entry, number
from research.reporting import evidence
from research.reporting.comparisons import Comparison, Row
from research.reporting.parts import Numbers, count, plain, said, section, share, table
from research.reporting.sounds import EXCERPT_S, Shelf
from research.scores import Counted, Ranked

ITEMS = 20  # in the table
SHOWN = 6  # to look at and to hear
MODELS = 8  # with a column of their own at once
ABOUT = (
    'By the mean of all models and seeds. What is hard for all of them may be mislabelled, cut or '
    'unlike anything in the training part: listen to it.'
)


class Answers(NamedTuple):
    """What was said of each unit, in the order of their names.

    Attributes:
        truth: what is true, in words; '' where that is not known.
        said: answers in words, most frequent first.
        tie: what tells units apart that are as hard: the greater, the harder.
    """

    truth: dict[str, str]
    said: dict[str, str]
    tie: dict[str, float]


def drawn(comparison: Comparison, numbers: Numbers, shelf: Shelf | None) -> Markup | None:
    """The section; `shelf` is where sounds are, None: none are wanted."""
    rows = comparison.models()
    values = {row: _values(comparison, row) for row in rows}
    first = next(iter(values.values()))[0]
    score = scores.of(comparison.metric)
    hard = np.nanmean([value for _, value in values.values()], axis=0)
    sign = 1 if score.lowest or isinstance(first, Ranked) else -1
    answers = _answers(comparison, rows)
    items = [_item(comparison, str(unit)) for unit in first.unit]
    tie = np.array([answers.tie.get(item, 0.0) for item in items])
    known = np.flatnonzero(~np.isnan(hard))
    order = known[np.lexsort((-tie[known], -sign * hard[known]))][:ITEMS]
    shown = comparison.held()
    header = ['item', *(['truth'] if answers.truth else []), *(['said'] if answers.said else [])]
    names = len(header)
    header += ['group', 'all', *map(said, shown)]
    first_column = len(header) - len(shown)
    columns = {first_column + place: numbers[row] for place, row in enumerate(shown)}
    lines = []
    for unit in order:
        item = items[unit]
        words = [plain(item)]
        words += [plain(answers.truth.get(item, ''))] if answers.truth else []
        words += [plain(answers.said.get(item, ''))] if answers.said else []
        each = [float(values[row][1][unit]) for row in shown]
        told = [_told(value, comparison, first) for value in (float(hard[unit]), *each)]
        lines.append([*words, plain(first.group[unit]), *told])
    ranked = isinstance(first, Ranked)
    what = 'How far the probability is from the truth' if ranked else comparison.metric
    caption = f'{what}, by item, mean over seeds. Titles sort.'
    heard = _heard(comparison, [items[unit] for unit in order[:SHOWN]], answers, shelf)
    made = table(caption, header, lines, names, columns=columns)
    return section('Hardest items', made, *heard, about=ABOUT, most=MODELS)


def _values(comparison: Comparison, row: Row) -> tuple[Counted, Float[np.ndarray, ' units']]:
    """A row's units, and what each comes to on average over its seeds; NaN: of nothing."""
    seeds = [finished.pooled(folds, comparison.metric) for folds in comparison.seeds(row)]
    if isinstance(seeds[0], Ranked):
        gaps = [np.abs(s.target - s.probability) for s in seeds if isinstance(s, Ranked)]
        return seeds[0], np.mean(gaps, axis=0)
    ratios = []
    for seed in seeds:
        assert not isinstance(seed, Ranked)
        ratios.append(seed.numerator / np.where(seed.denominator > 0, seed.denominator, np.nan))
    return seeds[0], np.mean(ratios, axis=0)


def _item(comparison: Comparison, unit: str) -> str:
    """The corpus's item of a unit's name: pieces of notes tell how many tokens they have."""
    return unit.rpartition(': ')[0] if unit.endswith(' tokens') else unit


def _told(value: float, comparison: Comparison, units: Counted) -> Entry:
    if isinstance(units, Ranked):
        return count(value, 2)
    if scores.of(comparison.metric).share:
        return share(value)
    return Entry(number(value, False), order=value)


def _answers(comparison: Comparison, rows: list[Row]) -> Answers:
    """What is true and what was said, of all models whose predictions are kept."""
    kept = [row for row in rows if evidence.there(comparison.of(row))]
    if not kept:
        return Answers({}, {}, {})
    if comparison.task == 'Classification':
        return _classes(comparison, kept)
    if comparison.task == 'Detection':
        return _calls(comparison, kept)
    if comparison.task == 'Regression':
        return _numbers(comparison, kept)
    if comparison.task == 'CTC':
        rows_ = evidence.transcripts(comparison.seeds(kept[0])[0])
        said_ = {each['item']: each['greedy'] for each in rows_}
        return Answers({each['item']: each['reference'] for each in rows_}, said_, {})
    return Answers({}, {}, {})


def _classes(comparison: Comparison, rows: list[Row]) -> Answers:
    truth: dict[str, str] = {}
    named: dict[str, Counter[str]] = {}
    sure: dict[str, list[float]] = {}
    for row in rows:
        for folds in comparison.seeds(row):
            seed = evidence.named(folds)
            for place, item in enumerate(seed.item.tolist()):
                truth[item] = seed.classes[seed.target[place]]
                named.setdefault(item, Counter())[seed.classes[seed.predicted[place]]] += 1
                sure.setdefault(item, []).append(float(seed.joined[place, seed.target[place]]))
    said_ = {
        item: ', '.join(f'{answer} {times}' for answer, times in each.most_common(3))
        for item, each in named.items()
    }
    return Answers(truth, said_, {item: -float(np.mean(each)) for item, each in sure.items()})


def _calls(comparison: Comparison, rows: list[Row]) -> Answers:
    truth = {}
    for row in rows[:1]:
        seed = evidence.found(comparison.seeds(row)[0])
        truth = {
            str(item): 'there' if there else 'not there'
            for item, there in zip(seed.item, seed.target, strict=True)
        }
    return Answers(truth, {}, {})


def _numbers(comparison: Comparison, rows: list[Row]) -> Answers:
    truth: dict[str, str] = {}
    told: dict[str, list[float]] = {}
    for row in rows:
        for folds in comparison.seeds(row):
            seed = evidence.told(folds)
            for item, value, true in zip(seed.item.tolist(), seed.said, seed.true, strict=True):
                truth[item] = f'{true:.4g}'
                told.setdefault(item, []).append(float(value))
    said_ = {item: f'{np.mean(each):.4g} on average' for item, each in told.items()}
    return Answers(truth, said_, {})


def _heard(
    comparison: Comparison, items: list[str], answers: Answers, shelf: Shelf | None
) -> list[Markup]:
    """Figures of items, or why there are none."""
    run = comparison.runs[0]
    if shelf is None:
        return [tag('p', 'Made without pictures and sounds of items.', class_='note')]
    if why := shelf.why_not(run):
        note = f'No pictures and sounds of items: {why}. --data_dir=DIR names where it is.'
        return [tag('p', note, class_='note')]
    found = []
    for item in items:
        example = shelf.example(run, item)
        if example is None:
            continue
        about = [answers.truth.get(item, ''), answers.said.get(item, '')]
        told = '; said: '.join(text for text in about if text)
        caption = tag('figcaption', tag('strong', name(item)), f' {told}' if told else None)
        found.append(tag('figure', caption, example, class_='heard'))
    if len(found) < len(items):
        note = (
            f'{len(items) - len(found)} of {len(items)} are not embedded, to keep the page small.'
        )
        return [tag('div', *found, class_='gallery'), tag('p', note, class_='note')]
    note = f'Of sound at most {EXCERPT_S:g} s, the middle of what a model hears.'
    if comparison.task in ('NextToken', 'NextFrame'):
        note = f'The first {pictures.EXCERPT_S:g} s of each piece, played as written.'
    return [tag('p', note, class_='note'), tag('div', *found, class_='gallery')]
