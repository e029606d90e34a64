"""Calls that a detector finds in long recordings: as files, as counts, and judged.

Recordings whose column `kind` is 'forest' stand in no part of a split: they are heard in windows
that overlap, and what is found is judged by the column `events` where the truth is known and no
copy of the recording was heard before. What windows can tell has a ceiling (see
`research.decoding.overlapping`): scores stand beside those of an ideal detector.
"""

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
from jaxtyping import Float, Float32

from research import detections
from research.corpora import Corpus
from research.decoding.annotations import Annotation, write_audacity, write_raven
from research.decoding.events import Call
from research.decoding.overlapping import HOP_S, decoded, ideal
from research.experiment import sound
from research.listening import Listener, heard
from research.material import Material
from research.results import Trained
from research.scores import Units
from research.tasks import Detection

WINDOWS = ('recording', 'start_s', 'probability')
COLUMNS = ('recording', 'seconds', 'found', 'true', 'error', 'ideal', 'copied')


class Forest(NamedTuple):
    """A long recording that was heard.

    Attributes:
        name: the corpus's item.
        seconds: its length.
        window_s: that of a window.
        starts_s, probability: of each window.
        found: calls.
        truth: start and end of each call there is, in seconds, half-open; None: not known.
        ideal: what an ideal detector of such windows would have found of them.
        copied: whether a record that the run was trained on or chosen by is a copy of it.
    """

    name: str
    seconds: float
    window_s: float
    starts_s: Float[np.ndarray, ' windows']
    probability: Float32[np.ndarray, ' windows']
    found: list[Call]
    truth: Float[np.ndarray, 'calls 2'] | None
    ideal: list[Call]
    copied: bool = False

    @property
    def file(self) -> str:
        """Its name, as a file may have it."""
        return re.sub(r'[/\\:%]', lambda sign: quote(sign[0], safe=''), self.name)

    @property
    def judged(self) -> bool:
        """Whether it counts in the scores."""
        return self.truth is not None and not self.copied


def learnt(made: Material) -> dict[str, float]:
    """`call_s`: how long most calls of the training part are that a clip holds from end to end.

    It is their median by the column `events`. Nothing, where no truth is known or no call is whole.
    """
    corpus, records = made.corpus, np.unique(made.parts['train'].record)
    seconds, whole = corpus.seconds(), []
    for record in records.tolist():
        spans = truth(corpus, record)
        if spans is not None:
            inside = (spans[:, 0] > 0) & (spans[:, 1] < seconds[record])
            whole += (spans[inside, 1] - spans[inside, 0]).tolist()
    return {'call_s': float(np.median(whole))} if whole else {}


def listen(trained: Trained) -> list[Forest]:
    """Hears the forest recordings of a run's corpus; none where it has none."""
    corpus = trained.made.corpus
    kinds = corpus.columns.get('kind', np.zeros(0, str))
    listener = Listener(trained.experiment, trained.weights)
    hop_s = min(HOP_S, listener.size / listener.rate_hz)
    found = []
    for record in np.flatnonzero(kinds == 'forest').tolist():
        told = list(listener(heard(corpus, record, listener.rate_hz), hop_s))
        starts_s = np.concatenate([each.starts_s for each in told])
        probability = np.concatenate([each.said['probability'] for each in told])
        found.append(_forest(trained, record, starts_s, probability))
    return found


def read(trained: Trained) -> list[Forest]:
    """The forests again, from what `more` wrote."""
    path = trained.place.predictions / 'forests.npz'
    if not path.exists():
        return []
    with np.load(path, allow_pickle=False) as file:
        names, starts_s, probability = (file[key] for key in WINDOWS)
    items = trained.made.corpus.columns['item'].astype(str).tolist()
    found = []
    for name in dict.fromkeys(names.tolist()):
        own = names == name
        found.append(_forest(trained, items.index(name), starts_s[own], probability[own]))
    return found


def _forest(trained: Trained, record: int, starts_s: np.ndarray, probability: np.ndarray) -> Forest:
    corpus, window_s = trained.made.corpus, float(trained.experiment.data.slice_s)
    seconds = float(corpus.seconds()[record])
    calls = decoded(probability, starts_s, window_s, seconds, trained.tuned)
    name = str(corpus.columns['item'][record])
    there, copied = truth(corpus, record), heard_before(trained.made, record)
    known = np.zeros((0, 2)) if there is None else there
    best = ideal(known, starts_s, window_s, seconds, trained.tuned)
    return Forest(name, seconds, window_s, starts_s, probability, calls, there, best, copied)


def heard_before(made: Material, record: int) -> bool:
    """Whether a copy of a record, by the corpus's column `copies`, trains or validates."""
    if 'copies' not in made.corpus.columns:
        return False
    copies = made.corpus.columns['copies']
    heard = np.concatenate([made.parts[part].record for part in ('train', 'valid')])
    return bool(copies[record] and (copies[record] == copies[heard]).any())


def truth(corpus: Corpus, record: int) -> Float[np.ndarray, 'calls 2'] | None:
    """Start and end of each call in seconds, as the column `events` has them; None: not known."""
    text = str(corpus.columns['events'][record]) if 'events' in corpus.columns else ''
    return np.array(json.loads(text), np.float64).reshape(-1, 2) if text else None


def more(trained: Trained) -> dict[str, dict[str, Units]]:
    """Scores of the forests, as those of the test part.

    They stand in no part of the split; those of which a copy trains or validates are left out.

    Writes calls/counts.csv, for each forest calls/<name>.csv, <name>.raven.txt (a selection table)
    and <name>.audacity.txt (a label track), and predictions/forests.npz, a row a window.
    """
    found = listen(trained)
    if not found:
        return {}
    folder = trained.place.directory / 'calls'
    folder.mkdir(exist_ok=True)
    task = trained.experiment.task
    assert isinstance(task, Detection), task
    for forest in found:
        _write_calls(folder, forest, task.positive, sound(trained.experiment).rate_hz / 2)
    _write_counts(folder / 'counts.csv', found)
    columns = (
        np.repeat([each.name for each in found], [len(each.starts_s) for each in found]),
        np.concatenate([each.starts_s for each in found]),
        np.concatenate([each.probability for each in found]),
    )
    path = trained.place.predictions / 'forests.npz'
    np.savez_compressed(path, allow_pickle=False, **dict(zip(WINDOWS, columns, strict=True)))
    judged = [forest for forest in found if forest.judged]
    return {'test': units(judged)} if judged else {}


def beside(trained: Trained) -> dict[str, dict[str, Any]]:
    """What the scores of the forests stand on, for result.json; from what `more` wrote.

    Returns:
        'forests': how many were `heard`, of how many the truth is `known`, how many of these are
        `copied` and so not judged; as `ceiling` the scores of an ideal detector of windows on those
        that are judged; and as `of_copies` the run's own on the others, which flatter.
    """
    found = read(trained)
    if not found:
        return {}
    known = [forest for forest in found if forest.truth is not None]
    copied = [forest for forest in known if forest.copied]
    ceiling = [forest._replace(found=forest.ideal) for forest in known if forest.judged]
    facts: dict[str, Any] = {'heard': len(found), 'known': len(known), 'copied': len(copied)}
    for name, forests in {'ceiling': ceiling, 'of_copies': copied}.items():
        values = {score: each.value for score, each in units(forests).items()} if forests else {}
        # A share of nothing is not defined.
        facts |= {name: {k: v for k, v in values.items() if np.isfinite(v)}} if values else {}
    return {'forests': facts}


def units(known: Sequence[Forest]) -> dict[str, Units]:
    """`event_precision`, `event_recall` and `event_f1` (see detections.match), `count_error`.

    The last is the mean over recordings of |calls found - calls there are|. A recording is the unit
    and the group: those without a call count by what was found in them.
    """
    truths = [forest.truth for forest in known if forest.truth is not None]
    tallies = detections.tally(truths, [_spans(forest.found) for forest in known])
    hits, wrong, missed = tallies.T.astype(np.float64)
    names = np.array([forest.name for forest in known])
    over = {
        'event_precision': (hits, hits + wrong),
        'event_recall': (hits, hits + missed),
        'event_f1': (2 * hits, 2 * hits + wrong + missed),
        'count_error': (np.abs(detections.count_errors(tallies)) * 1.0, np.ones(len(names))),
    }
    return {name: Units(names, *each, group=names) for name, each in over.items()}


def _spans(calls: Sequence[Call]) -> Float[np.ndarray, 'calls 2']:
    return np.array([(call.start_s, call.end_s) for call in calls], np.float64).reshape(-1, 2)


def _write_calls(folder: Path, forest: Forest, label: str, high_hz: float) -> None:
    rows = [(f'{c.start_s:.3f}', f'{c.end_s:.3f}', f'{c.probability:.6f}') for c in forest.found]
    _write_table(folder / f'{forest.file}.csv', ('start_s', 'end_s', 'probability'), rows)
    marks = [Annotation(c.start_s, c.end_s, label, c.probability) for c in forest.found]
    write_raven(folder / f'{forest.file}.raven.txt', marks, high_hz)
    write_audacity(folder / f'{forest.file}.audacity.txt', marks)


def _write_counts(path: Path, found: Sequence[Forest]) -> None:
    rows = []
    for each in found:
        count = len(each.found)
        judged = ('', '', '')
        if each.truth is not None:
            judged = len(each.truth), count - len(each.truth), len(each.ideal)
        copied = 'yes' if each.copied else ''
        rows.append((each.name, f'{each.seconds:.3f}', count, *judged, copied))
    _write_table(path, COLUMNS, rows)


def _write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open('w', encoding='utf-8', newline='') as file:
        csv.writer(file, lineterminator='\n').writerows([header, *rows])
