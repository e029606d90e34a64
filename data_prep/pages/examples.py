"""Which records a page shows, and a sample of all for what only the content can tell."""

import dataclasses
import math
import typing
from collections import defaultdict

import numpy as np
from jaxtyping import Float

from data_prep.audio import Recording
from data_prep.notes import PITCH, Notes
from data_prep.pages import pictures
from data_prep.pages.facts import Facts

MOST = 12
_EACH = 3
SAMPLE = 100
_SAMPLE_S = 30.0


class Example(typing.NamedTuple):
    """A record to be shown.

    Attributes:
        heading: what it stands for: a class, or else a group.
        number: its position.
        content: of a sound the first seconds, of notes all.
    """

    heading: str
    number: int
    content: Recording | Notes


def choose(facts: Facts) -> list[tuple[str, int]]:
    """Heading and position of at most MOST records: the first by name of each class.

    Where there are no classes, groups take their place, and records where there are no groups; of
    more than MOST of them, some at even distances.
    """
    group = facts.protocols[0].group
    by_heading = defaultdict(list)
    for number, row in enumerate(facts.rows):
        if facts.manifest['classes']:
            heading = row['label'] or 'no class'
        else:
            heading = f'{group} {row[group]}' if group and row[group] else row['item']
        by_heading[heading].append(number)
    names = [name for name in facts.manifest['classes'] if name in by_heading]
    names += sorted(by_heading.keys() - {*names})
    taken = [names[len(names) * k // MOST] for k in range(MOST)] if len(names) > MOST else names
    each = min(_EACH, max(1, MOST // max(1, len(taken))))
    return [
        (name, number)
        for name in taken
        for number in sorted(by_heading[name], key=lambda n: facts.rows[n]['item'])[:each]
    ]


def load(facts: Facts) -> list[Example]:
    """The records to be shown."""
    chosen = choose(facts)
    contents = pictures.read(facts.directory, [number for _, number in chosen], pictures.EXCERPT_S)
    return [Example(*each, content) for each, content in zip(chosen, contents, strict=True)]


@dataclasses.dataclass(frozen=True)
class Sample:
    """Some records at even distances.

    Attributes:
        records: how many.
        levels_db: of those with sound that are not silent, over their first 30 s.
        silent: records whose first 30 s are.
        pitches: MIDI pitch of every note, where they hold notes.
    """

    records: int
    levels_db: Float[np.ndarray, ' sounding']
    silent: int
    pitches: Float[np.ndarray, ' notes']


def sample(facts: Facts) -> Sample:
    """Reads at most SAMPLE records."""
    total = len(facts.rows)
    numbers = sorted({total * k // SAMPLE for k in range(SAMPLE)})
    levels, pitches = [], [np.zeros(0)]
    for content in pictures.read(facts.directory, numbers, _SAMPLE_S):
        if isinstance(content, Notes):
            pitches.append(content.events[:, PITCH].astype(float))
        else:
            levels.append(pictures.level_db(content.samples))
    heard = np.array([level for level in levels if level > -math.inf])
    return Sample(len(numbers), heard, len(levels) - len(heard), np.concatenate(pitches))
