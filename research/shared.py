"""What runs of one signature have in common, made once for those that follow one another.

Runs that differ in seed and values alone hear the same features, are judged on the same parts and
run the same programs; the last of these is kept by research.step.
"""

import dataclasses
import functools
from typing import Any

import numpy as np

from research import evaluate, material, sources
from research import step as steps
from research.augment import RandomCrop
from research.corpora import Corpus
from research.experiment import Experiment
from research.material import Material
from research.parallel import Devices


def signature(experiment: Experiment) -> Experiment:
    """The experiment but for its seed and values: equal for runs that can be a stack.

    Of the values how far a crop may shift stays: what is read of a recording hangs on it.
    """
    plain = steps.canonical(experiment)
    pairs = zip(experiment.augment, plain.augment, strict=True)
    augment = tuple(own if isinstance(own, RandomCrop) else other for own, other in pairs)
    course = {name: getattr(experiment, name) for name in ('epochs', 'steps', 'eval_epochs')}
    return dataclasses.replace(plain, augment=augment, **course)


class Shared:
    """A corpus as runs of one signature meet it.

    Attributes:
        made: parts and meaning.
        bound: the signature, its model's outputs as the task wants them.
    """

    def __init__(self, alike: Experiment, corpus: Corpus, streamed: bool):
        self.made: Material = material.prepare(alike, corpus)
        self.bound = steps.bound(alike, self.made.meaning)
        self._streamed = streamed
        self._evaluators: dict[str, evaluate.Evaluator] = {}
        self._data: Any = None

    def evaluator(self, part: str) -> evaluate.Evaluator:
        """Of 'valid' or 'test'."""
        if part not in self._evaluators:
            self._evaluators[part] = evaluate.Evaluator(
                self.bound, self.made, self.made.parts[part], self._streamed
            )
        return self._evaluators[part]

    def data(self, devices: Devices) -> Any:
        """The training part as the layout has it; read, and heard by the front-end, once."""
        if self._data is None:
            part = self.made.parts['train']
            self._data = sources.on_device(self.bound, self.made.corpus, part)
        return devices.put(self._data)

    def few(self, count: int, devices: Devices) -> Any:
        """The first examples of the training part, for whoever wants no more than their shapes."""
        part = self.made.parts['train']
        first = part.where(np.arange(len(part)) < count)
        return devices.put(sources.on_device(self.bound, self.made.corpus, first))


@functools.lru_cache(maxsize=1)
def share(alike: Experiment, corpus: Corpus, streamed: bool) -> Shared:
    """Of the signature that was asked for last, what was made for it before.

    Raises:
        UserError: as material.prepare and step.bound.
    """
    return Shared(alike, corpus, streamed)
