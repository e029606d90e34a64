"""Examples that a model has too few frames for."""

import bisect
import functools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from research import overrides
from research.errors import UserError
from research.experiment import Experiment, Model, sound
from research.frontends import FrontEnd
from research.material import Material
from research.models.forest import Forest
from research.tasks import CTC, ctc
from research.tokens import View


class Reach:
    """How many valid frames a model's layers leave of so many valid samples.

    Nothing but lengths is computed: the compiler drops the rest.

    Args:
        frontend: that the model hears through.
        model: bound.
        size: samples of a slice.
    """

    def __init__(self, frontend: FrontEnd, model: Model, size: int):
        self.rate_hz, self.size = frontend.rate_hz, size

        def frames(samples: Int[Array, '']) -> Int[Array, '']:
            x, heard = frontend(jnp.zeros((1, size)), samples[None])
            if isinstance(model, Forest):
                return heard[0]
            made = jax.eval_shape(model.init, jax.random.PRNGKey(0), x, heard)
            variables = jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), made)
            answer: Any = model.apply(variables, x, heard, None, mutable=['intermediates'])
            given, told = answer
            if isinstance(given, tuple):
                return given[1][0]
            [left] = told.get('intermediates', {}).get('left', [heard])
            return left[0]

        self._frames = jax.jit(frames)

    def frames(self, samples: Int[np.ndarray, ' examples']) -> Int[np.ndarray, ' examples']:
        """Of each of several."""
        distinct, row = np.unique(samples, return_inverse=True)
        return np.array(jax.lax.map(self._frames, jnp.asarray(distinct, jnp.int32)))[row]

    def __call__(self, samples: int) -> int:
        """Of one."""
        return int(self._frames(jnp.int32(samples)))

    @functools.cached_property
    def least(self) -> int:
        """The fewest samples that leave a frame; more than a slice has where none do."""
        return 1 + bisect.bisect_left(
            range(1, self.size + 1), True, key=lambda samples: self(samples) > 0
        )

    @property
    def least_s(self) -> float:
        return self.least / self.rate_hz


def of(experiment: Experiment) -> Reach:
    """A bound experiment's; those that differ in other things share one."""
    frontend = sound(experiment)
    return _of(frontend, experiment.model, round(experiment.data.slice_s * frontend.rate_hz))


_of = functools.lru_cache(maxsize=8)(Reach)


def vanishes(experiment: Experiment, shortest: int) -> bool:
    """Whether batch norm of a bound experiment may meet a batch of which no frame is left.

    Args:
        shortest: valid samples of the shortest example to train on.
    """
    if isinstance(experiment.frontend, View) or not hasattr(experiment.model, 'batch_axis'):
        return False
    reach = of(experiment)
    # Whole slices that are too short for a model are refused by its layers.
    return shortest < reach.size and not reach(shortest)


def beyond(experiment: Experiment, made: Material) -> dict[str, int]:
    """Of each part, how many examples a bound experiment's model has too few frames for.

    A transcript wants a frame a character and one between equal ones; all else wants one frame.

    Raises:
        UserError: all of those to train on.
    """
    if isinstance(experiment.frontend, View):
        return dict.fromkeys(made.parts, 0)
    reach, found = of(experiment), {}
    for name, part in made.parts.items():
        if isinstance(experiment.task, CTC):
            wanted = np.asarray(ctc.needed(part.target['tokens'], part.target['lengths']))
            found[name] = int(np.sum(wanted > reach.frames(part.samples)))
        else:
            shortest = int(part.samples.min())
            short = shortest < reach.size and not reach(shortest)
            found[name] = int(np.sum(part.samples < reach.least)) if short else 0
    if found['train'] == len(made.parts['train']):
        raise _refused(experiment, made)
    return found


def told(experiment: Experiment, made: Material) -> list[str]:
    """A line on each part with examples that the model has too few frames for; raises as `beyond`.

    For whoever asks for a run or trusts its result.
    """
    lines = []
    for name, count in beyond(experiment, made).items():
        of_all = f'{count} of {len(made.parts[name])}'
        if count and isinstance(experiment.task, CTC):
            lines.append(f'too few frames, so no loss, in {name}: {of_all} utterances')
        elif count:
            lines.append(
                f'shorter than {of(experiment).least_s:.3g} s, of which the model keeps no frame, '
                f'in {name}: {of_all} slices; what it says of them is the same for every sound'
            )
    return lines


def _refused(experiment: Experiment, made: Material) -> UserError:
    name, model = made.corpus.name, type(experiment.model).__name__
    if isinstance(experiment.task, CTC):
        return UserError(
            f'{name}: every transcript to train on has more characters than the model '
            'has frames: give a smaller model.stride, or a smaller frontend.hop'
        )
    longest = int(made.parts['train'].samples.max())
    ways = list(_ways(experiment, longest))
    help_ = f'give {" or ".join(ways)}' if ways else 'longer ones are wanted'
    reach = of(experiment)
    return UserError(
        f'{name}: model={model} keeps no frame of a recording shorter than {reach.least_s:.3g} s, '
        f'and the longest to train on has {longest / reach.rate_hz:.3g} s: {help_}'
    )


def _ways(experiment: Experiment, samples: int) -> Iterator[str]:
    """Changes with which a recording of so many samples leaves a frame."""
    changes = [
        f'model.levels={n}' for n in range(getattr(experiment.model, 'levels', 0) - 1, 0, -1)
    ]
    for tried in (changes, ['model=SeparableCNN']):
        for change in tried:
            if of(overrides.apply(experiment, [change]))(samples):
                yield f'--set={change}'
                break
