"""Utterances that a model has too few frames for."""

import dataclasses
import typing

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from research import batches
from research.errors import UserError
from research.experiment import Experiment, network, sound
from research.material import Material
from research.tasks import ctc


def frames(
    experiment: Experiment, samples: Int[np.ndarray, ' examples']
) -> Int[np.ndarray, ' examples']:
    """Valid frames that a bound experiment's model gives of so many valid samples.

    Nothing but lengths is computed: the compiler drops the rest.
    """
    experiment = dataclasses.replace(experiment, augment=())
    one = batches.example(experiment)
    model, frontend = network(experiment), sound(experiment)
    x = jnp.zeros((1, *one.shape))
    shapes = jax.eval_shape(model.init, jax.random.PRNGKey(0), x, jnp.ones(1, jnp.int32))

    @jax.jit
    def lengths(samples):
        size = round(experiment.data.slice_s * frontend.rate_hz)
        _, heard = frontend(jnp.zeros((1, size)), samples[None])
        variables = jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), shapes)
        _, given = typing.cast(tuple[Array, Array], model.apply(variables, x, heard, None))
        return given[0]

    distinct, row = np.unique(samples, return_inverse=True)
    return np.array(jax.lax.map(lengths, jnp.asarray(distinct)))[row]


def beyond(experiment: Experiment, made: Material) -> dict[str, int]:
    """Of each part, how many utterances a bound experiment's model has too few frames for.

    Raises:
        UserError: all of those to train on.
    """
    found = {}
    for name, part in made.parts.items():
        wanted = np.asarray(ctc.needed(part.target['tokens'], part.target['lengths']))
        found[name] = int(np.sum(wanted > frames(experiment, part.samples)))
    if found['train'] == len(made.parts['train']):
        raise UserError(
            f'{made.corpus.name}: every transcript to train on has more characters than the model '
            'has frames: give a smaller model.stride, or a smaller frontend.hop'
        )
    return found
