"""What of some runs may be compared: a task on a corpus by a protocol, tested on the same items."""

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from research import aggregates, finished, scores
from research.comparison import Cells, tabulate
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
    """

    number: int
    task: str
    column: Row
    rows: tuple[str, ...]
    metric: str
    aggregate: str
    runs: Sequence[Finished]
    cells: Mapping[str, Cells]

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

    def seeds(self, row: Row) -> list[list[Finished]]:
        """The row's runs: of each seed all folds. A seed without some of them is left out."""
        folds = sorted({run.settings['data.fold'] for run in self.runs})
        by_seed: dict[Any, dict[Any, Finished]] = {}
        for run in self.runs:
            if run.texts(self.rows) == row:
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
    runs, notes = found.finished, list(found.notes)
    if metric is not None:
        having = [run for run in runs if metric in run.tested.known()]
        notes += [f'left out: {run.place}: it has no {metric}' for run in runs if run not in having]
        if runs and not having:
            known = ', '.join(sorted({name for run in runs for name in run.tested.known()}))
            raise UserError(f'no run has a score {metric}: there are {known}')
        runs = having
    runs, missing = _told_apart(runs, found.missing, metric)
    split = (*COLUMNS, 'prepared', 'tested')
    made: list[Comparison] = []
    keys = sorted({(labels.kind(run.settings), run.texts(split)) for run in runs})
    for task, column in keys:
        own = [r for r in runs if (labels.kind(r.settings), r.texts(split)) == (task, column)]
        apart = {name: text for name, text in zip(split, column, strict=True) if text}
        apart = {name: text for name, text in apart.items() if name not in COLUMNS}
        wanted: list[Mapping[str, Any]] = [
            {**each, **apart} for each in missing if _expected(each, own[0].settings)
        ]
        here = Gathered(own, wanted, [], found.labelled)
        chosen = metric or _metric(task, own)
        names = [chosen, *(name for name in _known(own) if name != chosen)]
        cells: dict[str, Cells] = {}
        for name in names:
            try:
                table, more = tabulate(
                    here,
                    rows or ['label'],
                    [*COLUMNS, *apart],
                    name,
                    aggregate=aggregates.AGGREGATES[aggregate],
                )
            except UserError as error:
                notes.append(f'left out: {name} of {", ".join(column[:2])}: {error}')
                continue
            cells[name] = table
            notes += more if name == chosen else []
        if chosen in cells:
            title = tuple(text for text in column if text)
            place = len(made)
            made.append(
                Comparison(
                    place, task, title, tuple(rows or ['label']), chosen, aggregate, own, cells
                )
            )
    return made, notes


def _told_apart(
    runs: Sequence[Finished], missing: Sequence[Mapping[str, Any]], metric: str | None
) -> tuple[list[Finished], list[Mapping[str, Any]]]:
    """The same, with labels, fingerprints and test parts that differ where they must."""
    prints: dict[tuple[str, str, str], set[str]] = {}
    for run in runs:
        prints.setdefault(_where(run), set()).add(str(run.settings['fingerprint']))
    parts = dict.fromkeys(map(id, runs), '')
    for task in {labels.kind(run.settings) for run in runs}:
        own = [run for run in runs if labels.kind(run.settings) == task]
        chosen = metric or _metric(task, own)
        own = [run for run in own if chosen in run.tested.known()]
        parts |= dict(zip(map(id, own), labels.tested(own, chosen), strict=True))
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


def _metric(task: str, runs: Sequence[Finished]) -> str:
    """The task's own, where a run has it; else the score that most of them have."""
    if task in FIRST and any(FIRST[task] in run.tested.known() for run in runs):
        return FIRST[task]
    counts = {name: sum(name in run.tested.known() for run in runs) for name in _known(runs)}
    return max(counts, key=lambda name: counts[name])
