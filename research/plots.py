"""Pictures of a run, as PNG files: what several of them share, confusion matrix, spectrograms.

Figures are made without pyplot, so that no display is wanted and nothing is shared between runs.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Integer

# Okabe and Ito's palette, "Color Universal Design" (2008): told apart by every kind of eye.
TRAIN, VALID, ITEMS, BEST = '#0072B2', '#D55E00', '#009E73', '#555555'
COUNTS_UP_TO = 20  # classes; past that a cell is too small to hold a number
STYLE: dict[Any, Any] = {
    'font.size': 9,
    'axes.titlesize': 10,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'legend.frameon': False,
    'savefig.dpi': 150,
}


def confusion(
    matrix: Integer[np.ndarray, 'classes classes'],
    classes: Sequence[str],
    path: Path,
    title: str = '',
) -> None:
    """Counts in the cells, colour by the share of the true class (row).

    Args:
        matrix: row = the true class, column = the predicted one.
        classes: their names, in order.
        path: PNG file to write.
        title: over the picture.
    """
    totals = matrix.sum(axis=1)
    shares = matrix / np.maximum(totals, 1)[:, None]
    side = 2.2 + 0.42 * min(max(len(classes), 3), COUNTS_UP_TO)
    with page(path, side + 0.9, side) as figure:
        axes = figure.subplots()
        image = axes.imshow(shares, cmap='cividis', vmin=0, vmax=1)
        rows = [f'{name}  ({total})' for name, total in zip(classes, totals, strict=True)]
        size = min(9, 390 / len(classes))
        axes.set_xticks(range(len(classes)), classes, rotation=45, ha='right', size=size)
        axes.set_yticks(range(len(classes)), rows, size=size)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set(xlabel='predicted', ylabel='true (count)', title=title)
        if len(classes) <= COUNTS_UP_TO:
            for (row, column), count in np.ndenumerate(matrix):
                if count:
                    ink = 'black' if shares[row, column] > 0.5 else 'white'
                    axes.text(column, row, str(count), color=ink, ha='center', va='center')
        bar = figure.colorbar(image, ax=axes, format='{x:.0%}', shrink=0.8)
        bar.set_label('share of the true class')
        bar.outline.set_visible(False)


def spectrograms(
    features_by_class: Mapping[str, Sequence[Float[np.ndarray, '_frames _features']]],
    path: Path,
    hop_s: float,
    title: str = '',
    axis: str = 'band',
    unit: str = '',
    apart: bool = False,
) -> None:
    """A page of examples: a row a class, up to three of each, one colour scale for all.

    The scale spans the 1st to the 99th percentile of the page, so that one click or one silence
    does not flatten the rest. Cepstral coefficients want one each, for the first of them are many
    times the others: told apart, each is shown as so many standard deviations, over the page, from
    its mean, on a scale even about 0 that holds 99% of them.

    Args:
        features_by_class: what the front-end gives, by class.
        path: PNG file to write.
        hop_s: seconds from one frame to the next.
        title: the front-end and its settings.
        axis: what a feature is: 'mel band', 'coefficient', 'frequency bin'.
        unit: of the values: 'log power', 'magnitude'; not told of features that are told apart.
        apart: whether each feature has a mean and a deviation of its own.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    rows = [(name, list(each)[:3]) for name, each in features_by_class.items() if len(each)]
    columns = max(len(examples) for _, examples in rows)
    values = np.concatenate([each for _, examples in rows for each in examples])
    mean, deviation = np.float32(0), np.float32(1)
    if apart:
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        deviation = np.where(deviation > 0, deviation, 1)
        most = np.percentile(np.abs((values - mean) / deviation), 99) or 1
        scale = ScalarMappable(Normalize(-most, most), 'RdBu_r')
        unit = f'standard deviations of\neach {axis} from its mean'
    else:
        scale = ScalarMappable(Normalize(*np.percentile(values, [1, 99])), 'viridis')
    longest_s = hop_s * max(len(each) for _, examples in rows for each in examples)
    with page(path, 2.7 * columns + 1.2, 1.1 * len(rows) + 0.9) as figure:
        grid = figure.subplots(len(rows), columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for row, (name, examples) in enumerate(rows):
            grid[row, 0].set_ylabel(name, size=9)
            for column, features in enumerate(examples):
                axes = grid[row, column]
                lowest = row + 1 == len(rows) or column >= len(rows[row + 1][1])
                frames, bands = features.shape
                axes.set_axis_on()
                axes.imshow(
                    ((features - mean) / deviation).T,
                    origin='lower',
                    aspect='auto',
                    cmap=scale.cmap,
                    norm=scale.norm,
                    extent=(0, frames * hop_s, -0.5, bands - 0.5),
                )
                axes.set_xlim(0, longest_s)
                axes.spines[:].set_visible(False)
                axes.locator_params(axis='y', nbins=4, integer=True)
                axes.tick_params(labelsize=7, length=2, labelbottom=lowest, labelleft=column == 0)
                if lowest:
                    axes.set_xlabel('time (s)', size=8)
        figure.supylabel(f'{axis}, by class', size=9)
        figure.suptitle(title, size=11)
        bar = figure.colorbar(
            scale, ax=grid, shrink=min(1, 3 / len(rows)), aspect=30, extend='both', label=unit
        )
        bar.outline.set_visible(False)


@contextlib.contextmanager
def page(path: Path, width_in: float, height_in: float) -> Iterator[Any]:
    """A figure in the house's style, written to `path` when it is filled."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width_in, height_in), layout='constrained')
        yield figure
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)


def legend(figure: Any, axes: Any, **given: Any) -> None:
    """What the marks of some axes are, below the picture, where it hides none of them."""
    figure.legend(*axes.get_legend_handles_labels(), loc='outside lower center', **given)
