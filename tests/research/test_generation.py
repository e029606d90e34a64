import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research import fields, generation
from research.generation import Choice
from research.models import FrameGRU, TokenGRU, Transformer

SIZES = (3, 4)
# Each program runs once or twice: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})
GREEDY = Choice(temperature=0.0)
MODELS: dict[str, Any] = {
    'Transformer': Transformer(
        outputs=7, vocabulary=SIZES, context=6, width=8, depth=1, heads=2, expansion=2
    ),
    'TokenGRU': TokenGRU(outputs=7, vocabulary=SIZES, embedding=6, widths=(5,)),
}


# Of parameters with which the most probable tokens are not the same for ever.
SEEDS = {'Transformer': 0, 'TokenGRU': 11}


@functools.cache
def variables(name):
    """Large enough that the tokens before matter."""
    x = jnp.zeros((1, 4, len(SIZES)), jnp.int32)
    made = jit(MODELS[name].init)(jax.random.PRNGKey(1), x, jnp.full(1, 4))
    leaves, tree = jax.tree.flatten(made)
    rng = np.random.default_rng(SEEDS[name])
    return tree.unflatten([jnp.float32(rng.normal(size=leaf.shape)) for leaf in leaves])


def everything(count):
    return jnp.ones(count, bool)


def nothing(pieces):
    return jnp.zeros((pieces, 0, 1), jnp.int32)


class Chain(nn.Module):
    """The next token by a table of the one before; the first is told as if 0 were before it."""

    table: tuple[tuple[float, ...], ...]

    @property
    def outputs(self) -> int:
        return len(self.table)

    def begin(self, batch):
        return jnp.zeros((batch,))

    def advance(self, previous, cache):
        return jnp.array(self.table)[previous[:, 0]], cache

    def logits(self, hidden, token):
        return hidden


@pytest.mark.parametrize('name', MODELS)
def test_the_most_probable_is_the_argmax_of_the_whole_pass_field_by_field(name):
    model, prompt = MODELS[name], jnp.array([[2, 3], [0, 1], [1, 0]])
    drawn = generation.draw(
        model, variables(name), generation.keys(0, 1), prompt[None], 9, everything(7), GREEDY
    )
    piece = np.concatenate([prompt, np.zeros((9, 2), int)])
    whole_pass = jit(model.apply)
    for place in range(3, 12):
        for field in range(2):
            logits, _ = whole_pass(variables(name), piece[None], jnp.full(1, 12))
            piece[place, field] = jnp.argmax(fields.split(logits, SIZES)[field][0, place])
    np.testing.assert_array_equal(drawn[0], piece[3:])
    assert len({tuple(row) for row in piece[3:].tolist()}) > 2


TABLE = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.3, 0.4, 0.3]]))


@pytest.mark.parametrize(
    'choice', [Choice(), Choice(temperature=0.5), Choice(top_k=2), Choice(top_p=0.75)]
)
def test_transitions_come_as_often_as_their_probabilities_say(choice):
    model = Chain(tuple(map(tuple, TABLE.tolist())))
    drawn = np.asarray(
        generation.draw(model, {}, generation.keys(3, 8), nothing(8), 4000, everything(3), choice)
    )[..., 0]
    counts = np.zeros((3, 3))
    np.add.at(counts, (drawn[:, :-1].ravel(), drawn[:, 1:].ravel()), 1)
    wanted = np.exp(TABLE / choice.temperature)
    for row in wanted:
        order = np.argsort(-row, kind='stable')
        share = row[order] / row.sum()
        row[order[choice.top_k or 3 :]] = 0
        row[order[np.cumsum(share) - share >= choice.top_p]] = 0
    wanted /= wanted.sum(axis=1, keepdims=True)
    visits = counts.sum(axis=1, keepdims=True)
    deviation = np.sqrt(wanted * (1 - wanted) / visits)
    assert np.all(np.abs(counts / visits - wanted) <= 4 * deviation)
    assert np.all(visits > 1000)


def test_a_value_that_is_not_allowed_is_never_drawn():
    model = Chain(((9.0, 1.0, 1.0),) * 3)
    allowed = jnp.array([False, True, True])
    for choice in (Choice(), GREEDY):
        drawn = generation.draw(model, {}, generation.keys(0, 4), nothing(4), 200, allowed, choice)
        assert drawn.min() == 1


def test_a_seed_gives_one_piece_of_which_a_longer_one_is_the_continuation():
    model = Chain(tuple(map(tuple, TABLE.tolist())))

    def piece(seed, pieces, count):
        keys = generation.keys(seed, pieces)
        return generation.draw(model, {}, keys, nothing(pieces), count, everything(3), Choice())

    few, many = piece(5, 2, 20), piece(5, 3, 40)
    np.testing.assert_array_equal(many[:2, :20], few)
    assert not np.array_equal(few[0], few[1])
    assert not np.array_equal(piece(6, 2, 20), few)
    np.testing.assert_array_equal(piece(5, 2, 20), few)


def test_a_prompt_is_what_comes_before():
    """A chain remembers one token: what follows the prompt follows its last."""
    model = Chain(((0.0, 9.0, 0.0), (0.0, 0.0, 9.0), (9.0, 0.0, 0.0)))
    prompt = jnp.array([[[0], [1], [2], [1]], [[0], [0], [0], [0]]])
    drawn = generation.draw(model, {}, generation.keys(0, 2), prompt, 5, everything(3), GREEDY)
    assert drawn[:, :, 0].tolist() == [[2, 0, 1, 2, 0], [1, 2, 0, 1, 2]]


class Sum(nn.Module):
    """What follows is the sum of the valid tokens, by three."""

    def after(self, x, lengths):
        valid = jnp.arange(x.shape[1]) < lengths[:, None]
        told = jnp.sum(jnp.where(valid, x[..., 0], 0), axis=1) % 3
        return 5.0 * jax.nn.one_hot(told, 3)


@pytest.mark.parametrize('told', [0, 7])
def test_a_window_is_shifted_over_the_tokens(told):
    prompt = jnp.array([[1, 2, 2, 1, 0, 1, 1], [2, 2, 2, 0, 0, 0, 1]])[:, :told, None]
    drawn = generation.draw_windowed(
        Sum(), {}, generation.keys(0, 2), prompt, 6, everything(3), GREEDY, 3
    )
    for row, before in zip(drawn, prompt[:, :, 0].tolist(), strict=True):
        piece = list(before)
        for _ in range(6):
            piece.append(sum(piece[-3:]) % 3)
        assert row[:, 0].tolist() == piece[told:]


@functools.cache
def frames():
    model, x = FrameGRU(outputs=3, widths=(4,)), jnp.zeros((1, 4, 3))
    made = jit(model.init)(jax.random.PRNGKey(0), x, jnp.full(1, 4))
    leaves, tree = jax.tree.flatten(made)
    rng = np.random.default_rng(6)
    return model, tree.unflatten([jnp.float32(rng.normal(size=leaf.shape)) for leaf in leaves])


def test_the_most_probable_frame_is_that_of_the_whole_pass():
    model, made = frames()
    drawn = generation.draw_windowed(
        model, made, generation.keys(0, 1), jnp.ones((1, 1, 3)), 6, everything(3), GREEDY, 9
    )
    piece = jnp.concatenate([jnp.ones((1, 1, 3)), drawn], axis=1)
    logits, _ = jit(model.apply)(made, piece, jnp.full(1, 7))
    np.testing.assert_array_equal(drawn, logits[:, 1:] > 0)
    assert 0 < drawn.mean() < 1


@pytest.mark.parametrize('temperature', [1.0, 0.5])
def test_keys_sound_as_often_as_their_probabilities_say(temperature):
    model, made = frames()
    bias = np.array([0.0, -1.0, 2.0])
    made = jax.tree.map(jnp.zeros_like, made)
    made['params']['Dense_0']['bias'] = jnp.float32(bias)
    drawn = generation.draw_windowed(
        model,
        made,
        generation.keys(1, 50),
        jnp.zeros((50, 0, 3)),
        100,
        everything(3),
        Choice(temperature),
        4,
    )
    wanted = 1 / (1 + np.exp(-bias / temperature))
    deviation = np.sqrt(wanted * (1 - wanted) / 5000)
    assert np.all(np.abs(drawn.mean(axis=(0, 1)) - wanted) < 4 * deviation)
