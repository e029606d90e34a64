"""What an evaluator says of pieces of notes, against the model asked piece by piece."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments
from research import batches, features, material, overrides, step
from research.evaluate import Evaluator

# Each program runs once or twice: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})
LENGTHS = [12, 9, 15, 7, 10, 8]
SMALL = ['data.corpus=composed', 'batch_size=4', 'model.embedding=6', 'model.widths=5']


@pytest.fixture(scope='module')
def corpus(composed):
    return composed(LENGTHS)


def bound(corpus, *changes) -> Any:
    chosen = overrides.apply(experiments.build('notes_gru'), [*SMALL, *changes])
    made = material.prepare(chosen, corpus)
    return step.bound(chosen, made.meaning), made


@pytest.fixture(scope='module')
def params(corpus):
    """The same for windows of any length."""
    chosen, _ = bound(corpus, 'frontend.window=8', 'frontend.context=0')
    rows = jnp.zeros((1, 8, 4), jnp.int32)
    return jit(chosen.model.init)(jax.random.PRNGKey(0), rows, jnp.array([8]))['params']


def test_whole_pieces_come_to_the_nats_of_the_model_asked_one_by_one(corpus, params):
    chosen, made = bound(corpus, 'frontend.window=64', 'frontend.context=0')
    part = made.parts['train']
    said = Evaluator(chosen, made, part)(params, {})
    apply = jit(chosen.model.apply)
    for row, record in enumerate(part.record):
        rows = chosen.frontend.encode(corpus.notes([record])[0])
        alone = np.pad(rows, ((0, 61 - len(rows)), (0, 0)))[None]  # a program for all pieces
        logits, _ = apply({'params': params}, alone, jnp.array([len(rows)]))
        nats = 0.0
        for field, start in enumerate(np.cumsum([0, *made.meaning.sizes[:-1]])):
            own = logits[0, : len(rows), start : start + made.meaning.sizes[field]]
            log = own - np.log(np.exp(np.asarray(own, np.float64)).sum(axis=-1, keepdims=True))
            nats -= np.take_along_axis(np.asarray(log), rows[:, field, None], axis=1).sum()
        assert said['tokens'][row] == len(rows) == 4 * LENGTHS[record]
        assert said['nll'][row] == pytest.approx(nats, rel=1e-5)


def test_windows_of_a_piece_are_judged_as_the_model_hears_them(corpus, params):
    chosen, made = bound(corpus, 'frontend.window=16', 'frontend.context=6')
    part = made.parts['test']
    said = Evaluator(chosen, made, part)(params, {})
    judged = {item: said['tokens'][part.item == item].sum() for item in set(part.item.tolist())}
    assert judged == {f'item {i}': 4 * LENGTHS[i] for i in set(part.record.tolist())}
    alone = part.where(np.arange(len(part)) == 1)
    each = Evaluator(chosen, made, alone)(params, {})
    np.testing.assert_allclose(each['nll'][0], said['nll'][1], rtol=1e-5)


def test_a_transposed_window_is_told_as_it_is_heard(corpus):
    chosen, made = bound(corpus, 'frontend.window=16', 'frontend.context=6')
    part = made.parts['train']
    data = features.resident(chosen, corpus, part)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(jax.random.PRNGKey(0), jnp.arange(8))
    chosen_rows = np.zeros(8, np.int32)
    x, lengths, targets = batches.fetch(chosen, data, chosen_rows, keys)
    np.testing.assert_array_equal(x, targets['tokens'])
    assert lengths.tolist() == [part.samples[0]] * 8
    shifts = np.asarray(x)[:, :, 0] - part.target['tokens'][0, :, 0]
    assert (shifts == shifts[:, :1]).all()
    assert len({*shifts[:, 0].tolist()}) > 3
    assert set(shifts[:, 0].tolist()) <= set(range(-5, 6))
    plain, _, _ = batches.fetch(chosen, data, chosen_rows, None)
    np.testing.assert_array_equal(plain[0], part.target['tokens'][0])
