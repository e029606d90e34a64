from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import experiments
from research import batches, order, overrides, parallel, step, values
from research.errors import UserError
from research.meaning import Meaning
from research.mixup import Mixup


def small(*changes, name='genre_mlp'):
    own = ['model.widths=16,8'] if name == 'genre_mlp' else []
    experiment = overrides.apply(experiments.build(name), [*own, 'batch_size=8', *changes])
    return step.bound(experiment, Meaning(labels=('a', 'b', 'c')))


@pytest.fixture(scope='module')
def data():
    x = jax.random.normal(jax.random.PRNGKey(0), (24, 125, 13))
    return batches.Features(x, jnp.full(24, 125), jnp.arange(24) % 3)


def advance(experiment, data, updates, per_program=1, scalars=None):
    devices = parallel.Jit(jax.local_devices())
    dispatch = step.compile_steps(experiment, 100, devices)
    state, at = devices.put(step.init(experiment)), 0
    scalars = scalars or {k: jnp.float32(v) for k, v in values.extract(experiment).items()}
    positions = np.arange(experiment.batch_size, dtype=np.int32)
    sums = {}
    while at < updates:
        chosen = order.indices(experiment.seed, at, per_program, experiment.batch_size, 24)
        state, sums = dispatch(state, data, chosen, positions, (scalars, at == 0))
        at += per_program
    return state, sums


def test_a_step_is_adams_on_the_mean_loss_of_the_batch(data):
    experiment = small()
    state = step.init(experiment)
    chosen = order.indices(0, 0, 1, 8, 24)[0]

    def loss(params):
        x = data.inputs[chosen]
        outputs: Any = experiment.model.apply({'params': params}, x, data.lengths[chosen])
        return jnp.mean(
            optax.softmax_cross_entropy_with_integer_labels(outputs, data.targets[chosen])
        )

    rule = optax.adam(1e-3, eps=1e-7)
    updates, _ = rule.update(jax.grad(loss)(state.params), rule.init(state.params))
    expected = optax.apply_updates(state.params, updates)
    after, sums = advance(experiment, data, 1)
    for ours, theirs in zip(jax.tree.leaves(after.params), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)
    assert abs(float(sums['loss']) - float(loss(state.params))) < 1e-5
    assert int(after.step) == 1


def test_several_steps_in_one_program_are_the_same_steps(data):
    one, _ = advance(small('model.dropout=0.5'), data, 8)
    many, sums = advance(small('model.dropout=0.5'), data, 8, per_program=4)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(many), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert float(sums['steps']) == 8


def one_step(experiment):
    dispatch: Any = step.compile_steps(experiment, 100, parallel.Jit(jax.local_devices()))
    scalars = {name: jnp.float32(x) for name, x in values.extract(experiment).items()}
    return dispatch, scalars, order.indices(0, 0, 1, 8, 24), np.arange(8, dtype=np.int32)


def test_a_value_that_changes_compiles_nothing_and_acts(data):
    experiment = small()
    dispatch, scalars, chosen, positions = one_step(experiment)
    start, moved = step.init(experiment), []
    for rate in (1e-6, 1e-3):
        changed = scalars | {'optimizer.learning_rate': jnp.float32(rate)}
        after, _ = dispatch(step.init(experiment), data, chosen, positions, (changed, True))
        pairs = zip(jax.tree.leaves(after.params), jax.tree.leaves(start.params), strict=True)
        moved.append(max(float(jnp.abs(a - b).max()) for a, b in pairs))
    assert dispatch._cache_size() == 1
    assert 0 < moved[0] < 1e-5 < moved[1]


def test_the_seed_decides_the_first_parameters_and_what_is_dropped(data):
    first, again = (step.init(small()) for _ in range(2))
    other = step.init(small('seed=1'))
    for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(a, b)
    kernel = 'Dense_0'
    assert (first.params[kernel]['kernel'] != other.params[kernel]['kernel']).mean() > 0.9
    drops, losses = small('model.dropout=0.5'), []
    dispatch, scalars, chosen, positions = one_step(drops)
    for key in (0, 0, 1):
        state = step.init(drops)._replace(key=jax.random.PRNGKey(key))
        _, sums = dispatch(state, data, chosen, positions, (scalars, True))
        losses.append(float(sums['loss']))
    assert losses[0] == losses[1] != losses[2]


def test_the_first_step_that_is_not_finite_is_remembered(data):
    broken = data._replace(inputs=data.inputs.at[order.indices(0, 2, 1, 8, 24)[0, 0]].set(jnp.nan))
    seen = [int(advance(small(), broken, updates)[1]['broken']) for updates in (1, 3, 5)]
    first = next(
        at
        for at in range(3)
        if order.indices(0, 2, 1, 8, 24)[0, 0] in order.indices(0, at, 1, 8, 24)[0]
    )
    assert seen[1] == seen[2] == first
    assert seen[0] == (0 if first == 0 else -1)


def test_bfloat16_learns_as_float32_does(data):
    _, exact = advance(small(name='genre_cnn2d'), data, 12)
    _, rough = advance(small('model.dtype=bfloat16', name='genre_cnn2d'), data, 12)
    assert abs(float(exact['loss']) - float(rough['loss'])) < 0.1 * float(exact['loss'])
    assert float(exact['loss']) != float(rough['loss'])


def test_clipping_bounds_what_a_step_sees_but_not_what_it_reports(data):
    loud = data._replace(inputs=data.inputs * 1e3)
    rule = 'optimizer=Momentum'
    free, sums = advance(small(rule), loud, 1)
    clipped, _ = advance(small(rule, 'optimizer.clip_norm=1'), loud, 1)
    start = step.init(small(rule))

    def distance(state):
        change = jax.tree.map(jnp.subtract, state.params, start.params)
        return float(optax.tree.norm(change))

    assert float(sums['grad_norm']) > 10
    # Nesterov's first step is (1 + momentum) times the gradient.
    assert distance(clipped) == pytest.approx(1.9e-3, rel=1e-3)
    assert distance(free) > 5 * distance(clipped)


@pytest.mark.parametrize(
    ('name', 'labels'),
    [
        ('CNNBiGRU', 'frame'),
        ('ConformerCTC', 'frame'),
        ('TokenLSTM', 'token'),
        ('Transformer', 'token'),
    ],
)
def test_a_model_that_labels_other_things_than_the_task_is_refused(name, labels):
    asked = overrides.apply(experiments.build('genre_mlp'), [f'model={name}'])
    said = f'^model={name} labels each {labels}, and Classification wants an output for each record'
    with pytest.raises(UserError, match=said):
        step.bound(asked, Meaning(labels=('a', 'b', 'c')))


def test_mixup_is_refused_where_there_is_no_label_a_recording():
    changes = ['task=CTC', 'model=CNNBiGRU', 'augment=Mixup']
    asked = overrides.apply(experiments.build('genre_mlp'), changes)
    with pytest.raises(
        UserError, match=r'^augment=Mixup blends recordings .* each frame: leave it'
    ):
        step.bound(asked, Meaning(labels=('', 'a', 'b')))


def test_a_step_with_mixup_descends_the_cross_entropy_of_blended_targets(data):
    experiment = small('augment=Mixup', 'augment.0.alpha=0.8', 'optimizer=Momentum')
    state = step.init(experiment)
    chosen, positions = order.indices(0, 0, 1, 8, 24)[0], jnp.arange(8)
    own = jax.random.fold_in(jax.random.fold_in(state.key, step.STEP), 0)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(own, positions)
    share = jax.vmap(lambda key: Mixup(0.8).share(jax.random.fold_in(key, 0)))(keys)[:, None]
    other = positions + jnp.array([1, -1] * 4)
    x, sharp = data.inputs[chosen], jax.nn.one_hot(data.targets[chosen], 3)
    x = share[:, :, None] * x + (1 - share[:, :, None]) * x[other]
    soft = share * sharp + (1 - share) * sharp[other]

    def loss(params):
        outputs: Any = experiment.model.apply({'params': params}, x, jnp.full(8, 125))
        return jnp.mean(optax.softmax_cross_entropy(outputs, soft))

    after, sums = advance(experiment, data, 1)
    assert float(sums['loss']) == pytest.approx(float(loss(state.params)), rel=1e-5)
    moved = jax.tree.map(
        lambda before, slope: before - 1e-3 * 1.9 * slope,
        state.params,
        jax.grad(loss)(state.params),
    )
    for ours, theirs in zip(jax.tree.leaves(after.params), jax.tree.leaves(moved), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)
