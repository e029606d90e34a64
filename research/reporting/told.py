"""What is told of recordings in numbers and in words: truth against prediction, wrong words."""

from collections import Counter

import numpy as np

from data_prep.pages.markup import Markup, tag
from research.formats.layout import Entry
from research.reporting import evidence, figures
from research.reporting.comparisons import Comparison
from research.reporting.parts import Numbers, count, figure, gallery, plain, said, section, table
from research.results import alignments

MODELS = 12  # at once
POINTS = 300
CONFUSIONS = 30


def drawn(comparison: Comparison, numbers: Numbers) -> list[Markup | None]:
    """Of regressions truth against prediction, of transcripts the most frequent errors."""
    rows = [row for row in comparison.held() if evidence.there(comparison.of(row))]
    if comparison.task == 'Regression':
        return [_numbers(comparison, rows, numbers)]
    if comparison.task == 'CTC':
        return [_words(comparison, rows, numbers)]
    return []


def _numbers(comparison: Comparison, rows: list, numbers: Numbers) -> Markup | None:
    shown = []
    for row in rows:
        seeds = [evidence.told(folds) for folds in comparison.seeds(row)]
        seed = evidence.Told(*map(np.concatenate, zip(*seeds, strict=True)))
        kept = np.sort(np.random.default_rng(0).permutation(len(seed.item))[:POINTS])
        true, told = seed.true[kept], seed.said[kept]
        names = [
            f'{item}: {a:.4g}, told {b:.4g}'
            for item, a, b in zip(seed.item[kept].tolist(), true, told, strict=True)
        ]
        about = f'Told against true numbers of {len(kept)} answers of {said(row)}'
        picture = figures.points(about, true, told, names, ('true', 'told'), numbers[row])
        shown.append(figure(said(row), picture, row=numbers[row]))
    about = (
        'A dot a recording and seed, right on the rising line; of more than '
        f'{POINTS} so many, drawn at random.'
    )
    return section('Truth and prediction', gallery(shown), about=about, most=MODELS)


def _words(comparison: Comparison, rows: list, numbers: Numbers) -> Markup | None:
    lines: list[list[Entry]] = []
    owners = []
    for row in rows:
        seeds = comparison.seeds(row)
        found: Counter[tuple[str, str]] = Counter()
        for folds in seeds:
            found += alignments.confusions(evidence.transcripts(folds))
        for (reference, heard), times in found.most_common(CONFUSIONS):
            nothing = alignments.NOTHING
            words = [plain(said(row)), plain(reference or nothing), plain(heard or nothing)]
            lines.append([*words, count(times / len(seeds), 1)])
            owners.append(numbers[row])
    if not lines:
        return None
    caption = f'The {CONFUSIONS} most frequent of each model, a seed. Titles sort.'
    made = table(caption, ['model', 'said', 'written', 'times'], lines, 3, owners)
    about = f'Of greedy decoding. {alignments.NOTHING}: no word.'
    where = tag('p', WHERE, class_='note')
    return section('Most frequent errors', made, where, about=about, most=MODELS)


WHERE = 'The page plots/alignments.html of each run has every utterance, word by word.'
