"""Problems by name: each says how outputs are judged, predicted and scored."""

from research.tasks.classification import Classification
from research.tasks.contract import Predictions, Task, Truth, Tuned
from research.tasks.ctc import CTC
from research.tasks.detection import Detection
from research.tasks.next_token import NextToken
from research.tasks.regression import Regression
from research.tasks.rolls import NextFrame

KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (CTC, Classification, Detection, NextFrame, NextToken, Regression)
}

__all__ = [
    'CTC',
    'KINDS',
    'Classification',
    'Detection',
    'NextFrame',
    'NextToken',
    'Predictions',
    'Regression',
    'Task',
    'Truth',
    'Tuned',
]
