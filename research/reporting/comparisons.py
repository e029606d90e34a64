"""What of some runs may be compared: a task on a corpus by a protocol, tested on the same items."""

import contextlib
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from research import aggregates, finished, scores
from research.comparison import Cells, once, tabulate
from research.errors import UserError
from research.finished import Finished
from research.gathering import Gathered
from research.measures import Measure
from research.reporting import labels

# What is shown first of a task; else the first score that its runs have.
FIRST = {
    'Classification': 'item_accuracy',
    'Detection': 'average_precision',
    'CTC': 'wer',
    'Regression': 'mae',
}
COLUMNS = ('corpus', 'protocol')
SPLIT = (*COLUMNS, 'prepared', 'tested')
Row = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Runs that were tested on the same, as one column of a table has them.

    Of settings, those of its runs have two more: `prepared`, the fingerprint's first digits where
    the corpus has several, and `tested`, the test part's name where the protocol has several.

    Attributes:
        number: among the comparisons of a page.
        task: its name, 'Classification'.
        column: corpus, protocol, and what else tells it from others.
        rows: names of the settings that make a row.
        metric: what is shown first.
        aggregate: name of what a row's score is made of those of its seeds.
        runs: finished ones.
        cells: of each score that they have, `metric` first.
        most: models that the page holds figures of, the best; None: all.
    """

    number: int
    task: str
    column: Row
    rows: tuple[str, ...]
    metric: str
    aggregate: str
    runs: Sequence[Finished]
    cells: Mapping[str, Cells]
    most: int | None = None

    @property
    def title(self) -> str:
        return ', '.join(self.column)

    @property
    def place(self) -> tuple[str, str, str]:
        """Corpus, fingerprint and protocol."""
        settings = self.runs[0].settings
        names = ('data.corpus', 'fingerprint', 'data.protocol')
        corpus, fingerprint, protocol = (str(settings[name]) for name in names)
        return corpus, fingerprint, protocol

    def models(self) -> list[Row]:
        """Rows with a finished seed, the best first; those that are not defined last."""
        means = {row: cell.mean for (row, _), cell in self.cells[self.metric].items() if cell.seeds}
        return sorted(means, key=lambda row: -scores.better(self.metric, means[row]))

    def held(self) -> list[Row]:
        """The models that the page holds figures of, the best first."""
        return self.models()[: self.most]

    @functools.cached_property
    def _by_row(self) -> dict[Row, list[Finished]]:
        found: dict[Row, list[Finished]] = {}
        for run in self.runs:
            found.setdefault(run.texts(self.rows), []).append(run)
        return found

    @functools.cached_property
    def _folds(self) -> list[Any]:
        return sorted({run.settings['data.fold'] for run in self.runs})

    def seeds(self, row: Row) -> list[list[Finished]]:
        """The row's runs: of each seed all folds. A seed without some of them is left out."""
        folds = self._folds
        by_seed: dict[Any, dict[Any, Finished]] = {}
        for run in self._by_row.get(row, ()):
            by_seed.setdefault(run.settings['seed'], {})[run.settings['data.fold']] = run
        return [[each[f] for f in folds] for each in by_seed.values() if sorted(each) == folds]

    def of(self, row: Row) -> list[Finished]:
        """The row's runs."""
        return [run for folds in self.seeds(row) for run in folds]

    def measure(self, row: Row, metric: str) -> Measure:
        """A score of the row's seeds, as intervals are made of it."""
        return scores.measured([finished.pooled(folds, metric) for folds in self.seeds(row)])


def compare(
    found: Gathered,
    rows: Sequence[str] | None = None,
    metric: str | None = None,
    aggregate: str = 'mean',
) -> tuple[list[Comparison], list[str]]:
    """Comparisons in the order of tasks and corpora, and a line on each run that is in none.

    Args:
        found: runs of any tasks, corpora and protocols.
        rows: settings that make a row; None: labels that tell all models apart.
        metric: what is shown first; None: as the task has it.
        aggregate: of the seeds.

    Raises:
        UserError: no run has the metric.
    """
    runs, notes = list(found.finished), [*found.notes]
    if metric is not None:
        having = [run for run in runs if metric in run.tested.known()]
        notes += [f'left out: {run.place}: it has no {metric}' for run in runs if run not in having]
        if runs and not having:
            known = ', '.join(sorted({name for run in runs for name in run.tested.known()}))
            raise UserError(f'no run has a score {metric}: there are {known}')
        runs = having
    runs, twins = once(runs)
    notes += twins
    runs, missing = _told_apart(runs, found.missing, metric)
    made: list[Comparison] = []
    for key in sorted({_key(run, metric) for run in runs}):
        own = [run for run in runs if _key(run, metric) == key]
        task, column, chosen = key
        named = tuple(name for name, text in zip(SPLIT, column, strict=True) if text)
        apart = {name: own[0].settings[name] for name in named if name not in COLUMNS}
        wanted = [{**each, **apart} for each in missing if _expected(each, own[0].settings)]
        whole = Comparison(
            number=len(made),
            task=task,
            column=own[0].texts(named),
            rows=tuple(rows or ['label']),
            metric=chosen,
            aggregate=aggregate,
            runs=own,
            cells={},
        )
        cells, more = _tables(whole, named, wanted)
        notes += more
        whole = dataclasses.replace(whole, cells=cells)
        # Where no seed has all folds there are cells, and nothing in them to show.
        if chosen in cells and whole.models():
            made.append(whole)
    return made, [*dict.fromkeys(notes)]


def _key(run: Finished, metric: str | None) -> tuple[str, Row, str]:
    """What runs of one comparison share."""
    task = labels.kind(run.settings)
    return task, run.texts(SPLIT), _first(run, metric)


def _tables(
    whole: Comparison, columns: Sequence[str], missing: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Cells], list[str]]:
    """Cells of each score, the first one first, and a line on what is left out."""
    cells: dict[str, Cells] = {}
    notes = []
    others = [name for name in _known(whole.runs) if name != whole.metric]
    for name in [whole.metric, *others]:
        alike, unlike = labels.alike(whole.runs, name)
        if unlike:
            rows = ', '.join(sorted({', '.join(run.texts(whole.rows)) for run in unlike}))
            notes.append(
                f'left out: {name} of {rows} on {whole.title}: tested on other '
                f'{scores.of(name).per} than the other models'
            )
        here = Gathered(alike, list(missing), [], True)
        aggregate = aggregates.AGGREGATES[whole.aggregate]
        try:
            cells[name], more = tabulate(here, whole.rows, columns, name, aggregate=aggregate)
            notes += more
        except UserError as error:
            notes.append(f'left out: {name} on {whole.title}: {error}')
    return cells, notes


def _told_apart(
    runs: Sequence[Finished], missing: Sequence[Mapping[str, Any]], metric: str | None
) -> tuple[list[Finished], list[Mapping[str, Any]]]:
    """The same, with labels, fingerprints and test parts that differ where they must."""
    prints: dict[tuple[str, str, str], set[str]] = {}
    for run in runs:
        prints.setdefault(_where(run), set()).add(str(run.settings['fingerprint']))
    parts = dict.fromkeys(map(id, runs), '')
    kinds = {id(run): (labels.kind(run.settings), _first(run, metric)) for run in runs}
    for kind in set(kinds.values()):
        own = [run for run in runs if kinds[id(run)] == kind]
        parts |= dict(zip(map(id, own), labels.tested(own, kind[1]), strict=True))
    settings = [
        {**run.settings, 'prepared': _short(run, prints), 'tested': parts[id(run)]} for run in runs
    ]
    named = labels.labelled([*settings, *missing], COLUMNS)
    told = [dataclasses.replace(run, settings=new) for run, new in zip(runs, named, strict=False)]
    return told, [*named[len(runs) :]]


def _where(run: Finished) -> tuple[str, str, str]:
    corpus, protocol = run.texts(COLUMNS)
    return labels.kind(run.settings), corpus, protocol


def _short(run: Finished, prints: Mapping[tuple[str, str, str], set[str]]) -> str:
    """The fingerprint's first digits, where there is another of the same corpus."""
    own = str(run.settings['fingerprint'])
    return own[: labels.DIGITS] if len(prints[_where(run)]) > 1 else ''


def _expected(missing: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Whether one that is not finished would stand beside runs of these settings."""
    if labels.kind(missing) != labels.kind(settings):
        return False
    with contextlib.suppress(KeyError):
        return finished.texts(missing, COLUMNS) == finished.texts(settings, COLUMNS)
    return False


def _known(runs: Sequence[Finished]) -> list[str]:
    """Scores that any of the runs has, in the order of `scores.SCORES`."""
    known = {name for run in runs for name in run.tested.known()}
    return [name for name in scores.SCORES if name in known]


def _first(run: Finished, metric: str | None) -> str:
    """What is shown first of a run: what is wished for, else its task's own, else what it has."""
    if metric is not None:
        return metric
    known, task = run.tested.known(), labels.kind(run.settings)
    own = FIRST.get(task, '')
    return own if own in known else next(name for name in scores.SCORES if name in known)
