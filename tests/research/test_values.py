import jax
import jax.numpy as jnp

import experiments
from research import overrides, values


def build():
    return overrides.apply(
        experiments.build('genre_cnn2d'),
        ['augment=Gain,SpecAugment', 'optimizer.schedule=WarmupCosine'],
    )


def test_the_values_are_the_numbers_that_are_no_shapes():
    assert values.extract(build()) == {
        'augment.0.max_db': 6.0,
        'augment.1.max_freq': 27.0,
        'augment.1.max_time': 100.0,
        'model.dropout': 0.3,
        'optimizer.learning_rate': 1e-3,
        'optimizer.schedule.final': 0.0,
        'optimizer.weight_decay': 0.0,
        'task.label_smoothing': 0.0,
    }


def test_binding_what_was_extracted_changes_nothing():
    experiment = build()
    assert values.bind(experiment, values.extract(experiment)) == experiment


def test_a_bound_value_reaches_the_loss_as_a_traced_scalar():
    experiment = build()
    outputs, targets = jnp.array([[2.0, 0.0]]), jnp.array([0])

    @jax.jit
    def loss(smoothing):
        bound = values.bind(experiment, {'task.label_smoothing': smoothing})
        return bound.task.loss(outputs, targets)[0]

    sharp = -jax.nn.log_softmax(outputs)[0, 0]
    expected = 0.8 * sharp + 0.2 * (sharp + sharp + 2.0) / 2
    assert abs(loss(0.2) - expected) < 1e-6
    assert loss(0.2) != loss(0.0)
