"""The training step: one experiment's state and a batch in, the next state out.

Everything random is a function of the seed, the step and the example's position in the batch, so a
run can stop after any step and go on as if it had not.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, UInt32

from research import batches, mixup, values
from research.errors import UserError
from research.experiment import Experiment, StandIn, network
from research.meaning import Meaning
from research.models import layers
from research.overrides import replace
from research.parallel import Devices

# Independent streams under one seed.
INIT, STEP = 0, 1
Values = dict[str, Float[Array, ''] | float]


class TrainState(NamedTuple):
    """All that a step changes, and the key that it does not.

    Attributes:
        step: steps done.
        params: of the model.
        stats: running statistics of batch norm.
        moments: the optimizer's state.
        key: raw key of the seed.
        sums: loss, hits and gradient norm, added up since the last report.
        broken: step of the first loss or gradient that was not finite; -1: none.
    """

    step: Int[Array, '']
    params: Any
    stats: Any
    moments: Any
    key: UInt32[Array, '2']
    sums: dict[str, Float[Array, '']]
    broken: Int[Array, '']


class Weights(NamedTuple):
    """What predicting needs of a state."""

    params: Any
    stats: Any


def bound(experiment: Experiment, meaning: Meaning) -> Experiment:
    """The experiment with its model's outputs as the task wants them.

    Raises:
        UserError: the model gives outputs for other things than the task wants them for.
    """
    model, task = experiment.model, experiment.task
    labels = getattr(model, 'labels', 'recording')
    if labels != task.labels:
        raise UserError(
            f'model={type(model).__name__} labels each {_one(labels)}, and {type(task).__name__} '
            f'wants an output for each {_one(task.labels)}: take another model'
        )
    if labels != 'recording' and any(isinstance(each, mixup.Mixup) for each in experiment.augment):
        raise UserError(
            f'augment=Mixup blends recordings that have one label each, and {type(task).__name__} '
            f'wants an output for each {_one(labels)}: leave it out'
        )
    changes: dict[str, Any] = {'outputs': task.outputs(meaning)}
    if hasattr(model, 'vocabulary'):
        changes['vocabulary'] = meaning.sizes
    if hasattr(task, 'sizes'):
        experiment = replace(experiment, task=replace(task, sizes=meaning.sizes))
    return replace(experiment, model=replace(model, **changes))


def _one(labels: str) -> str:
    return labels.removesuffix('s')


def canonical(experiment: Experiment) -> Experiment:
    """The experiment without what no program depends on: name, seed, and all that is a value.

    Runs whose bound experiments come to the same here share their programs, and can be a stack.
    """
    plain = values.bind(experiment, dict.fromkeys(values.extract(experiment), 0.0))
    course = {'epochs': 1.0, 'steps': None, 'eval_epochs': 1.0, 'patience': None}
    return dataclasses.replace(plain, name='', seed=0, standin=StandIn(''), **course)


def init(experiment: Experiment) -> TrainState:
    """Fresh parameters for a bound experiment: a function of its seed."""
    key = jax.random.PRNGKey(experiment.seed)
    params, stats, moments = _fresh(canonical(experiment))(key)
    sums = {name: jnp.zeros(()) for name in ('loss', 'hits', 'grad_norm', 'steps')}
    zero = jnp.zeros((), jnp.int32)
    return TrainState(zero, params, stats, moments, key, sums, zero - 1)


@functools.lru_cache(maxsize=16)
def _fresh(experiment: Experiment) -> Callable[[UInt32[Array, '2']], Any]:
    """Parameters, running statistics and moments of a seed's key, as a program."""
    one = batches.example(experiment)
    # Built on one device, where there is no axis to average over.
    model = network(experiment)

    def build(key):
        x = jnp.zeros((1, *one.shape), one.dtype)
        variables = model.init(jax.random.fold_in(key, INIT), x, jnp.full(1, x.shape[1]))
        moments = experiment.optimizer.transform().init(variables['params'])
        return variables['params'], variables.get('batch_stats', {}), moments

    return jax.jit(build)


def step(
    experiment: Experiment,
    total: int,
    average: Callable,
    state: TrainState,
    data: batches.Features | batches.Clips | batches.Shortened,
    indices: Int[Array, ' batch'],
    positions: Int[Array, ' batch'],
    scalars: Values,
) -> TrainState:
    """One update.

    Args:
        experiment: bound; gives shapes and rules.
        total: steps of the whole run, for the schedule.
        average: over devices; the identity where XLA does it.
        state: before the step.
        data: the training part, on the device.
        indices: examples of this step.
        positions: of those examples in the whole batch.
        scalars: the numbers that take the place of the experiment's own.
    """
    experiment = values.bind(experiment, scalars)
    own = jax.random.fold_in(jax.random.fold_in(state.key, STEP), state.step)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(own, positions)
    x, lengths, targets = batches.fetch(experiment, data, indices, keys)
    x, judged = mixup.blend(experiment.augment, keys, x, lengths, targets)

    def objective(params):
        outputs, changed = network(experiment).apply(
            {'params': params, 'batch_stats': state.stats},
            x,
            lengths,
            keys,
            mutable=['batch_stats'],
        )
        losses = judged(lambda targets: experiment.task.loss(outputs, targets))
        hits = jnp.mean(judged(lambda targets: experiment.task.hits(outputs, targets)))
        return jnp.mean(losses), (hits, changed.get('batch_stats', {}))

    (loss, (hits, stats)), gradient = jax.value_and_grad(objective, has_aux=True)(state.params)
    loss, hits, gradient = average((loss, hits, gradient))
    norm = optax.tree.norm(gradient)
    direction, moments = experiment.optimizer.transform().update(
        gradient, state.moments, state.params
    )
    params, _ = experiment.optimizer.apply(state.params, direction, state.step, total)
    bad = ~(jnp.isfinite(loss) & jnp.isfinite(norm))
    seen = {'loss': loss, 'hits': hits, 'grad_norm': norm, 'steps': jnp.ones(())}
    return TrainState(
        step=state.step + 1,
        params=params,
        stats=stats,
        moments=moments,
        key=state.key,
        sums=jax.tree.map(jnp.add, state.sums, seen),
        broken=jnp.where((state.broken < 0) & bad, state.step, state.broken),
    )


def compile_steps(
    experiment: Experiment, total: int, devices: Devices, guarded: bool = False
) -> Callable:
    """`dispatch(state, data, indices [steps, batch], positions, (scalars, fresh))`, compiled.

    Several steps are one program; `fresh` empties the sums before them. Returns the state and a
    copy of its sums that outlives the next, donating, call. On a layout for a stack, state, scalars
    and `fresh` have a leading member axis, and indices are [steps, members, batch].

    Experiments that differ in values alone are given the same program. `guarded` as layers.guarded.
    """
    return _compiled(canonical(experiment), total, devices, guarded)


@functools.lru_cache(maxsize=16)
def _compiled(experiment: Experiment, total: int, devices: Devices, guarded: bool) -> Callable:
    if devices.axis and hasattr(experiment.model, 'batch_axis'):
        experiment = replace(experiment, model=replace(experiment.model, batch_axis=devices.axis))

    def average(tree):
        return jax.lax.pmean(tree, devices.axis) if devices.axis else tree

    one = functools.partial(step, experiment, total, average)
    if devices.stacked:
        one = jax.vmap(one, in_axes=(0, None, 0, None, 0))

    def dispatch(state, data, indices, positions, rest):
        scalars, fresh = rest
        emptied = jax.tree.map(lambda x: jnp.where(fresh, 0, x), state.sums)
        state = state._replace(sums=emptied)
        if indices.shape[0] == 1:
            state = one(state, data, indices[0], positions, scalars)
        else:

            def body(state, indices):
                return one(state, data, indices, positions, scalars), None

            state, _ = jax.lax.scan(body, state, indices)
        return state, (state.sums | {'broken': state.broken})

    @functools.wraps(dispatch)
    def traced(*arguments):
        with layers.guarded(guarded):
            return dispatch(*arguments)

    return devices.compile(traced if guarded else dispatch)
