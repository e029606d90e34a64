"""Which part of a corpus is heard, as a value."""

import dataclasses

from research.bounds import Count, Index, Positive


@dataclasses.dataclass(frozen=True)
class Data:
    """Which sounds, cut how, and which of them are heard in training.

    Attributes:
        corpus: name of the prepared corpus.
        protocol: name of the split; empty means the corpus's own default.
        fold: which part of the protocol is the test part, for protocols that have folds.
        slice_s: length of one training example in seconds.
        slices: at most so many slices of a recording, one after the other from its start.
        min_s: recordings shorter than this are left out; None: none are.
        max_s: recordings longer than this are left out.
        max_chars: recordings whose column `transcript` has more characters are left out.
        buckets: lengths that training examples are grouped by, so that a step computes only as much
            as its longest example needs; a program each (see research.buckets). 1: `slice_s` alone.
    """

    corpus: str
    protocol: str = ''
    fold: Index = 0
    slice_s: Positive = 30.0
    slices: Count = 1
    min_s: Positive | None = None
    max_s: Positive | None = None
    max_chars: Count | None = None
    buckets: Count = 1
