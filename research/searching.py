"""A search carried out, rung by rung; killed anywhere, the same command goes on.

Nothing is kept but the rungs' ledgers and the runs: what was drawn follows from the sampler's seed
and from what the runs came to on validation, and is drawn again.
"""

import shlex
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from research import driver, ledger, runs, scores
from research.errors import UserError
from research.experiment import Experiment
from research.grid import Grid
from research.interrupts import Interrupted, Interrupts
from research.packing import How
from research.planned import Planned
from research.search import Search, Trial, promoted

Resolve = Callable[[Grid], list[Planned]]


class Sampler:
    """Asks optuna for trials, and tells it what they came to."""

    def __init__(self, search: Search):
        try:
            import optuna
        except ImportError:
            raise UserError(
                '--search asks optuna, which is not installed: pip install -r '
                'requirements-search.txt -c constraints.txt'
            ) from None
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        first = -(-search.trials // search.waves)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', optuna.exceptions.ExperimentalWarning)
            if search.waves == 1:
                sampler = optuna.samplers.RandomSampler(seed=search.seed)
            else:
                # Trials of one wave must not all be drawn at one place.
                sampler = optuna.samplers.TPESampler(
                    seed=search.seed, n_startup_trials=first, constant_liar=True
                )
        self._search, self._failed = search, optuna.trial.TrialState.FAIL
        self._study = optuna.create_study(sampler=sampler, direction='maximize')
        self._draws: dict[int, Any] = {}

    def ask(self, count: int) -> list[Trial]:
        """The next trials; of those that came out alike, the first."""
        found: dict[tuple[str, ...], Trial] = {}
        for _ in range(count):
            draw = self._study.ask()
            self._draws[draw.number] = draw
            change = tuple(f'{axis.path}={axis.ask(draw)}' for axis in self._search.axes)
            found.setdefault(change, Trial(draw.number, change))
        return list(found.values())

    def tell(self, came: Mapping[Trial, float]) -> None:
        """Scores, greater is better; minus infinity: none."""
        for trial, score in sorted(came.items(), key=lambda each: each[0].number):
            if score == float('-inf'):
                self._study.tell(self._draws[trial.number], state=self._failed)
            else:
                self._study.tell(self._draws[trial.number], score)


def train(search: Search, whole: Experiment, resolve: Resolve, runs_dir: Path, how: How) -> int:
    """Trains all rungs and names the best; the exit code is 1 where no trial reached the end.

    Args:
        search: what to try.
        whole: its base as it is trained here.
        resolve: gives a grid's members their corpus and places.
        runs_dir: of the runs.
        how: they are carried out.
    """
    with Interrupts(driver.say, driver.LEAVING) as interrupts:
        return _train(search, whole, resolve, runs_dir, how, interrupts)


def _train(
    search: Search,
    whole: Experiment,
    resolve: Resolve,
    runs_dir: Path,
    how: How,
    interrupts: Interrupts,
) -> int:
    def stopped() -> int:
        """The exit code of a signal that came once all that was asked for was trained."""
        if not interrupts.number:
            return 0
        stop = Interrupted(interrupts.number, f'{search.name}: the same command goes on')
        print(stop, flush=True)
        return stop.exit_code

    sampler, came = Sampler(search), dict[Trial, float]()
    sizes = [search.trials // search.waves] * search.waves
    sizes[0] += search.trials - sum(sizes)
    for size in sizes:
        if code := stopped():
            return code
        wave = [trial for trial in sampler.ask(size) if trial.change not in _changes(came)]
        grid = search.grid(0, [*came, *wave], whole)
        code, found = _rung(grid, [*came, *wave], resolve, runs_dir, how)
        if code in driver.STOPPED:
            return code
        sampler.tell({trial: found[trial] for trial in wave})
        came = found
    for rung in range(1, search.rungs):
        chosen = promoted(came, search.size(rung))
        if not chosen:
            break
        if code := stopped():
            return code
        code, came = _rung(search.grid(rung, chosen, whole), chosen, resolve, runs_dir, how)
        if code in driver.STOPPED:
            return code
    best = promoted(came, 1)
    print('\n' + '\n'.join(_told(search, came, runs_dir, whole.task.selects_by)))
    return 0 if best else 1


def plan(search: Search, whole: Experiment) -> list[str]:
    """What would be trained; starts nothing."""
    lines = [f'{search.name}: {", ".join(axis.path for axis in search.axes)}']
    for rung in range(search.rungs):
        own = ' '.join(search.budget(rung, whole)) or 'the whole budget'
        lines.append(f'rung {rung + 1}    {search.size(rung):>4} trials  {own}')
    lines.append(f'all       as long as {search.cost():.3g} runs of the whole budget')
    return lines


def begun(search: Search, runs_dir: Path) -> list[tuple[str, list[ledger.Entry]]]:
    """The rungs that have a ledger, with their members."""
    names = [search.rung_name(rung) for rung in range(search.rungs)]
    there = [name for name in names if ledger.path(runs_dir, name).is_file()]
    return [(name, ledger.read(runs_dir, name)) for name in there]


def _rung(
    grid: Grid, trials: Sequence[Trial], resolve: Resolve, runs_dir: Path, how: How
) -> tuple[int, dict[Trial, float]]:
    """Trains a grid's members, and what each of them came to."""
    members = resolve(grid)
    code = driver.train(grid, members, runs_dir, how)
    came = [_score(each.entry.run, each.chosen.experiment) for each in members]
    return code, dict(zip(trials, came, strict=True))


def _score(run: runs.Run, experiment: Experiment) -> float:
    """How good the validation is that the run's weights are of; the test part is not looked at."""
    if run.status() != 'finished':
        return float('-inf')
    name = experiment.task.selects_by
    value = runs.read_json(run.result)['valid'][name]
    return float('-inf') if value is None else scores.better(name, value)


def _changes(trials: Mapping[Trial, float]) -> set[tuple[str, ...]]:
    return {trial.change for trial in trials}


def _told(search: Search, came: Mapping[Trial, float], runs_dir: Path, score: str) -> list[str]:
    """The last rung, the best first, and how to go on with it."""
    lines = [f'{search.name}: {score} on validation']
    ranked = promoted(came, len(came))
    for trial in ranked:
        value = -came[trial] if scores.of(score).lowest else came[trial]
        lines.append(f'{value:>10.4g}  {" ".join(trial.change)}')
    if not ranked:
        return [*lines, 'no trial reached the end']
    corpus = [f'--{each}' for each in search.given if each.startswith('corpus=')]
    rest = [each for each in search.given if not each.startswith('corpus=')]
    sets = [f'--set={change}' for change in (*rest, *ranked[0].change)]
    told = shlex.join([f'--experiment={search.base.name}', *corpus, *sets])
    lines.append(f'best      {told}')
    last = search.rung_name(search.rungs - 1)
    lines.append(f'table     python -m research.tables {last} --runs_dir={runs_dir}')
    return lines
