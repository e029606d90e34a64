"""Which validation was the best, and whether waiting for a better one is worth it.

Worked out from the records alone, so that a resumed run decides as one that was not stopped.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from research.scores import better


@dataclasses.dataclass(frozen=True)
class Selection:
    """The best validation so far.

    Attributes:
        step: where it was; -1: there was none.
        score: the task's score there.
        since: validations after it.
    """

    step: int = -1
    score: float = float('-inf')
    since: int = 0

    def exhausted(self, patience: int | None) -> bool:
        return patience is not None and self.since >= patience


def select(records: Iterable[Mapping[str, Any]], score: str) -> Selection:
    """The best of the validations among a run's records.

    The better score wins (see research.scores), among equals the lower loss, then the earlier step.
    """
    best, key = Selection(), (float('-inf'), float('-inf'))
    for record in records:
        if record['split'] != 'valid':
            continue
        own = better(score, record[score]), better('loss', record['loss'])
        if best.step < 0 or own > key:
            best, key = Selection(record['step'], record[score], 0), own
        else:
            best = dataclasses.replace(best, since=best.since + 1)
    return best
