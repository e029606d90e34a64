"""What holds of every model that gives tokens a likelihood."""

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research import fields
from research.errors import UserError
from research.models import TokenGRU, Transformer, tokens

# Each program runs once or twice: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})
SIZES = (2, 3)
MODELS: dict[str, Any] = {
    'Transformer': Transformer(
        outputs=5, vocabulary=SIZES, context=5, width=8, depth=2, heads=2, expansion=2, period=5
    ),
    'TokenGRU': TokenGRU(outputs=5, vocabulary=SIZES, embedding=6, widths=(7, 5)),
}


@functools.cache
def example(name):
    """Notes, and parameters large enough that everything that may matter does."""
    draws = [jax.random.randint(jax.random.PRNGKey(i), (3, 12), 0, s) for i, s in enumerate(SIZES)]
    x = jnp.stack(draws, axis=-1)
    variables = jit(MODELS[name].init)(jax.random.PRNGKey(5), x, jnp.full(3, 12))
    return jax.tree.map(lambda p: 2 * p, variables), x


@functools.cache
def whole_pass(name) -> Any:
    return jit(MODELS[name].apply)


def log_likelihoods(logits, x):
    """Of each field of each note."""
    logs = [jax.nn.log_softmax(each) for each in fields.split(logits, SIZES)]
    own = [jnp.take_along_axis(log, x[..., i, None], -1) for i, log in enumerate(logs)]
    return jnp.concatenate(own, axis=-1)


@pytest.mark.parametrize('name', MODELS)
def test_likelihoods_of_all_pieces_of_a_length_add_up_to_one(name):
    variables, _ = example(name)
    notes = list(itertools.product(*map(range, SIZES)))
    pieces = jnp.array(list(itertools.product(notes, repeat=3)))
    lengths = jnp.full(len(pieces), 3)
    logits, _ = whole_pass(name)(variables, pieces, lengths)
    each = jnp.exp(log_likelihoods(logits, pieces).sum(axis=(1, 2)))
    assert len(pieces) == 6**3
    np.testing.assert_allclose(each.sum(), 1, rtol=1e-5)
    assert each.max() > 1.5 * each.min()


@pytest.mark.parametrize('name', MODELS)
@pytest.mark.parametrize('field', [0, 1])
def test_a_field_is_told_from_what_comes_before_it_and_from_nothing_else(name, field):
    variables, x = example(name)
    other = x.at[:, 6, field].set((x[:, 6, field] + 1) % SIZES[field])
    apply = whole_pass(name)
    before, after = (
        fields.split(apply(variables, each, jnp.full(3, 12))[0], SIZES) for each in (x, other)
    )
    for told, (one, two) in enumerate(zip(before, after, strict=True)):
        first = 6 if told > field else 7
        np.testing.assert_array_equal(one[:, :first], two[:, :first])
        assert (jnp.abs(one - two)[:, first] > 1e-4).any(axis=-1).all()


@pytest.mark.parametrize('name', MODELS)
def test_one_note_at_a_time_comes_to_the_whole_pass(name):
    variables, x = example(name)
    model = MODELS[name]
    whole, _ = whole_pass(name)(variables, x, jnp.full(3, 12))

    @jit
    def played(x):
        def note(carry, token):
            previous, cache = carry
            hidden, cache = model.apply(variables, previous, cache, method='advance')
            # A field's logits want the fields before it alone.
            guesses = [
                model.apply(variables, hidden, token.at[:, field:].set(0), method='logits')
                for field in range(len(SIZES))
            ]
            parts = [fields.split(g, SIZES)[field] for field, g in enumerate(guesses)]
            return (token, cache), jnp.concatenate(parts, axis=-1)

        start = (jnp.full((3, 2), 99), model.begin(3))
        return jax.lax.scan(note, start, jnp.swapaxes(x, 0, 1))[1]

    np.testing.assert_allclose(jnp.swapaxes(played(x), 0, 1), whole, atol=1e-5)


def test_attention_looks_as_far_back_as_the_context_reaches():
    model = Transformer(outputs=7, context=4, width=8, depth=1, heads=2)
    x = jax.random.randint(jax.random.PRNGKey(0), (1, 12), 0, 7)
    variables: Any = jit(model.init)(jax.random.PRNGKey(1), x, jnp.array([12]))

    apply: Any = jit(model.apply)

    def changed(place):
        both = jnp.concatenate([x, x.at[:, place].add(1) % 7])
        logits, _ = apply(variables, both, jnp.array([12, 12]))
        return set(np.flatnonzero(np.abs(logits[0] - logits[1]).max(axis=-1) > 1e-6).tolist())

    assert changed(3) == {4, 5, 6, 7}


def test_a_period_tells_equal_tokens_apart_by_their_place_in_it():
    model = Transformer(outputs=7, context=1, width=8, depth=1, heads=2, period=4)
    x = jnp.full((1, 12), 3)
    variables: Any = jit(model.init)(jax.random.PRNGKey(1), x, jnp.array([12]))
    logits = jit(model.apply)(variables, x, jnp.array([12]))[0][0]
    np.testing.assert_allclose(logits[4:8], logits[8:], atol=1e-6)
    apart = np.abs(logits[4:8, None] - logits[None, 4:8]).max(axis=-1)
    assert apart[~np.eye(4, dtype=bool)].min() > 1e-3


def test_sizes_that_do_not_add_up_to_the_outputs_are_told():
    assert tokens.sizes((), 5) == (5,)
    with pytest.raises(UserError, match=r'`vocabulary` \(=\(2, 3\)\) adds up to 5, .* 6 values'):
        tokens.sizes((2, 3), 6)


def test_another_number_of_fields_is_told():
    model = TokenGRU(outputs=5, vocabulary=(2, 3))
    with pytest.raises(UserError, match='tokens of 4 fields, `vocabulary` has 2 sizes'):
        model.init(jax.random.PRNGKey(0), jnp.zeros((1, 3, 4), jnp.int32), jnp.array([3]))


@pytest.mark.parametrize('name', MODELS)
def test_a_token_outside_its_field_is_never_taken_for_another(name):
    variables, x = example(name)
    logits, _ = whole_pass(name)(variables, x.at[0, 2, 0].set(2), jnp.full(3, 12))
    assert jnp.isnan(logits[0, 3:]).all()
    assert jnp.isfinite(logits[1:]).all()
