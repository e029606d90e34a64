"""Names that tell the runs of a report apart: no two models, corpora or test parts share one."""

import contextlib
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from research import finished
from research.comparison import AVERAGED, UNTRAINED
from research.finished import Finished
from research.pairs import ABSENT

Settings = Mapping[str, Any]
# What a row's runs may differ in: seeds are averaged, folds pooled, and columns tell the rest.
COLUMN = {'label', 'fingerprint', 'prepared', 'tested', 'data.corpus', 'data.protocol', 'task.kind'}
FREE = AVERAGED | UNTRAINED | COLUMN
LONGEST = 24  # characters of a value in a label
DIGITS = 8  # of a fingerprint that has to be told from another


def kind(settings: Settings) -> str:
    """The task's name; runs had none while all were classifiers."""
    return str(settings.get('task.kind', 'Classification'))


def labelled(settings: Sequence[Settings], split: Sequence[str]) -> list[dict[str, Any]]:
    """The same settings, those that share a label with others unlike them told apart by it.

    A name alone hides what `--set` changed: where runs of one label and one column differ in more
    than the seed, what they differ in stands behind the label.

    Args:
        settings: of runs, finished or not.
        split: names of the settings that make a column.
    """
    found = [dict(each) for each in settings]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in found:
        if 'name' in each:  # one that has not begun need not tell its settings
            groups.setdefault((kind(each), str(each['label'])), []).append(each)
    for group in groups.values():
        apart = dict.fromkeys(name for column in _columns(group, split) for name in _apart(column))
        for each in group:
            more = [f'{name}={_short(each.get(name, ABSENT))}' for name in apart]
            each['label'] = ' '.join([str(each['label']), *more])
    return found


def _short(value: object) -> str:
    """A value, or the beginning of a long one and what tells it from others that begin alike."""
    text = str(value)
    if len(text) <= LONGEST:
        return text
    return f'{text[:LONGEST]}…{hashlib.sha256(text.encode()).hexdigest()[:4]}'


def _columns(group: Sequence[Settings], split: Sequence[str]) -> list[list[Settings]]:
    columns: dict[tuple[str, ...], list[Settings]] = {}
    for each in group:
        with contextlib.suppress(KeyError):
            columns.setdefault(finished.texts(each, split), []).append(each)
    return list(columns.values())


def _apart(column: Sequence[Settings]) -> list[str]:
    """Names of the settings in which runs of one column differ."""
    names = dict.fromkeys(name for each in column for name in each if name not in FREE)
    return [name for name in names if len({str(each.get(name, ABSENT)) for each in column}) > 1]


def tested(runs: Sequence[Finished], metric: str) -> list[str]:
    """Of each run the name of the test part that it shares with others: '' where all share one.

    Runs of one fold were tested on the same if the units of the score have the same names.
    """
    units = [_digest(run.tested.units(metric).unit) for run in runs]
    of_fold: dict[tuple[Any, ...], dict[str, None]] = {}
    for run, digest in zip(runs, units, strict=True):
        of_fold.setdefault(_part(run), {})[digest] = None
    names = []
    for run, digest in zip(runs, units, strict=True):
        known = list(of_fold[_part(run)])
        names.append(f'test part {known.index(digest) + 1}' if len(known) > 1 else '')
    return names


def alike(runs: Sequence[Finished], metric: str) -> tuple[list[Finished], list[Finished]]:
    """Those of the runs with a score that were tested on what most of them were, and the others."""
    having = [run for run in runs if metric in run.tested.known()]
    names = tested(having, metric)
    [(most, _)] = Counter(names).most_common(1)
    pairs = list(zip(having, names, strict=True))
    return [r for r, name in pairs if name == most], [r for r, name in pairs if name != most]


def _part(run: Finished) -> tuple[Any, ...]:
    settings = run.settings
    names = ('data.corpus', 'data.protocol', 'fingerprint', 'data.fold')
    return (kind(settings), *(settings[name] for name in names))


def _digest(units: np.ndarray) -> str:
    return hashlib.sha256('\n'.join(sorted(map(str, units))).encode()).hexdigest()
