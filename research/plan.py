"""What a run would be, without starting it."""

from pathlib import Path

import jax

from research import batches, codec, material, parallel, sources, step
from research.choosing import Chosen
from research.course import course
from research.description import described
from research.experiment import Model
from research.models.forest import Forest

MIB = 2**20


def plan(
    chosen: Chosen, runs_dir: Path, layout: str, most: int | None = None, stream: str = 'auto'
) -> list[str]:
    """Lines for the user: data, shapes, parameters, steps, memory, and where the run would be.

    Nothing is compiled, read or written. Memory is what is known beforehand: data, parameters and
    what goes with each of them; activations depend on the compiler.

    Args:
        chosen: experiment and open corpus.
        runs_dir: where the run would be.
        layout: over the devices, as in parallel.layout.
        most: updates in one program; None: by platform and model.
        stream: whether data would be read as they are needed: 'on', 'off' or 'auto'.
    """
    experiment, corpus = chosen.experiment, chosen.corpus
    made = material.prepare(experiment, corpus)
    bound, parts = step.bound(experiment, made.meaning), made.parts
    place = chosen.run(runs_dir)
    choice = sources.choose(stream, bound, corpus, parts, place)
    where = f'run       {place.directory}: {place.status()}'
    if isinstance(bound.model, Forest):
        from research import forests

        heard = [f'front-end {bound.frontend}', f'model     {_values(bound.model)}']
        more = forests.plan(bound, len(parts['train']))
        return [*described(chosen), *heard, *more, f'data      {choice.line}', where]
    way = course(bound, len(parts['train']), most)
    parallel.layout(layout, bound.batch_size)
    frames, features = batches.example(bound).shape
    state = jax.eval_shape(lambda: step.init(bound))
    if choice.streamed:
        data_bytes = sources.streamed_bytes(bound, corpus, parts, way)
    else:
        data_bytes = sources.resident_bytes(bound, corpus, parts)
    sizes = {
        'data': data_bytes,
        'parameters': _bytes(state.params) + _bytes(state.stats),
        'gradients': _bytes(state.params),
        'optimizer': _bytes(state.moments),
    }
    trained = sum(leaf.size for leaf in jax.tree.leaves(state.params))
    running = sum(leaf.size for leaf in jax.tree.leaves(state.stats))
    device = parallel.describe()
    held = ', '.join(f'{name} {size / MIB:,.0f}' for name, size in sizes.items())
    return [
        *described(chosen),
        f'front-end {bound.frontend}',
        f'batch     {bound.batch_size} x {frames} frames x {features} features',
        f'model     {_values(bound.model)}',
        f'size      {trained:,} parameters, {running:,} running statistics',
        f'steps     {way.total:,}: {way.total * bound.batch_size / way.examples:.1f} epochs, '
        f'a validation every {way.between}, {way.dispatch} a program',
        f'device    {device["count"]} x {device["kind"]} ({device["platform"]}), {layout}',
        f'data      {choice.line}',
        f'memory    {sum(sizes.values()) / MIB:,.0f} MiB ({held}), and activations',
        where,
    ]


def _values(module: Model) -> str:
    kind = type(module)
    fields = (f'{name}={getattr(module, name)!r}' for name in codec.annotations(kind))
    return f'{kind.__name__}({", ".join(fields)})'


def _bytes(tree) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
