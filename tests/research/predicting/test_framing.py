from typing import Any

import jax
import jax.numpy as jnp
import pytest

import experiments
from research import batches, overrides, step
from research.experiment import network
from research.meaning import Meaning
from research.predicting.speech import framing


@pytest.mark.parametrize('slice_s', [1.2, 2.0, 2.5, 7.5])
@pytest.mark.parametrize(('channels', 'stride'), [('4', 2), ('4,4', 4), ('4,4,4', 8)])
def test_frames_are_as_far_apart_as_the_strides_say_in_windows_of_any_length(
    slice_s, channels, stride
):
    """The published network loses frames at the ends of each convolution."""
    own = [f'data.slice_s={slice_s}', f'model.channels={channels}', 'model.widths=4']
    experiment = overrides.apply(experiments.build('speech_cnn_bigru'), own)
    bound = step.bound(experiment, Meaning(labels=('', *'ab')))
    one = batches.example(bound)
    init, x = network(bound).init, jnp.zeros((1, *one.shape))
    shapes: Any = jax.eval_shape(init, jax.random.PRNGKey(0), x, jnp.ones(1, jnp.int32))
    variables = jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), shapes)
    weights = step.Weights(variables['params'], variables['batch_stats'])
    frames, samples = framing(bound, weights)
    assert samples == stride * 160
    left = one.shape[0]
    for _ in channels.split(','):
        left = (left - 11) // 2 + 1
    assert frames == left
