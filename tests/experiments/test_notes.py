"""Sizes to the parameter, and which networks tell the same tokens."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments
from research import batches, step
from research.meaning import Meaning
from research.tokens import Voices, events, windows

WORDS = Meaning(labels=tuple(map(str, range(371))), sizes=(371,))
NOTES = Meaning(sizes=events.sizes())
KEYS = Meaning(labels=tuple(map(str, range(21, 109))))
VOICES = Voices().meaning([])


def heads(width, sizes):
    """Logits of each field; from field to field an embedding and a dense layer."""
    dense = sum(width * size + size for size in sizes)
    return dense + sum(size * width + width * width + width for size in sizes[:-1])


def gru(sizes):
    past = sum(sizes) * 128 + 128
    return past + 3 * 256 * (128 + 256 + 2) + heads(256, sizes)


def transformer(sizes):
    # Queries, keys and values without a bias, and what joins them; norms; feed-forward.
    block = 4 * 128 * 128 + 128 + 2 * 2 * 128 + (128 * 512 + 512) + (512 * 128 + 128)
    return sum(sizes) * 128 + 128 + 4 * block + 2 * 128 + heads(128, sizes)


@pytest.mark.parametrize(
    ('name', 'meaning', 'parameters'),
    [
        ('notes_lstm', WORDS, 4 * 256 * (1 + 256 + 1) + 257 * 371),
        ('notes_gru', NOTES, gru(NOTES.sizes)),
        ('notes_transformer', NOTES, transformer(NOTES.sizes)),
        ('notes_gru_names', WORDS, gru(WORDS.sizes)),
        ('notes_transformer_names', WORDS, transformer(WORDS.sizes)),
        ('jsb_rolls_gru', KEYS, 3 * 256 * (88 + 256 + 2) + 257 * 88),
        ('jsb_voices_transformer', VOICES, transformer(VOICES.sizes) + 64 * 128),
    ],
)
def test_an_experiment_on_notes_is_as_large_as_its_card_says(name, meaning, parameters):
    experiment: Any = step.bound(experiments.build(name), meaning)
    one = batches.example(experiment)
    x = jnp.zeros((1, *one.shape), one.dtype)
    variables = jax.eval_shape(
        lambda key: experiment.model.init(key, x, jnp.array([one.shape[0]])), jax.random.PRNGKey(0)
    )
    assert sum(leaf.size for leaf in jax.tree.leaves(variables)) == parameters
    assert f'{parameters:,}' in experiments.cards()[name][1]


@pytest.mark.parametrize('name', ['notes_gru_names', 'notes_transformer_names'])
def test_networks_on_words_tell_the_words_that_the_lstm_tells(name):
    counts = np.array([30, 99, 100, 101, 250, 900])

    def told(view):
        cut = windows.cut(counts, view)
        begin = windows.first(cut.start, view)
        return sorted(
            (piece, start + place)
            for piece, start, length, own in zip(*cut, begin, strict=True)
            for place in range(own, length)
        )

    assert told(experiments.build(name).frontend) == told(experiments.build('notes_lstm').frontend)
