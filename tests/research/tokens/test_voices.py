import jax.numpy as jnp
import numpy as np
import pytest

from data_prep import jsb
from data_prep.cards import Entry
from data_prep.notes import arrange
from research.meaning import Meaning
from research.tokens import Voices
from research.tokens.voices import REST

NOTHING = Meaning()


def chorale(steps=50, seed=0):
    """Frames as the public file has them: four pitches, with holds and rests; none at the end."""
    rng = np.random.default_rng(seed)
    frames = [[60, 55, 50, 45]]
    for _ in range(steps - 1):
        held = rng.random(4) < 0.6
        new = np.where(rng.random(4) < 0.1, -1, rng.integers(36, 82, 4))
        frames.append(np.where(held, frames[-1], new).tolist())
    frames[-1] = [62, 57, 53, 41]
    return frames


def piece(rows, parts=4, ticks_per_quarter=480):
    none = np.zeros((0, 2), np.int64)
    return arrange(np.array(rows), ticks_per_quarter, none, [''] * parts, [0] * parts)


@pytest.mark.parametrize('seed', range(3))
def test_the_public_frames_come_back_voice_by_voice(seed):
    frames = chorale(seed=seed)
    notes = jsb.load_16th(Entry('one', '', '', {}, frames))
    tokens = Voices().encode(notes)
    expected = np.where(np.array(frames) == -1, REST, frames).ravel()
    np.testing.assert_array_equal(tokens, expected)
    assert jsb.voices(notes, 4) == frames


def test_tokens_come_back_from_the_notes_that_they_decode_to():
    tokens = Voices().encode(jsb.load_16th(Entry('one', '', '', {}, chorale(seed=7))))
    back = Voices().decode(Voices().rows(tokens, NOTHING), NOTHING)
    np.testing.assert_array_equal(Voices().encode(back), tokens)
    assert Voices().decode(np.array([[60], [REST]]), NOTHING).events.size == 0  # no whole step


@pytest.mark.parametrize(
    ('rows', 'parts'),
    [
        ([(0, 60, 480, 64, 0)], 3),
        ([(0, 60, 480, 64, 0), (240, 64, 240, 64, 0), (0, 40, 480, 64, 3)], 4),
    ],
)
def test_a_piece_that_is_no_four_voices_gives_no_tokens(rows, parts):
    assert len(Voices().encode(piece(rows, parts))) == 0


def test_pitches_are_moved_together_and_rests_stay():
    x = jnp.array([[60], [REST], [120], [7], [0]])
    moved = Voices().transposed(x, jnp.array(4), jnp.array(12))
    assert moved[:, 0].tolist() == [67, REST, 127, 14, 0]
    assert Voices().transposed(x, jnp.array(4), jnp.array(-9))[:, 0].tolist() == [
        53,
        REST,
        113,
        0,
        0,
    ]
