"""Update rules against Optax's own ready-made optimizers, schedules against closed forms."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from research.optimizers import Adam, Constant, Momentum, RMSprop, WarmupCosine

STEPS = 10
SCHEDULE = WarmupCosine(warmup_steps=4, final=0.1)
# Its factors over those steps: up in quarters, then from 1 to 0.1 along half a cosine.
FACTORS = [0.25, 0.5, 0.75, 1.0] + [0.55 + 0.45 * math.cos(math.pi * i / 6) for i in range(6)]


def loss(params):
    """A quadratic that bends unevenly, over a matrix and a vector."""
    bends = jnp.arange(1.0, 7.0).reshape(2, 3)
    return jnp.sum(bends * params['matrix'] ** 2) + 3 * jnp.sum((params['vector'] - 1) ** 2)


def start():
    draw = np.random.default_rng(0)
    return {
        'matrix': jnp.asarray(draw.normal(size=(2, 3)), jnp.float32),
        'vector': jnp.asarray(draw.normal(size=3), jnp.float32),
    }


def ours(optimizer, steps=STEPS):
    params = start()
    state = optimizer.transform().init(params)
    for step in range(steps):
        direction, state = optimizer.transform().update(jax.grad(loss)(params), state, params)
        params, _ = optimizer.apply(params, direction, jnp.asarray(step), steps)
    return params


def theirs(optimizer):
    params = start()
    state = optimizer.init(params)
    for _ in range(STEPS):
        updates, state = optimizer.update(jax.grad(loss)(params), state, params)
        params = optax.apply_updates(params, updates)
    return params


def assert_close(found, expected):
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-7, err_msg=name)


def matrices(params):
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)


@pytest.mark.parametrize(
    ('optimizer', 'readymade'),
    [
        (Adam(learning_rate=0.03), optax.adam(0.03, eps=1e-7)),
        (
            Adam(learning_rate=0.03, b1=0.8, b2=0.99, eps=1e-3, weight_decay=0.2),
            optax.adamw(0.03, b1=0.8, b2=0.99, eps=1e-3, weight_decay=0.2, mask=matrices),
        ),
        (
            RMSprop(learning_rate=0.01, decay=0.7),
            optax.rmsprop(0.01, decay=0.7, eps=1e-7, eps_in_sqrt=False),
        ),
        (
            Momentum(learning_rate=0.01, momentum=0.8),
            optax.sgd(0.01, momentum=0.8, nesterov=True),
        ),
        (
            Momentum(learning_rate=0.01, clip_norm=2.0),
            optax.chain(
                optax.clip_by_global_norm(2.0), optax.sgd(0.01, momentum=0.9, nesterov=True)
            ),
        ),
        (
            Adam(learning_rate=0.03, schedule=SCHEDULE),
            optax.adam(lambda count: 0.03 * jnp.array(FACTORS)[count], eps=1e-7),
        ),
    ],
    ids=['adam', 'adamw', 'rmsprop', 'nesterov', 'clipped', 'scheduled'],
)
def test_ten_steps_end_where_optaxs_own_optimizer_does(optimizer, readymade):
    assert_close(ours(optimizer), theirs(readymade))


def test_weight_decay_shrinks_matrices_and_leaves_vectors_alone():
    params = start()
    still = jax.tree.map(jnp.zeros_like, params)
    moved, rate = Adam(learning_rate=0.5, weight_decay=0.1).apply(params, still, jnp.asarray(0), 9)
    np.testing.assert_allclose(moved['matrix'], params['matrix'] * (1 - 0.5 * 0.1), rtol=1e-6)
    np.testing.assert_array_equal(moved['vector'], params['vector'])
    assert rate == 0.5


def test_clipping_bounds_the_norm_over_all_leaves_and_keeps_the_direction():
    gradient = {'matrix': jnp.array([[3.0, 0.0]]), 'vector': jnp.array([4.0])}
    rule = Momentum(momentum=0.0, clip_norm=1.0).transform()
    direction: Any = rule.update(gradient, rule.init(gradient))[0]
    np.testing.assert_allclose(direction['matrix'], [[0.6, 0.0]], rtol=1e-6)
    np.testing.assert_allclose(direction['vector'], [0.8], rtol=1e-6)


def test_a_constant_schedule_is_one_at_every_step():
    assert [Constant().factor(jnp.asarray(step), 7) for step in range(7)] == [1.0] * 7


def test_warmup_rises_in_even_steps_of_which_the_first_moves_already():
    schedule = WarmupCosine(warmup_steps=4)
    factors = [float(schedule.factor(jnp.asarray(step), 10)) for step in range(4)]
    assert factors == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize('final', [0.0, 0.1])
def test_after_the_warmup_the_factor_is_optaxs_cosine(final):
    warmup, steps = 5, 30
    reference = optax.warmup_cosine_decay_schedule(0.0, 1.0, warmup, steps, final)
    schedule = WarmupCosine(warmup_steps=warmup, final=final)
    for step in range(warmup, steps + 3):
        factor = schedule.factor(jnp.asarray(step), steps)
        np.testing.assert_allclose(factor, reference(step), rtol=1e-5, atol=1e-7)


def test_a_warmup_longer_than_the_run_only_rises():
    schedule = WarmupCosine(warmup_steps=8)
    factors = [float(schedule.factor(jnp.asarray(step), 3)) for step in range(3)]
    assert factors == [1 / 8, 2 / 8, 3 / 8]


def test_traced_values_train_as_fixed_ones():
    @jax.jit
    def train(learning_rate, weight_decay, final):
        schedule = WarmupCosine(warmup_steps=4, final=final)
        return ours(Adam(learning_rate=learning_rate, weight_decay=weight_decay, schedule=schedule))

    fixed = Adam(learning_rate=0.03, weight_decay=0.2, schedule=SCHEDULE)
    assert_close(train(0.03, 0.2, 0.1), ours(fixed))
