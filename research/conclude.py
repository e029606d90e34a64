"""The end of a run: scores with intervals, predictions on disk, and what a person looks at."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from research import results, scores, stats
from research.evaluate import Evaluator
from research.experiment import Experiment
from research.material import Material
from research.results import Trained, curves
from research.runs import Run
from research.scores import Counted
from research.step import Weights


def score(
    place: Run,
    experiment: Experiment,
    made: Material,
    weights: Weights,
    evaluators: Mapping[str, Evaluator],
    say: Callable[[str], None],
) -> tuple[Trained, dict[str, dict[str, Any]]]:
    """Predicts and scores validation and test; what is tuned, is tuned on validation.

    Writes `predictions/<part>.npz`, a row a slice, and `predictions/<part>_units.npz`: of each
    score that has units those, as `<score>/unit` and so on (see research.scores).

    Returns:
        What was trained, and for result.json per part the task's scores (None where one is not
        defined), the 95% interval of each that has units (`<score>_interval`; groups resampled
        whole; none where it is not known), how many slices, items and groups, and `tuned`, and what
        else the task's results tell (see results.beside).
    """
    place.predictions.mkdir(exist_ok=True)
    task, meaning = experiment.task, made.meaning
    predictions = {name: each(weights.params, weights.stats) for name, each in evaluators.items()}
    tuned = task.tune(predictions['valid'], evaluators['valid'].truth, meaning)
    tuned = {**tuned, **results.learnt(experiment, made)}
    trained = Trained(place, experiment, made, weights, evaluators, predictions, tuned, say)
    more = results.more(trained)
    found: dict[str, dict[str, Any]] = {'tuned': dict(tuned), **results.beside(trained)}
    for name, part in evaluators.items():
        said, truth = predictions[name], part.truth
        told = dict(task.score(said, truth, meaning, tuned))
        units = {**task.units(said, truth, meaning, tuned), **more.get(name, {})}
        told |= {extra: each.value for extra, each in more.get(name, {}).items()}
        intervals = {}
        for key, each in units.items():
            interval = stats.interval(scores.measured([each]), scores.of(key).share)
            if np.isfinite(interval).all():
                intervals[f'{key}_interval'] = list(interval)
        _write(place, name, {**truth, **said}, meaning.labels, units)
        counts = {each + 's': len(np.unique(truth[each])) for each in ('item', 'group')}
        found[name] = told | intervals | {'slices': part.examples} | counts
    return trained, defined(found)


def defined(value: Any) -> Any:
    """The same with None for each NaN in it: JSON has no such number."""
    if isinstance(value, Mapping):
        return {name: defined(each) for name, each in value.items()}
    return None if isinstance(value, float) and np.isnan(value) else value


def draw(trained: Trained, records: Sequence[Mapping[str, Any]], best_step: int) -> None:
    """Writes the curves, and what the task's results have to show."""
    plots_dir = trained.place.plots
    plots_dir.mkdir(exist_ok=True)
    experiment = trained.experiment
    title = f'{experiment.name} on {trained.made.corpus.name}'
    curves.draw(experiment.task, records, best_step, plots_dir / 'curves.png', title)
    results.draw(trained)


def _write(
    place: Run,
    part: str,
    columns: Mapping[str, np.ndarray],
    labels: Sequence[str],
    units: Mapping[str, Counted],
) -> None:
    path = place.predictions / f'{part}.npz'
    np.savez_compressed(path, allow_pickle=False, classes=np.array(labels, str), **columns)
    flat = {
        f'{score}/{field}': values
        for score, each in units.items()
        for field, values in each._asdict().items()
    }
    np.savez_compressed(place.predictions / f'{part}_units.npz', allow_pickle=False, **flat)
