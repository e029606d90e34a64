"""Of how many models a page holds figures, so that it stays below 15 MB."""

import dataclasses
from collections.abc import Callable, Sequence

from data_prep.pages.markup import Markup, joined, tag
from research.reporting.comparisons import Comparison
from research.reporting.sounds import Shelf

MOST_BYTES = 6_500_000  # of figures and tables of single comparisons
FEWEST = 14  # models whose figures a comparison keeps, however many there are
ROOM = 0.95  # of that is given out: models do not weigh the same


def fitted(
    comparisons: Sequence[Comparison], draw: Callable[[Comparison], Markup], shelf: Shelf | None
) -> tuple[list[Markup], list[str]]:
    """Figures of all models of each comparison, or of as many of the best as a page may weigh.

    Args:
        comparisons: of a page.
        draw: makes a comparison's figures; asked again for fewer models where all are too heavy.
        shelf: where it finds pictures and sounds of items, which have a limit of their own.

    Returns:
        The figures, or a note where even the fewest have no room, and a line on each comparison
        that lacks some.
    """
    made, heard = [], []
    for each in comparisons:
        before = shelf.used if shelf else 0
        made.append(draw(each))
        heard.append(shelf.used - before if shelf else 0)
    weights = [len(whole) - sounds for whole, sounds in zip(made, heard, strict=True)]
    cut: dict[int, str] = {}
    if sum(weights) > MOST_BYTES:
        large = [place for place, each in enumerate(comparisons) if len(each.models()) > FEWEST]
        shared = sum(weights[place] for place in large)
        room = max(MOST_BYTES - (sum(weights) - shared), 0) * ROOM
        for place in large:
            each = comparisons[place]
            count = len(each.models())
            most = max(FEWEST, int(room / shared * count))
            told = (
                f'Figures are of the best {most} of {count} models, to keep the page below 15 MB.'
            )
            fewer = dataclasses.replace(each, most=most)
            made[place] = joined([tag('p', told, class_='note'), draw(fewer)])
            weights[place] = len(made[place]) - heard[place]
            cut[place] = f', but of the best {most} of {count}'
    used, left_out = 0, []
    for place, each in enumerate(comparisons):
        if used + weights[place] > MOST_BYTES:
            told = 'Figures are left out to keep the page below 15 MB.'
            made[place] = tag('p', told, class_='note')
            left_out.append(f'figures of {each.title}')
            continue
        used += weights[place]
        if place in cut:
            left_out.append(f'figures of {each.title}{cut[place]}')
    return made, [f'{line}: the page would be above 15 MB' for line in left_out]
