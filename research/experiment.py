"""An experiment as a value: frozen, hashable, comparable, JSON both ways; no logic.

`research.overrides` changes fields from the command line, `research.codec` writes and reads JSON,
`research.train` gives the values their meaning.
"""

import dataclasses

import flax.linen as nn

from research.augment import Augmentation
from research.bounds import Count, Positive, Seed
from research.data import Data
from research.frontends import FrontEnd
from research.models.forest import Forest
from research.optimizers import Optimizer
from research.tasks import Task
from research.tokens import View

__all__ = ['Data', 'Experiment', 'Inputs', 'Model', 'StandIn', 'network', 'sound']

# What a model hears: features of sound, or tokens of notes.
Inputs = FrontEnd | View
# What is trained step by step, or grown at once.
Model = nn.Module | Forest


@dataclasses.dataclass(frozen=True)
class StandIn:
    """What is trained where the corpus is not prepared: an embedded corpus and its own budget.

    Attributes:
        corpus: name of an embedded corpus.
        overrides: `a.b=value` as on the command line, applied before the user's own.
    """

    corpus: str
    overrides: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One training run, described in full.

    Attributes:
        name: name of the function in experiments/ that made it.
        data: the corpus, its split and its slices.
        frontend: samples to features, on the device; or a view of notes as tokens.
        model: a Linen module or a forest; `outputs` is bound to the corpus by the task.
        task: loss, prediction and score.
        optimizer: update rule, schedule, weight decay and clipping.
        standin: what to train on a machine without the corpus.
        augment: random changes of training examples, in order.
        batch_size: training examples a step.
        epochs: passes over the training part.
        steps: updates of the parameters; takes the place of `epochs` where given.
        eval_epochs: passes between two validations.
        patience: validations without a better one after which training stops; None: never.
        seed: of initial parameters, order of the data, dropout and augmentation.
    """

    name: str
    data: Data
    frontend: Inputs
    model: Model
    task: Task
    optimizer: Optimizer
    standin: StandIn
    augment: tuple[Augmentation, ...] = ()
    batch_size: Count = 32
    epochs: Positive = 30.0
    steps: Count | None = None
    eval_epochs: Positive = 1.0
    patience: Count | None = None
    seed: Seed = 0


def sound(experiment: Experiment) -> FrontEnd:
    """The front-end of an experiment on sound."""
    assert isinstance(experiment.frontend, FrontEnd), f'{experiment.frontend} hears no sound'
    return experiment.frontend


def network(experiment: Experiment) -> nn.Module:
    """The model of an experiment that is trained step by step."""
    assert isinstance(experiment.model, nn.Module), f'{experiment.model} is grown at once'
    return experiment.model
