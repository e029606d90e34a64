"""What an experiment makes of a corpus: the examples of each part, and what outputs stand for."""

import dataclasses

from research import corpora
from research.corpora import Corpus
from research.examples import Examples
from research.experiment import Experiment, sound
from research.meaning import Meaning


@dataclasses.dataclass(frozen=True)
class Material:
    """A corpus, cut for an experiment.

    Attributes:
        corpus: open.
        parts: 'train', 'valid' and 'test', with their targets.
        meaning: learnt from the training part alone.
    """

    corpus: Corpus
    parts: dict[str, Examples]
    meaning: Meaning


def prepare(experiment: Experiment, corpus: Corpus) -> Material:
    """Cuts the parts and learns what outputs stand for.

    Raises:
        UserError: the task cannot learn from the corpus, or the parts cannot be cut so.
    """
    parts = corpora.cut(corpus, experiment.data, sound(experiment).rate_hz)
    task = experiment.task
    meaning = task.meaning(corpus, parts['train'])
    return Material(
        corpus,
        {
            name: dataclasses.replace(part, target=task.targets(corpus, part, meaning))
            for name, part in parts.items()
        },
        meaning,
    )
