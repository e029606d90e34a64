"""What whoever trusts a run's result should know first, told from its parts before it trains."""

from research.material import Material
from research.tasks import Detection, Task
from research.tasks.detection import UNTUNED


def of(task: Task, made: Material) -> list[str]:
    """A line on each, for the log and for result.json."""
    if not isinstance(task, Detection):
        return []
    found = []
    if not _called(task, made, 'valid'):
        found.append(
            f'validation has no {task.positive}: the thresholds are {UNTUNED:g}, which nothing '
            'chose, and the loss alone picks the checkpoint'
        )
    if not _called(task, made, 'test'):
        found.append(f'the test part has no {task.positive}: only wrong finds are counted there')
    return found


def _called(task: Detection, made: Material, part: str) -> bool:
    return bool(task.truth(made.corpus, made.parts[part])['target'].any())
