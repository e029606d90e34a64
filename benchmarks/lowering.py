"""Convolutions, poolings and LSTM layers of the networks, by XLA alone and as they are done here.

    python -m benchmarks.lowering --repeats=5 --members=4
    python -m benchmarks.lowering --repeats=50 --rows=depthwise

Each is timed forward and backward (all of its gradients) on random numbers, the fastest of the
repeats; both sides take turns. A ratio above 1: ours is so many times faster. Of a depthwise
convolution XLA's side is one over as many groups as there are channels. In rows of stacks each
member has filters of its own, and XLA's side is what `jax.vmap` makes of that. On an NVIDIA GPU
there are rows of LSTM layers too: the scan stands under XLA, model.recurrence=cudnn under ours.
"""

import datetime
import functools
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from absl import app, flags, logging

from research import parallel
from research.bounds import Recurrence
from research.models import cudnn, lowering, pooling, recurrent
from research.models.convolution import Depthwise, around

REPEATS = flags.DEFINE_integer('repeats', 5, 'Of each side.', lower_bound=1)
ROWS = flags.DEFINE_string('rows', '', 'Those whose names have this in them.')
MEMBERS = flags.DEFINE_integer('members', 4, 'Of a stack.', lower_bound=1)

# Batch, frames, features, channels; rows, columns, channels, filters.
CONVOLUTIONS = {
    'genre_cnn2d, first': ((32, 125, 13, 1), (3, 3, 1, 32)),
    'genre_cnn2d, second': ((32, 62, 6, 32), (3, 3, 32, 32)),
    'tracks_cnn2d, first': ((32, 196, 128, 1), (3, 3, 1, 32)),
    'tracks_cnn2d, second': ((32, 97, 63, 32), (3, 3, 32, 64)),
    'tracks_cnn2d, third': ((32, 47, 30, 64), (3, 3, 64, 64)),
    'capuchin_cnn2d, first': ((16, 1491, 257, 1), (3, 3, 1, 16)),
}
# The same, and over one axis.
STACKED = {
    'genre_cnn2d, first': CONVOLUTIONS['genre_cnn2d, first'],
    'genre_cnn2d, second': CONVOLUTIONS['genre_cnn2d, second'],
    'genre_cnn1d, second': ((16, 449, 64), (3, 64, 128)),
}
# Input; window; step.
DEPTHWISE = {
    'capuchin_small, first': ((16, 47, 32, 16), (3, 3), (2, 2)),
    'capuchin_small, second': ((16, 24, 16, 32), (3, 3), (1, 1)),
    'speech_conformer_ctc': ((16, 188, 144), (31,), (1,)),
}
# Batch, frames, inputs; units.
RECURRENCES = {
    'genre_lstm, first': ((32, 125, 13), 64),
    'genre_lstm, second': ((32, 125, 64), 64),
    'notes_lstm': ((32, 100, 1), 256),
}
LAYOUTS = {3: ('NHC', 'HIO', 'NHC'), 4: ('NHWC', 'HWIO', 'NHWC')}
# Input; window; step; padding.
POOLINGS = {
    'genre_cnn2d, first': ((32, 123, 11, 32), (3, 3), (2, 2), 'SAME'),
    'genre_cnn2d, second': ((32, 60, 4, 32), (3, 3), (2, 2), 'SAME'),
    'tracks_cnn2d, first': ((32, 194, 126, 32), (2, 2), (2, 2), 'VALID'),
    'tracks_cnn2d, second': ((32, 95, 61, 64), (2, 2), (2, 2), 'VALID'),
    'genre_cnn1d, first': ((32, 898, 64), (2,), (2,), 'VALID'),
}

LSTM = 'LSTM'

Function = Callable[..., jax.Array]


def backward(function: Function) -> Callable:
    """All gradients of a function of arrays, for the gradient of its result."""

    def gradients(result, *arrays):
        return jax.vjp(function, *arrays)[1](result)

    return gradients


def race(sides: Sequence[Callable], *arrays: jax.Array) -> list[float]:
    """Milliseconds of each side, compiled, in turns."""
    compiled = [jax.jit(side) for side in sides]
    jax.block_until_ready([side(*arrays) for side in compiled])
    best = [float('inf')] * len(sides)
    for _ in range(REPEATS.value):
        for place, side in enumerate(compiled):
            began = time.perf_counter()
            jax.block_until_ready(side(*arrays))
            best[place] = min(best[place], 1e3 * (time.perf_counter() - began))
    return best


def row(name: str, plain: Function, ours: Function, *arrays: jax.Array) -> None:
    if ROWS.value not in name:
        return
    result = jnp.ones(jax.eval_shape(plain, *arrays).shape)
    theirs, own = race((plain, ours), *arrays)
    back_theirs, back_own = race((backward(plain), backward(ours)), result, *arrays)
    cells = [f'{theirs:.1f}', f'{own:.1f}', f'{theirs / own:.2f}']
    cells += [f'{back_theirs:.1f}', f'{back_own:.1f}', f'{back_theirs / back_own:.2f}']
    print(f'| {name} | {" | ".join(cells)} |', flush=True)


def depthwise(
    name: str, shape: tuple[int, ...], window: tuple[int, ...], step: tuple[int, ...]
) -> None:
    keys = jax.random.split(jax.random.PRNGKey(0))
    x, kernel = jax.random.normal(keys[0], shape), jax.random.normal(keys[1], (*window, shape[-1]))

    def grouped(x, kernel):
        layout, groups = LAYOUTS[x.ndim], x.shape[-1]
        return jax.lax.conv_general_dilated(
            x,
            kernel[..., None, :],
            step,
            around(window),
            dimension_numbers=layout,
            feature_group_count=groups,
        )

    def ours(x, kernel) -> Any:
        return Depthwise(window, step).apply({'params': {'kernel': kernel}}, x)

    row(f'depthwise: {name}', grouped, ours, x, kernel)


def recurrence(name: str, shape: tuple[int, ...], width: int) -> None:
    keys = jax.random.split(jax.random.PRNGKey(0), 4)
    shapes = shape, (shape[-1], 4 * width), (width, 4 * width), (4 * width,)
    arrays = [0.1 * jax.random.normal(key, each) for key, each in zip(keys, shapes, strict=True)]

    def by(way: Recurrence) -> Function:
        layer = recurrent.LSTM(width, recurrence=way)

        def outputs(x, inward, hidden, bias) -> Any:
            params = {'input_kernel': inward, 'recurrent_kernel': hidden, 'bias': bias}
            return layer.apply({'params': params}, x)

        return outputs

    row(f'{LSTM}: {name}', by('scan'), by('cudnn'), *arrays)


def asked() -> list[str]:
    """Names of the rows that --rows asks for; exits where there are none, or none can be timed."""
    kinds = {
        'convolution': CONVOLUTIONS,
        'depthwise': DEPTHWISE,
        'pooling': POOLINGS,
        f'stack of {MEMBERS.value}': STACKED,
        LSTM: RECURRENCES,
    }
    known = [f'{kind}: {name}' for kind, layers in kinds.items() for name in layers]
    found = [name for name in known if ROWS.value in name]
    if not found:
        sys.exit(f"error: --rows='{ROWS.value}': no row has this in its name: {'; '.join(known)}")
    if not cudnn.there() and all(name.startswith(LSTM) for name in found):
        sys.exit(f"error: --rows='{ROWS.value}': {without_cudnn()}")
    return found


def without_cudnn() -> str:
    kind = parallel.describe()['kind']
    return f'no rows of LSTM layers: cuDNN wants an NVIDIA GPU, and this is {kind}'


def main(argv: Sequence[str]) -> None:
    del argv
    logging.set_verbosity(logging.WARNING)
    lstm = any(name.startswith(LSTM) for name in asked())
    device = parallel.describe()
    print(
        f'{datetime.date.today()}, {os.cpu_count()} cores, {device["count"]} x {device["kind"]} '
        f'({device["platform"]}), jax {jax.__version__}, ms'
    )
    print('| layer | XLA, forward | ours | ratio | XLA, backward | ours | ratio |')
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
    normal = jax.random.normal

    def plain(x, kernel):
        layout = LAYOUTS[x.ndim]
        ones = (1,) * (x.ndim - 2)
        return jax.lax.conv_general_dilated(x, kernel, ones, 'VALID', dimension_numbers=layout)

    def ours(x, kernel):
        layout = LAYOUTS[x.ndim]
        ones = (1,) * (x.ndim - 2)
        return lowering.convolve(x, kernel, ones, 'VALID', dimension_numbers=layout)

    for name, (shape, kernel) in CONVOLUTIONS.items():
        keys = jax.random.split(jax.random.PRNGKey(0))
        arrays = normal(keys[0], shape), normal(keys[1], kernel)
        row(f'convolution: {name}', plain, ours, *arrays)
    for name, (shape, window, step) in DEPTHWISE.items():
        depthwise(name, shape, window, step)
    for name, (shape, window, step, padding) in POOLINGS.items():
        x = normal(jax.random.PRNGKey(0), shape)
        rest = {'padding': padding}
        theirs = functools.partial(nn.max_pool, window_shape=window, strides=step, **rest)
        own = functools.partial(pooling.max_pool, window=window, stride=step, **rest)
        row(f'pooling: {name}', theirs, own, x)
    for name, (shape, kernel) in STACKED.items():
        keys = jax.random.split(jax.random.PRNGKey(0))
        count = MEMBERS.value
        arrays = normal(keys[0], (count, *shape)), normal(keys[1], (count, *kernel))
        both = jax.vmap(plain), jax.vmap(ours)
        row(f'stack of {count}: {name}', *both, *arrays)
    if not lstm:
        return
    if not cudnn.there():
        print(f'\n{without_cudnn()}')
        return
    for name, (shape, width) in RECURRENCES.items():
        recurrence(name, shape, width)


if __name__ == '__main__':
    app.run(main)
