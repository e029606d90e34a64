"""What a model of notes finds hard: where in its windows, and in which pieces."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from research import plots
from research.evaluate import Evaluator
from research.results import Trained
from research.tasks import NextFrame, NextToken
from research.tasks.likelihood import judged

PIECES = 12
# Logits that are held at a time: 128 MiB.
LOGITS = 2**25


class Heard(NamedTuple):
    """Judged tokens that have about as many tokens before them in their windows.

    Attributes:
        before: how many, on average.
        nll: nats a token, on average.
    """

    before: float
    nll: float


def draw(trained: Trained) -> None:
    """Writes plots/tokens.png, of the test part: nats by tokens heard, and the hardest pieces."""
    task = trained.experiment.task
    assert isinstance(task, NextToken | NextFrame)
    part = trained.evaluators['test']
    score = task.selects_by
    said = trained.predictions['test']
    units = task.units(said, part.truth, trained.made.meaning, trained.tuned)[score]
    nll = units.numerator / units.denominator
    hardest = np.argsort(-nll, kind='stable')[:PIECES][::-1]
    before, means = zip(*by_context(*losses(trained)), strict=True)
    # Of a window whose last token alone is told there is nothing to compare.
    panels = 2 if len(before) > 1 else 1
    with plots.page(trained.place.plots / 'tokens.png', 4.3 * panels, 3.6) as figure:
        *left, right = figure.subplots(1, panels, squeeze=False)[0]
        for axes in left:
            axes.plot(before, means, 'o-', color=plots.TRAIN, markersize=3, linewidth=1.3)
            axes.set_xscale('symlog', base=2, linthresh=1)
            axes.set_xticks(before[::2], [f'{x:.0f}' for x in before[::2]], minor=False)
            axes.minorticks_off()
            axes.set(xlabel='tokens before it in the window', ylabel=f'{score}, nats')
        names = [name if len(name) <= 36 else f'…{name[-35:]}' for name in units.unit[hardest]]
        right.barh(range(len(names)), nll[hardest], color=plots.VALID, height=0.7)
        right.set_yticks(range(len(names)), names)
        right.set(xlabel=f'{score}, nats; the {len(hardest)} hardest of {len(nll)} pieces')
        for line in (*(axes.axhline for axes in left), right.axvline):
            line(units.value, color=plots.BEST, linestyle=':', label=f'all: {units.value:.3f}')
        if left:
            left[0].legend()
        else:  # below the longest bars
            right.legend(loc='lower right')
        figure.suptitle(f'{trained.made.corpus.name}, test part')


def losses(
    trained: Trained,
) -> tuple[Float[np.ndarray, 'windows told'], Float[np.ndarray, 'windows told'], int]:
    """Nats of the last tokens of the test part's windows; 1.0 where one is judged; the tokens
    before the first of them.

    Of a large part as many windows, evenly taken, as keep the logits within 128 MiB.
    """
    experiment, task = trained.experiment, trained.experiment.task
    assert isinstance(task, NextToken | NextFrame)
    part, model = trained.made.parts['test'], vars(trained.experiment.model)
    window = part.target['tokens'].shape[1]
    told = model.get('told', window)
    count = int(np.clip(LOGITS // (told * model['outputs']), 1, len(part)))
    taken = np.linspace(0, len(part) - 1, count).round().astype(int)
    some = part.where(np.isin(np.arange(len(part)), taken))
    said = Evaluator(experiment, trained.made, some).outputs(*trained.weights)
    said, targets = jax.tree.map(jnp.asarray, (said, some.target))
    each, mask = jax.device_get((task.losses(said, targets), judged(said, targets)))
    return each, mask, window - told


def by_context(
    losses: Float[np.ndarray, 'windows told'],
    judged: Float[np.ndarray, 'windows told'],
    before: int,
) -> list[Heard]:
    """Means of judged tokens with 0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, ... tokens before them.

    Args:
        losses: nats of each window's last tokens.
        judged: 1.0 where one is judged.
        before: tokens before the first of them.
    """
    place = before + np.arange(losses.shape[1])
    steps = np.floor(2 * np.log2(np.maximum(place, 1)) + 1e-9) + (place > 0)
    found = []
    for step in np.unique(steps):
        own = judged * (steps == step)
        if own.sum():
            found.append(Heard(*(float((x * own).sum() / own.sum()) for x in (place, losses))))
    return found
