"""A search's picture: how each candidate did where groups were left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from research import plots, scores


def draw(records: Sequence[Mapping[str, Any]], score: str, path: Path) -> None:
    """Score against depth, a line for each number of trees, the chosen one marked.

    Args:
        records: of metrics.jsonl; without any of a search nothing is drawn.
        score: by which the search chose.
        path: PNG file to write.
    """
    tried = [record for record in records if record['split'] == 'search']
    if not tried:
        return
    depths = sorted({record['depth'] for record in tried})
    numbers = sorted({record['trees'] for record in tried})
    [kept] = [record for record in records if record['split'] == 'valid']
    with plots.page(path, 4.8, 3.2) as figure:
        from matplotlib import colormaps

        axes = figure.subplots()
        for place, trees in enumerate(numbers):
            value = [record[score] for record in tried if record['trees'] == trees]
            colour = colormaps['viridis'](0.85 * place / max(len(numbers) - 1, 1))
            axes.plot(depths, value, 'o-', color=colour, markersize=4, label=f'{trees} trees')
        [best] = [each for each in tried if all(each[k] == kept[k] for k in ('trees', 'depth'))]
        axes.plot(
            best['depth'],
            best[score],
            'o',
            markersize=11,
            fillstyle='none',
            color=plots.VALID,
            label='chosen',
        )
        axes.set_xscale('log', base=2)
        axes.set_xticks(depths, map(str, depths))
        axes.set(xlabel='depth', ylabel=score, title='groups of the training part left out in turn')
        if scores.of(score).share:
            axes.yaxis.set_major_formatter('{x:.0%}')
        axes.grid(axis='y', color='#DDDDDD', linewidth=0.6)
        axes.legend()
