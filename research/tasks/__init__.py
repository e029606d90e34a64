"""Problems by name: each says how outputs are judged, predicted and scored."""

from research.tasks.classification import Classification
from research.tasks.contract import Predictions, Task, Truth, Tuned
from research.tasks.ctc import CTC
from research.tasks.detection import Detection

KINDS: dict[str, type] = {kind.__name__: kind for kind in (CTC, Classification, Detection)}

__all__ = ['KINDS', 'Classification', 'Detection', 'Predictions', 'Task', 'Truth', 'Tuned']
