"""A search of hyper-parameters as data: what is tried, and which trials are given how much.

Successive halving (Jamieson and Talwalkar 2016, Algorithm 1): all trials are trained for a small
budget, the best of them anew for a larger one, and so on to the whole. Each rung is a grid, so its
trials are runs as any others, and those that differ in values alone train as one program. A
trial starts anew on each rung, because its learning rate is scheduled over the budget.
"""

import dataclasses
import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from research import overrides
from research.errors import UserError
from research.experiment import Experiment
from research.grid import Grid, Member

if TYPE_CHECKING:
    from optuna.trial import Trial as Draw

DIGITS = 4  # of a number that is drawn: as many as a label can show


@dataclasses.dataclass(frozen=True)
class Range:
    """Numbers between two ends, both of them included.

    Attributes:
        path: of the field.
        low, high: the ends; whole numbers where both are, and the field holds no fractions.
        log: whether drawn evenly by their logarithm.
    """

    path: str
    low: int | float
    high: int | float
    log: bool = False

    def ask(self, draw: 'Draw') -> str:
        if isinstance(self.low, int) and isinstance(self.high, int):
            return str(draw.suggest_int(self.path, self.low, self.high, log=self.log))
        drawn = draw.suggest_float(self.path, self.low, self.high, log=self.log)
        return f'{float(f"{drawn:.{DIGITS}g}")}'


@dataclasses.dataclass(frozen=True)
class Choice:
    """One of several values.

    Attributes:
        path: of the field.
        values: as `--set` takes them.
    """

    path: str
    values: tuple[str, ...]

    def ask(self, draw: 'Draw') -> str:
        return str(draw.suggest_categorical(self.path, self.values))


Axis = Range | Choice


@dataclasses.dataclass(frozen=True)
class Trial:
    """One point of the space.

    Attributes:
        number: from 0 on, in the order of asking.
        change: assignments.
    """

    number: int
    change: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Search:
    """A space, and what may be spent on it.

    Attributes:
        base: the experiment, whose epochs or steps are those of the last rung.
        axes: of the space.
        trials: on the first rung.
        rungs: how many; one: nothing but random search.
        keep: one in so many goes on to the next rung, whose budget is so many times as large.
        waves: the first rung's trials are asked for in so many parts; from the second on, what the
            parts before came to guides them (TPE, Bergstra et al. 2011).
        seed: of the sampler.
        given: what else was asked for, 'corpus=NAME' or an assignment each, by which it is told
            from other searches.
    """

    base: Experiment
    axes: tuple[Axis, ...]
    trials: int = 27
    rungs: int = 3
    keep: int = 3
    waves: int = 1
    seed: int = 0
    given: tuple[str, ...] = ()

    def __post_init__(self):
        if self.trials < self.waves:
            raise UserError(f'--trials={self.trials} cannot be asked for in {self.waves} waves')
        if self.keep < 2:
            raise UserError(f'--keep={self.keep}: one in two at least must be left behind')
        if self.trials < self.keep ** (self.rungs - 1):
            raise UserError(
                f'--trials={self.trials} are too few for {self.rungs} rungs that keep one in '
                f'{self.keep}: {self.keep ** (self.rungs - 1)} at least are wanted'
            )

    @property
    def name(self) -> str:
        """Tells it from other searches of the same experiment, for its ledgers."""
        what = '-'.join(axis.path.rpartition('.')[2] for axis in self.axes)
        digest = hashlib.sha256(repr(self).encode()).hexdigest()[:6]
        return f'{self.base.name}-search-{what}-{digest}'

    def rung_name(self, rung: int) -> str:
        return f'{self.name}-rung{rung + 1}'

    def size(self, rung: int) -> int:
        """Trials of a rung, counted from 0."""
        return self.trials // self.keep**rung

    def share(self, rung: int) -> float:
        """A rung's budget, of the whole."""
        return 1 / self.keep ** (self.rungs - 1 - rung)

    def cost(self) -> float:
        """What all of it takes, in runs of the whole budget."""
        return sum(self.size(rung) * self.share(rung) for rung in range(self.rungs))

    def budget(self, rung: int, whole: Experiment) -> tuple[str, ...]:
        """What gives a rung its epochs or steps, rounded up; nothing for the last.

        Args:
            whole: the base as it is trained here, whose budget may be a stand-in's or the user's.
        """
        if rung == self.rungs - 1:
            return ()
        if whole.steps is not None:
            return (f'steps={math.ceil(whole.steps * self.share(rung))}',)
        return (f'epochs={float(f"{whole.epochs * self.share(rung):.{DIGITS}g}")}',)

    def grid(self, rung: int, trials: Sequence[Trial], whole: Experiment) -> Grid:
        """Those trials with the budget of a rung; `whole` as for `budget`."""
        own = self.budget(rung, whole)
        members = (Member(_label(trial), self.base, (*trial.change, *own)) for trial in trials)
        return Grid(self.rung_name(rung), tuple(members))


def promoted(scores: Mapping[Trial, float], count: int) -> list[Trial]:
    """The best trials, the greatest score first, ties by their numbers; those without one are out.

    Args:
        scores: greater is better; minus infinity: failed, or not defined.
    """
    ranked = sorted(scores, key=lambda trial: (-scores[trial], trial.number))
    return [trial for trial in ranked if math.isfinite(scores[trial])][:count]


def axis(text: str) -> Axis:
    """What `--search` says: `path=low..high`, `path=low..high,log`, or `path=one,another`.

    Raises:
        UserError: it is none of these.
    """
    path, equals, values = text.partition('=')
    wrong = UserError(
        f"--search={text}: 'name=low..high', 'name=low..high,log' or 'name=one,another' is wanted, "
        'as in model.dropout=0..0.5 or optimizer.learning_rate=1e-4..1e-1,log'
    )
    if not path or not equals:
        raise wrong
    ends, dots, high = values.partition('..')
    if not dots:
        found = tuple(value.strip() for value in values.split(','))
        if len(found) < 2 or not all(found):
            raise wrong
        return Choice(path, found)
    high, comma, log = high.partition(',')
    if comma and log != 'log':
        raise wrong
    try:
        low, high = _number(ends), _number(high)
    except ValueError:
        raise wrong from None
    if not low < high or (log and low <= 0):
        raise UserError(f'--search={text}: the lower end first, and above zero for log')
    return Range(path, low, high, bool(log))


def fitted(axis: Axis, experiment: Experiment) -> Axis:
    """The axis as a field of that experiment takes it: fractions are drawn where it holds them.

    Raises:
        UserError: there is no such field, or it does not take an end of the axis or one of its
            values.
    """
    values = axis.values if isinstance(axis, Choice) else (axis.low, axis.high)
    held = []
    for value in values:
        found: Any = overrides.apply(experiment, [f'{axis.path}={value}'])
        for name in axis.path.split('.'):
            found = found[int(name)] if isinstance(found, tuple) else getattr(found, name)
        held.append(found)
    if isinstance(axis, Range) and all(isinstance(each, float) for each in held):
        return dataclasses.replace(axis, low=float(axis.low), high=float(axis.high))
    return axis


def _number(text: str) -> int | float:
    """Whole where it is written so."""
    try:
        return int(text)
    except ValueError:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(text) from None
        return value


def _label(trial: Trial) -> str:
    return ' '.join([f'trial {trial.number}', *map(_shortened, trial.change)])


def _shortened(assignment: str) -> str:
    path, _, value = assignment.partition('=')
    return f'{path.rpartition(".")[2]}={value}'
