"""Answers to files of which some have theirs from a process before."""

import itertools
from collections.abc import Iterator, Sequence

from research.predicting.answers import Answers, Reported, Watch
from research.predicting.journal import Journal
from research.predicting.places import Place


def ask(
    answers: Answers, places: Sequence[Place], watch: Watch, journal: Journal
) -> Iterator[Reported]:
    """What `answers.ask` gives, to the bit, where the files are those of the processes before.

    What the journal holds is taken from there, what it does not is asked and kept in it. Where some
    files have changed, those after them keep answers that were given at other slots of a batch.
    """
    slot = 0
    for held, some in itertools.groupby(places, journal.holds):
        if held:
            for place in some:
                reported = journal.take(place)
                slot = reported.slot
                yield reported
        else:
            for reported in answers.ask(list(some), watch, slot):
                slot = reported.slot
                journal.add(reported)
                yield reported
