"""Tokens drawn one after another from a trained model, under one `lax.scan`.

What is drawn at a step depends on the seed, the piece's number, the step and the field, and on
nothing else: of more tokens the first are the same, and piece 3 of 8 is piece 3 of 4.
"""

import functools
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Shaped, UInt32

from research.decoding import sampling
from research.fields import split
from research.models import tokens


class Choice(NamedTuple):
    """How a token is chosen: see `decoding.sampling.sample`.

    Attributes:
        temperature: 0 takes the most probable.
        top_k: tokens kept; 0: all.
        top_p: mass kept.
    """

    temperature: float | Array = 1.0
    top_k: int | Array = 0
    top_p: float | Array = 1.0


def keys(seed: int, pieces: int) -> UInt32[Array, 'pieces 2']:
    """A key a piece."""
    return jax.vmap(jax.random.fold_in, (None, 0))(jax.random.PRNGKey(seed), jnp.arange(pieces))


def stepwise(model: nn.Module) -> bool:
    """Whether a model goes one token at a time, by `begin`, `advance` and `logits`."""
    return all(hasattr(model, name) for name in ('begin', 'advance', 'logits'))


@functools.partial(jax.jit, static_argnames=('model', 'count'))
def draw(
    model: nn.Module,
    variables: Any,
    keys: UInt32[Array, 'pieces 2'],
    prompt: Int[Array, 'pieces told fields'],
    count: int,
    allowed: Bool[Array, ' outputs'],
    choice: Choice,
) -> Int[Array, 'pieces {count} fields']:
    """Goes on from the prompt, field by field within a token.

    Args:
        model: bound, with `begin`, `advance` and `logits`: a TokenGRU, a Transformer.
        variables: its parameters.
        keys: one a piece.
        prompt: the tokens before; may be none.
        count: tokens that are drawn.
        allowed: which values of each field, fields side by side, may be drawn.
        choice: how.
    """
    sizes = tokens.sizes(getattr(model, 'vocabulary', ()), len(allowed))
    pieces, told, fields = prompt.shape

    def ask(method: str, *given: Any) -> Any:
        return model.apply(variables, *given, method=method)

    def one(carry, given):
        previous, cache = carry
        place, known = given
        hidden, cache = ask('advance', previous, cache)
        own = jax.vmap(jax.random.fold_in, (0, None))(keys, place)
        token = jnp.zeros_like(previous)
        for field in range(fields):
            logits = jnp.where(allowed, ask('logits', hidden, token), -jnp.inf)
            drawn = _choose(own, field, split(logits, sizes)[field], choice)
            token = token.at[:, field].set(jnp.where(place < told, known[:, field], drawn))
        return (token, cache), token

    known = jnp.pad(jnp.swapaxes(prompt, 0, 1), ((0, count), (0, 0), (0, 0)))
    start = jnp.zeros((pieces, fields), prompt.dtype), ask('begin', pieces)
    _, drawn = jax.lax.scan(one, start, (jnp.arange(told + count), known))
    return jnp.swapaxes(drawn, 0, 1)[:, told:]


@functools.partial(jax.jit, static_argnames=('model', 'count', 'window'))
def draw_windowed(
    model: nn.Module,
    variables: Any,
    keys: UInt32[Array, 'pieces 2'],
    prompt: Shaped[Array, 'pieces told fields'],
    count: int,
    allowed: Bool[Array, ' outputs'],
    choice: Choice,
    window: int,
) -> Shaped[Array, 'pieces {count} fields']:
    """Goes on from the prompt with a model that is given the last tokens anew for each.

    Tokens of one number are drawn from all. Of frames, which are floats, each key is drawn by
    itself: it sounds with the probability that the model tells, its logit over the temperature.

    Args: as those of `draw`, but for
        model: bound: a TokenLSTM, a FrameGRU.
        window: the most tokens that the next is told from.
    """
    pieces, told, _ = prompt.shape
    frames = jnp.issubdtype(prompt.dtype, jnp.floating)
    start = jnp.pad(prompt, ((0, 0), (0, max(count, window - told)), (0, 0)))

    def one(piece, place):
        first = jnp.maximum(place - window, 0)
        heard = jax.lax.dynamic_slice_in_dim(piece, first, window, axis=1)
        logits = _after(model, variables, heard, jnp.full(pieces, place - first))
        logits = jnp.where(allowed, logits, -jnp.inf)
        own = jax.vmap(jax.random.fold_in, (0, None))(keys, place)
        token = _strike(own, logits, choice) if frames else _choose(own, 0, logits, choice)[:, None]
        return piece.at[:, place].set(token.astype(piece.dtype)), None

    whole, _ = jax.lax.scan(one, start, told + jnp.arange(count))
    return whole[:, told : told + count]


def _after(model: nn.Module, variables: Any, heard: Array, lengths: Array) -> Array:
    """Logits of what follows the valid tokens."""
    if hasattr(model, 'after'):
        return model.apply(variables, heard, lengths, method='after')  # pyright: ignore
    room = jnp.pad(heard, ((0, 0), (0, 1), (0, 0)))
    outputs: Any = model.apply(variables, room, lengths + 1)
    return jnp.take_along_axis(outputs[0], lengths[:, None, None], axis=1)[:, 0]


def _choose(
    keys: UInt32[Array, 'pieces 2'], field: int, logits: Array, choice: Choice
) -> Int[Array, ' pieces']:
    own = jax.vmap(jax.random.fold_in, (0, None))(keys, field)
    return jax.vmap(sampling.sample, (0, 0, None, None, None))(own, logits, *choice)


def _strike(
    keys: UInt32[Array, 'pieces 2'], logits: Array, choice: Choice
) -> Bool[Array, 'pieces outputs']:
    tiny = jnp.finfo(logits.dtype).tiny
    sounding = jax.nn.sigmoid(logits / jnp.maximum(choice.temperature, tiny))
    drawn = jax.vmap(jax.random.bernoulli)(keys, sounding)
    return jnp.where(jnp.asarray(choice.temperature) > 0, drawn, logits > 0)
